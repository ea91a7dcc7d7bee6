"""Shipments, their packages and the proof of delivery (clauses 9 and 14(3))."""
