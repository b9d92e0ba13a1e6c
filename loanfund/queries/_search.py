"""How a loan is found by a few typed words: no diacritics, any order, marks or none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from loanfund.wording import fold

LONGEST_QUERY = 100
SHORTEST_INSIDE = 3  # shorter words only match where a word begins
_SHORT = (
    ("lien hiep hop tac xa", "lhhtx"),
    ("lien hiep htx", "lhhtx"),
    ("hop tac xa", "htx"),
    ("to hop tac", "tht"),
)


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
    numbers = folded_number.split()
    words = {*folded_name.split(), *shorten(folded_name).split(), *numbers}
    words |= {word.lstrip("0") for word in numbers}
    return Haystack(tuple(words), tuple(code.replace(" ", "") for code in folded))


def shorten(folded: str) -> str:
    """Write kinds of borrowers by their usual letters."""
    padded = f" {folded} "
    for long, short in _SHORT:
        padded = padded.replace(f" {long} ", f" {short} ")
    return padded.strip()


def _found(word: str, haystack: Haystack) -> bool:
    if any(known.startswith(word) for known in haystack.words):
        return True
    if len(word) < SHORTEST_INSIDE:
        return any(code.startswith(word) for code in haystack.codes)
    return any(word in code for code in haystack.codes)
