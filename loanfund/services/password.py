"""Which passwords are good enough: long, not guessable, and otherwise as people like.

How many guesses a password takes is estimated by zxcvbn (Wheeler, USENIX Security 2016), from
its lists of common passwords, words and names, and from walks over the keyboard, sequences,
repeats and dates.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from zxcvbn import matching, scoring

from loanfund.domain.errors import InvalidInputError
from loanfund.domain.password import (
    VIETNAMESE,
    check_length,
    is_mostly_digits,
    is_of_known_parts,
    known_parts,
    simplified,
    stem,
)

GUESSES_NEEDED = 10**10  # zxcvbn's highest class: safe even from who holds the hashes
LOOKED_AT = 72  # characters at a time, for the estimate takes long with length
SHORTEST_STEM = 4
REASONS = {
    "spatial": "password_keys",
    "repeat": "password_repeated",
    "sequence": "password_sequence",
    "date": "password_date",
    "regex": "password_date",  # a year
    "dictionary": "password_common",
}


def check_password(password: str, *, borrower: bool, known: Iterable[str] = ()) -> None:
    """Refuse a password that is too short, too long or easy to guess, else do nothing.

    `known` are words that others know of this person: name, e-mail address, tax code.
    It is for guessing only that a password is simplified.
    """
    check_length(password, borrower=borrower)
    simple, parts = simplified(password), known_parts(known)
    if is_mostly_digits(simple):
        raise InvalidInputError("password_digits")
    ends = dict.fromkeys((simple[:LOOKED_AT], simple[-LOOKED_AT:]))
    reasons = [_why_guessable(end, parts) for end in ends]
    if all(reasons):
        raise InvalidInputError(str(reasons[0]))
    if stem(simple) in _common_stems():
        raise InvalidInputError("password_common")
    if is_of_known_parts(simple, parts):
        raise InvalidInputError("password_known")


@cache
def _common_stems() -> frozenset[str]:
    """Give the stems of zxcvbn's 30.000 most common passwords, and of those common here."""
    listed = [*matching.RANKED_DICTIONARIES["passwords"], *VIETNAMESE]
    return frozenset(one for one in map(stem, listed) if len(one) >= SHORTEST_STEM)


def _why_guessable(simple: str, parts: set[str]) -> str | None:
    """Give what most of a password is that takes too few guesses, else None."""
    words = matching.build_ranked_dict([*sorted(parts), *VIETNAMESE])
    dictionaries = matching.RANKED_DICTIONARIES | {"user_inputs": words}
    matches = matching.omnimatch(simple, dictionaries)
    found = scoring.most_guessable_match_sequence(simple, matches)
    if found["guesses"] >= GUESSES_NEEDED:
        return None
    most = max(
        found["sequence"], key=lambda one: (one["pattern"] in REASONS, len(one["token"]))
    )
    if most.get("matched_word") in parts:
        return "password_known"
    return REASONS.get(most["pattern"], "password_weak")
