"""Codes that people read off a paper or a page and type: no letter is taken for another."""

from __future__ import annotations

import unicodedata

# Letters that nobody confuses on paper (Crockford), and what is read as which.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})


def folded(typed: str) -> str:
    """Give a typed code as it is compared: NFKC, any case, without spaces, dashes and marks."""
    letters = unicodedata.normalize("NFKC", typed).upper()
    return "".join(one for one in letters if one.isascii() and one.isalnum()).translate(READ_AS)


def grouped(code: str, group: int) -> str:
    """Give a code as people read it: in groups of so many letters."""
    return "-".join(code[start : start + group] for start in range(0, len(code), group))
