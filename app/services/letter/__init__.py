"""The confirmation letter: what the customer was promised, version by version (clause 13(3))."""
