"""How names are compared when people search: without case, diacritics and punctuation."""

from __future__ import annotations

import unicodedata

_D = str.maketrans("đð", "dd")  # these have no decomposition that would drop the stroke


def fold(text: str) -> str:
    """Give `HTX Đồng-Tâm  3` as `htx dong tam 3`; folding twice changes nothing."""
    letters = unicodedata.normalize("NFD", text.lower().translate(_D))
    plain = (letter for letter in letters if not unicodedata.category(letter).startswith("M"))
    return " ".join("".join(c if c.isalnum() else " " for c in plain).split())


def clean(text: str) -> str:
    """Give typed text as it is kept: NFC, no control characters, no spaces around it."""
    letters = unicodedata.normalize("NFC", text)
    return "".join(one for one in letters if unicodedata.category(one) != "Cc").strip()
