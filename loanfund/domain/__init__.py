"""The fund's rules: pure functions of values and a day; nothing here reads a database or a clock."""
