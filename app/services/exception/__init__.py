"""Exception cases: levels, plans, who decides on them and what was learned (clauses 4(5), 6(3), article 22)."""
