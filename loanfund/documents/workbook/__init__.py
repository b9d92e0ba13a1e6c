"""Loan books in XLSX: `reading` gives the book, `sentence` says what is wrong with one.

Nothing is imported here: the child process that parses a file comes through this package.
"""
