"""How passwords are measured: length, what others know of a person and of the fund, stems."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from string import punctuation

from loanfund.domain.errors import InvalidInputError

SHORTEST_OF_STAFF = 12
SHORTEST_OF_BORROWER = 10
LONGEST = 1024  # hashing takes time with length; at least 64 must be accepted
LEAST_OWN = 6  # characters that nobody who knows the person and the fund would try
LEAST_LETTERS = 3  # beside digits: telephone, birthday, citizen id and account are tried first
SHORTEST_WORD = 3  # of a name; shorter syllables stand in too many words

CONTEXT = ("hoptacxa", "quyhotro", "lienminh", "bacgiang", "bacninh", "loanfund", "htx")
# What is tried first here and stands in no list of the world's passwords.
VIETNAMESE = """
    matkhau anhyeuem emyeuanh yeuem yeuanh tinhyeu maimai maiyeuem nhieulam khongbiet khongcogi
    giadinh conyeu bome chame honghoa hoahong thanhcong hanhphuc xinchao hochiminh vietnam
    hanoi saigon danang haiphong nguyen congty nganhang taikhoan dangnhap quantri ketoan tindung
    giamdoc phapluat cuatoi toiyeu
""".split()  # noqa: SIM905 -- words read better in lines than as a list
_D = str.maketrans("đð", "dd")
_KEYS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_RUNS = {
    row[i : i + 3] for keys in _KEYS for row in (keys, keys[::-1]) for i in range(len(row) - 2)
}
_YEAR = re.compile(r"(19|20)\d\d")
_REPEAT = re.compile(r"(.{1,4}?)\1{2,}")
_ENDS = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_DOUBLED = re.compile(r"(.)\1+")
_AGAIN = re.compile(r"(.+?)\1+")


def least_length(*, borrower: bool) -> int:
    """Give how many characters a password needs: pages, letters and mails say it too."""
    return SHORTEST_OF_BORROWER if borrower else SHORTEST_OF_STAFF


def composed(password: str) -> str:
    """Give one spelling of what looks alike: keyboards send `ế` in one, two or three parts."""
    return unicodedata.normalize("NFKC", password)


def check_length(password: str, *, borrower: bool) -> None:
    """Refuse a password that is too short or too long, however its letters were sent."""
    password = composed(password)
    least = least_length(borrower=borrower)
    if len(password) < least:
        raise InvalidInputError("password_short", least=least)
    if len(password) > LONGEST:
        raise InvalidInputError("password_long", most=LONGEST)


def simplified(text: str) -> str:
    """Drop case, diacritics and spaces, as who guesses would."""
    letters = unicodedata.normalize("NFKD", text).casefold().translate(_D)
    return "".join(c for c in letters if not c.isspace() and not unicodedata.combining(c))


def known_parts(known: Iterable[str]) -> set[str]:
    """Give what is known of a person and the fund, whole and word by word, simplified."""
    parts = {simplified(part) for text in known for part in [*re.split(r"[\W_]+", text), text]}
    return {part for part in parts if len(part) >= SHORTEST_WORD} | set(CONTEXT)


def is_of_known_parts(simple: str, parts: Iterable[str]) -> bool:
    """Say whether little is left without known words, years, repeats and runs of keys."""
    for part in sorted(parts, key=len, reverse=True):
        simple = simple.replace(part, "\0")
    simple = _REPEAT.sub(r"\1", _YEAR.sub("\0", simple))
    kept = {
        c
        for i, c in enumerate(simple)
        if c != "\0" and simple[max(0, i - 2) : i + 1] not in _RUNS
    }
    return len(kept) < LEAST_OWN


def is_mostly_digits(simple: str) -> bool:
    """Say whether it is a number, written with marks or a letter or two beside the digits."""
    others = [c for c in simple if not c.isdecimal() and c not in punctuation]
    return len(others) < LEAST_LETTERS and any(c.isdecimal() for c in simple)


def stem(simple: str) -> str:
    """Give a simplified password without digits, signs and repeats; nothing if few are letters.

    `dragon`, `Dragon2024!`, `ddraggonn` and `dragon-dragon` have one stem.
    """
    inside = _ENDS.sub("", simple)
    letters = "".join(c for c in inside if c.isalpha())
    if 2 * len(letters) < len(inside):
        return ""
    single = _DOUBLED.sub(r"\1", letters)
    again = _AGAIN.fullmatch(single)
    return again[1] if again else single
