"""Rights of the people whose data is kept: lifted masks, requests, reports, anonymising (clauses 25, 26)."""
