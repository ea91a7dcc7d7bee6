"""Approval by the committee: requests, votes and the decision they add up to (clauses 6(3) and 13(2))."""
