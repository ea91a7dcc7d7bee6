"""The business, one slice a folder; slices do not import one another (``app.reactions`` joins them)."""
