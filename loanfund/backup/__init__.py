"""A whole book as one file, and back: what it holds, how it is sealed, both databases."""
