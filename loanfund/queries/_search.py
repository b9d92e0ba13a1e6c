"""How a loan is found by a few typed words: no diacritics, any order, marks or none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from loanfund.wording import fold
from loanfund.wording.order import SHORT

LONGEST_QUERY = 100
SHORTEST_INSIDE = 3  # fewer figures are a number of their own
_SHORT = tuple((fold(long), letters) for long, letters in SHORT)


@dataclass(frozen=True, slots=True)
class Haystack:
    """What can be typed to find one loan."""

    words: tuple[str, ...]
    codes: tuple[str, ...]  # contract number, tax code and phone without any marks


@dataclass(frozen=True, slots=True)
class Needle:
    """The words somebody typed."""

    words: tuple[str, ...]

    def finds(self, haystack: Haystack) -> bool:
        """Say whether every word is there; without words everything is found."""
        return all(_found(word, haystack) for word in self.words)

    @property
    def code(self) -> str:
        """What was typed, as a number without marks."""
        return "".join(self.words)


def needle(typed: str) -> Needle:
    """Read what was typed; `hợp tác xã` and `htx` are the same."""
    return Needle(tuple(shorten(fold(typed[:LONGEST_QUERY])).split()))


def haystack(folded_name: str, folded_number: str, codes: Iterable[str | None]) -> Haystack:
    """Give what finds a loan; `codes` are the borrower's: its code, tax code and phone."""
    folded = [folded_number, *(fold(code) for code in codes if code)]
    words = {*folded_name.split(), *shorten(folded_name).split(), *folded_number.split()}
    words |= {word.lstrip("0") for word in words if word.isdigit()}
    return Haystack(tuple(words), tuple(code.replace(" ", "") for code in folded))


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
