"""What follows from a step in other slices, one area a module; ``app.reactions`` says from which step."""
