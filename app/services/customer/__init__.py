"""Customer files: one customer once, found by name, pinyin, code or phone (clause 10(5))."""
