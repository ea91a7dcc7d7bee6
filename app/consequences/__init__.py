"""What follows from steps, by area, where it is more than a line: ``app.reactions`` says what calls it."""
