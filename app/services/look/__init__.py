"""How a person likes his screens."""
