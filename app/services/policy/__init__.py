"""Changes of the regulation's parameters by two people (domain/06 6.3, domain/09 9.4 rule 12)."""
