"""Periodic work: clocks that end, promises that were missed. Repeatable: what was done once is not done again."""
