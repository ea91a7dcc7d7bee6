"""Bigger reactions, by area; ``app.reactions`` names them all in its one table."""
