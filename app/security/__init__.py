"""Who may do what, see which rows and which columns: departments, grants, scopes, field policy, security manager."""
