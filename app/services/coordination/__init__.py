"""Matters between departments before the committee (clause 6(2))."""
