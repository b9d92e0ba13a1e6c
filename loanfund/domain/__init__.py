"""The fund's rules: pure functions of values and a day; no database, no clock."""
