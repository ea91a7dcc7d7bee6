"""Guarantees that public buyers and project owners ask for (clause 11(5))."""
