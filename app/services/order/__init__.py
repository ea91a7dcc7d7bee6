"""The order: entry, pricing, review, confirmation and the state that follows from its lines (clauses 12-15)."""
