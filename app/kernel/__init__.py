"""The machinery that knows no business word: workflow, engine, journal, clocks, money, numbering, field policy."""
