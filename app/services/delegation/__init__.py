"""Delegations: who stands in for whom, in writing, accepted, for some days (clause 6(3), domain/06 6.4)."""
