"""Benchmarks: fills PostgreSQL with 1,000 and 1,000,000 orders and measures the pages at both sizes."""
