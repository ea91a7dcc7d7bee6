"""The screens and the REST API: declarations in the framework's vocabulary, one file an area."""
