"""The order of names as a Vietnamese list has them: An, Ánh, Dũng, Đặng; 3 before 10."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Kinds of borrowers as they are written out, and by their usual letters.
SHORT = (
    ("liên hiệp hợp tác xã", "lhhtx"),
    ("liên hiệp htx", "lhhtx"),
    ("hợp tác xã", "htx"),
    ("tổ hợp tác", "tht"),
)
ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
TONES = "\u0300\u0309\u0303\u0301\u0323"  # huyền, hỏi, ngã, sắc, nặng; none comes first
_PARTS = re.compile(r"\d+|[^\W\d_]+")
_PLACES = {letter: place for place, letter in enumerate(ALPHABET)}

Key = tuple[tuple[tuple[int, ...], ...], tuple[int, ...], str]


@lru_cache(maxsize=20_000)
def sort_key(name: str) -> Key:
    """Give what to sort a name by: its words letter by letter, then its tones, then itself.

    Numbers go before letters and by their value; case and punctuation do not matter.
    """
    words: list[tuple[int, ...]] = []
    tones: list[int] = []
    for part in _PARTS.findall(unicodedata.normalize("NFC", name.lower())):
        if part.isdecimal():
            words.append((0, int(part)))
            continue
        letters = [_letter(letter) for letter in part]
        words.append((1, *(place for place, _ in letters)))
        tones += [tone for _, tone in letters]
    return tuple(words), tuple(tones), name


@lru_cache(maxsize=20_000)
def name_key(name: str) -> Key:
    """Give what to sort a borrower by: `Hợp tác xã` stands where `HTX` does."""
    short = unicodedata.normalize("NFC", name.lower())
    for long, letters in SHORT:
        short = short.replace(long, letters)
    words, tones, _ = sort_key(short)
    return words, tones, name


def _letter(letter: str) -> tuple[int, int]:
    """Give the place of a letter in the alphabet, and of its tone."""
    marks = unicodedata.normalize("NFD", letter)
    tone = next((mark for mark in marks if mark in TONES), "")
    plain = unicodedata.normalize("NFC", marks.replace(tone, "") if tone else marks)
    place = _PLACES.get(plain, len(ALPHABET) + ord(plain[0]))
    return place, TONES.index(tone) + 1 if tone else 0
