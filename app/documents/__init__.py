"""Printable papers: what stands on each, declared once (domain/10)."""
