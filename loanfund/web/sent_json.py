"""JSON that comes back from a browser: the one reader of it, which nothing sent can break."""

from __future__ import annotations

import json
from typing import Any


def read_sent(typed: str | None) -> Any:
    """Give what a browser sent as JSON; None for what is no JSON or cannot be kept as text.

    Too deep a nesting is no JSON; a lone surrogate cannot be written, a NUL not be stored.
    """
    try:
        found = json.loads(typed or "null")
    except (ValueError, RecursionError):
        return None
    return found if _is_text(found) else None


def _is_text(found: Any) -> bool:
    """Tell whether all texts in it can be kept; without recursion, however deep it is."""
    rest = [found]
    while rest:
        one = rest.pop()
        if isinstance(one, dict):
            rest += [*one, *one.values()]
        elif isinstance(one, list):
            rest += one
        elif isinstance(one, str) and any(map(_is_unfit, one)):
            return False
    return True


def _is_unfit(letter: str) -> bool:
    return letter == "\0" or "\ud800" <= letter <= "\udfff"
