"""How a loan is found by a few typed words: no diacritics, any order, marks or none."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from loanfund.models.borrower import Borrower
from loanfund.wording import fold
from loanfund.wording.order import SHORT

LONGEST_QUERY = 100
SHORTEST_INSIDE = 3  # fewer figures are a number of their own
SHORTEST_NUMBER = 6  # figures that may be parted otherwise than they are kept
_ABROAD = re.compile(r"^\s*(?:\+|00)84[\s.\-]*")  # how a phone is called from elsewhere
_SHORT = tuple((fold(long), letters) for long, letters in SHORT)


@dataclass(frozen=True, slots=True)
class Haystack:
    """What can be typed to find one loan or borrower."""

    words: tuple[str, ...]
    codes: tuple[str, ...]  # contract number, tax code and phone without any marks


@dataclass(frozen=True, slots=True)
class Needle:
    """The words somebody typed."""

    words: tuple[str, ...]

    def finds(self, haystack: Haystack) -> bool:
        """Say whether every word is there; without words everything is found."""
        if all(_found(word, haystack) for word in self.words):
            return True
        is_number = self.code.isdigit() and len(self.code) >= SHORTEST_NUMBER
        return is_number and any(self.code in code for code in haystack.codes)

    @property
    def code(self) -> str:
        """What was typed, as a number without marks."""
        return "".join(self.words)


def needle(typed: str) -> Needle:
    """Read what was typed; `hợp tác xã` and `htx` are the same."""
    return Needle(tuple(shorten(fold(_at_home(typed[:LONGEST_QUERY]))).split()))


def haystack(
    folded_names: Iterable[str | None], folded_number: str, codes: Iterable[str | None]
) -> Haystack:
    """Give what finds a loan or a borrower.

    `folded_names` are those of the borrower and of who represents it; `codes` the borrower's:
    its code, tax code and phone.
    """
    folded = [folded_number, *(fold(_at_home(code)) for code in codes if code)]
    words = set(folded_number.split())
    for name in filter(None, folded_names):
        words |= {*name.split(), *shorten(name).split()}
    words |= {word.lstrip("0") for word in words if word.isdigit()}
    return Haystack(tuple(words), tuple(code.replace(" ", "") for code in folded))


FOUND_BY = (
    Borrower.folded_name,
    Borrower.folded_representative,
    Borrower.code,
    Borrower.tax_code,
    Borrower.phone,
)


def of_borrower(row: Any, folded_number: str | None) -> Haystack:
    """Give what finds a borrower, from a row with FOUND_BY, and one of its contracts."""
    names = row.folded_name, row.folded_representative
    return haystack(names, folded_number or "", (row.code, row.tax_code, row.phone))


def _at_home(typed: str) -> str:
    """Write a phone number as it is called here, and anything else as it is."""
    return _ABROAD.sub("0", typed)


def shorten(folded: str) -> str:
    """Write kinds of borrowers by their usual letters."""
    padded = f" {folded} "
    for long, short in _SHORT:
        padded = padded.replace(f" {long} ", f" {short} ")
    return padded.strip()


def _found(word: str, haystack: Haystack) -> bool:
    """Say whether a word begins one of the loan's, or stands inside one of its codes.

    One or two figures are a whole number, so that `2/2020` finds `02/2020` alone.
    """
    if word.isdigit() and len(word) < SHORTEST_INSIDE:
        return word.lstrip("0") in haystack.words
    if any(known.startswith(word) for known in haystack.words):
        return True
    has_figures = any(letter.isdigit() for letter in word)
    return has_figures and any(word in code for code in haystack.codes)
