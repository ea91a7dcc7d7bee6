"""Service tickets: complaints, repairs, parts, returns and questions (clause 10(3))."""
