"""What people say about a record, the files beside it, and who is told of it."""
