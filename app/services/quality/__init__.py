"""Inspections and their defects: only what passed may be shipped (clauses 8(4) and 14(2))."""
