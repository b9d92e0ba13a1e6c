"""Request to one service or one query, then a page."""
