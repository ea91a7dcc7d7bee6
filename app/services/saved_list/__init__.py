"""Filters kept under a name, shared with a role, and the arrangement of a list by each person."""
