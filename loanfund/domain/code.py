"""Numbers and codes by which people know a contract, a receipt, a borrower or a source."""

from __future__ import annotations

import unicodedata

# The Icelandic letter looks like the Vietnamese one, and some keyboards give it.
_D = str.maketrans("Ðð", "Đđ")
_FORMAT = {"Cc", "Cf"}  # control and format characters: zero-width, BOM, soft hyphen, direction


def without_format(text: str) -> str:
    """Give text without the characters that nobody sees: zero-width, soft hyphen, direction."""
    return "".join(
        " " if letter in "\t\n\r" else letter
        for letter in text
        if letter in "\t\n\r" or unicodedata.category(letter) not in _FORMAT
    )


def tidy_code(typed: str) -> str:
    """Give a code as it is kept: NFKC, a Vietnamese đ, nothing unseen, single spaces."""
    letters = without_format(unicodedata.normalize("NFKC", typed)).translate(_D)
    return " ".join(letters.split())


def fold_code(code: str) -> str:
    """Give what two spellings of one code share: `PT1` and `pt1` are one number."""
    return tidy_code(code).casefold()
