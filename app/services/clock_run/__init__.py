"""Clocks near their end or past it: who is told when, and why they were missed (domain/07)."""
