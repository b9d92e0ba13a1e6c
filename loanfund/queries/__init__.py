"""What reads the book: read-only, answers with frozen dataclasses."""
