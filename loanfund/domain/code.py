"""Numbers and codes by which people know a contract, a receipt, a borrower or a source.

And the references that banks give their transfers: these are kept as they were typed.
"""

from __future__ import annotations

import unicodedata
from typing import Protocol

from loanfund.domain.errors import InvalidInputError

# The Icelandic letter looks like the Vietnamese one, and some keyboards give it.
_D = str.maketrans("Ðð", "Đđ")
_FORMAT = {"Cc", "Cf"}  # control and format characters: zero-width, BOM, soft hyphen, direction
_BASES = frozenset("abcdefghijklmnopqrstuvwxyzđ0123456789")
_MARKS = frozenset("/.-_")
# Grave, acute, tilde, hook, dot below; circumflex, breve, horn: what Vietnamese letters bear.
_ACCENTS = frozenset("\u0300\u0301\u0303\u0309\u0323\u0302\u0306\u031b")


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


def strange_letters(code: str) -> str:
    """Give, once each, what no new code may hold.

    That is all but Latin and Vietnamese letters, digits and `/.-_`, and what is not tidy.
    """
    kept = tidy_code(code)
    return "".join(
        dict.fromkeys(one for one in code if one not in kept or not _is_of_a_code(one))
    )


def _is_of_a_code(letter: str) -> bool:
    parts = unicodedata.normalize("NFD", letter.lower())
    return letter in _MARKS or (parts[0] in _BASES and _ACCENTS.issuperset(parts[1:]))


def check_code(code: str, field: str) -> None:
    """Raise InvalidInputError for a new code with letters that no code holds."""
    strange = strange_letters(code)
    if strange:
        raise InvalidInputError("code_letters", field=field, typed=code, strange=strange)


def tidy_reference(typed: str) -> str:
    """Give a bank's reference as it is kept: as typed, but for what nobody sees."""
    return without_format(typed).strip()


def fold_reference(reference: str) -> str:
    """Give what two spellings of one reference share: letter case, width and spaces aside."""
    return "".join(tidy_code(reference).casefold().split())


class Paid(Protocol):
    """A loan that a transfer paid, and whose it is."""

    @property
    def loan_id(self) -> int: ...

    @property
    def borrower_id(self) -> int: ...


def may_share_transfer(one: Paid, other: Paid) -> bool:
    """Tell whether one transfer may have paid both: two loans of one borrower."""
    return one.loan_id != other.loan_id and one.borrower_id == other.borrower_id
