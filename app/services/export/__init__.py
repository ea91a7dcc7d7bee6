"""What may leave as a file: limits, the approval of large exports, and the log of all (clause 25, domain/09 9.3)."""
