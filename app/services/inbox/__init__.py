"""The inbox: every message that may become an order, with its immutable moment of receipt (clause 12(1))."""
