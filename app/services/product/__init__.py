"""Products and their stock: what is on hand, reserved, issued (clause 13(1))."""
