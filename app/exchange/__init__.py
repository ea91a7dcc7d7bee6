"""Import and export: workbooks of other systems come in as orders, what cannot come in goes out with its reason."""
