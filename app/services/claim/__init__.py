"""Interest on money that came late, and the claims of it (clause 11(1), domain/02 article 18)."""
