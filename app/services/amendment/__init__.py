"""Changes and cancellations of confirmed orders: how far a line is, what it costs, who says what (clause 15)."""
