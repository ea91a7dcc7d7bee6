"""Production tasks: planning, release, progress reports, completion (clauses 8 and 14(1))."""
