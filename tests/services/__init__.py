"""Use cases on real databases, without the web."""
