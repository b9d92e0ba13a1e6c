"""Rows to domain values and back: load, append, lock; knows no rule."""
