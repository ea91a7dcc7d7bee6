"""Installation at the customer's and acceptance of the goods (clauses 10(2) and 14(4))."""
