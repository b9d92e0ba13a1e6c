"""How names are compared when people search: without case, diacritics and punctuation."""

from __future__ import annotations

import unicodedata

# What turns the direction of writing: marks, embeddings, overrides and isolates (UAX 9).
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_D = str.maketrans("đð", "dd")  # these have no decomposition that would drop the stroke


def fold(text: str) -> str:
    """Give `HTX Đồng-Tâm  3` as `htx dong tam 3`; folding twice changes nothing."""
    letters = unicodedata.normalize("NFD", text.lower().translate(_D))
    plain = (letter for letter in letters if not unicodedata.category(letter).startswith("M"))
    return " ".join("".join(c if c.isalnum() else " " for c in plain).split())


def clean(text: str) -> str:
    """Give typed text as it is kept: NFC, without control characters and spaces around it.

    Those that turn the direction of writing go too: with them a name reads as another.
    """
    letters = unicodedata.normalize("NFC", text)
    kept = (one for one in letters if unicodedata.category(one) != "Cc" and one not in TURNING)
    return "".join(kept).strip()
