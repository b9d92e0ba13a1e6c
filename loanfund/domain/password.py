"""Which passwords are good enough: long, not guessable, and otherwise as people like."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from loanfund.domain.errors import InvalidInputError

SHORTEST_OF_STAFF = 12
SHORTEST_OF_BORROWER = 10
LONGEST = 1024  # hashing takes time with length; at least 64 must be accepted
LEAST_OWN = 6  # characters that nobody who knows the person and the fund would try
SHORTEST_WORD = 3  # of a name; shorter syllables stand in too many words

CONTEXT = ("hoptacxa", "quyhotro", "lienminh", "bacgiang", "bacninh", "loanfund", "htx")
# Only what stands inside long passwords matters: short ones are refused for their length.
COMMON = """
    password passwort matkhau letmein welcome administrator admin iloveyou sunshine princess
    football baseball basketball superman batman dragon monkey master shadow michael jordan
    charlie jennifer qwerty qwertz azerty asdfgh zxcvbn whatever trustno starwars computer
    internet samsung iphone google facebook changeme default secret guest login access
    hello freedom summer winter spring autumn flower cookie chocolate pokemon liverpool
    chelsea arsenal barcelona manchester realmadrid vietnam viet hanoi saigon hochiminh
    danang haiphong nguyen anhyeuem emyeuanh yeuem yeuanh tinhyeu maimai khongbiet
    khongcogi giadinh conyeu bome chame honghoa hoahong thanhcong hanhphuc maiyeuem xinchao
    congty ngannhang taikhoan dangnhap quantri ketoan tindung giamdoc phapluat
""".split()  # noqa: SIM905 -- words read better in lines than as a list
_LEET = str.maketrans("@4310$5!7", "aaeiossit")
_D = str.maketrans("đð", "dd")
_KEYS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_RUNS = {
    row[i : i + 3] for keys in _KEYS for row in (keys, keys[::-1]) for i in range(len(row) - 2)
}
_YEAR = re.compile(r"(19|20)\d\d")
_REPEAT = re.compile(r"(.{1,4}?)\1{2,}")


def check_password(password: str, *, borrower: bool, known: Iterable[str] = ()) -> None:
    """Refuse a password that is too short, too long or easy to guess, else do nothing.

    `known` are words that others know of this person: name, e-mail address, tax code.
    It is looked at exactly as it was typed; it is for guessing only that it is simplified.
    """
    least = SHORTEST_OF_BORROWER if borrower else SHORTEST_OF_STAFF
    if len(password) < least:
        raise InvalidInputError("password_short", least=least)
    if len(password) > LONGEST:
        raise InvalidInputError("password_long", most=LONGEST)
    simple = _simplified(password)
    if _own(simple, COMMON) < LEAST_OWN or _own(simple.translate(_LEET), COMMON) < LEAST_OWN:
        raise InvalidInputError("password_common")
    if _own(simple, [*COMMON, *CONTEXT, *_words(known)]) < LEAST_OWN:
        raise InvalidInputError("password_known")


def _simplified(text: str) -> str:
    """Drop case, diacritics and spaces, as who guesses would."""
    letters = unicodedata.normalize("NFD", text.casefold().translate(_D))
    return "".join(c for c in letters if not c.isspace() and not unicodedata.combining(c))


def _words(known: Iterable[str]) -> set[str]:
    """Give what is known of a person, whole and word by word."""
    parts = {_simplified(part) for text in known for part in [*re.split(r"[\W_]+", text), text]}
    return {part for part in parts if len(part) >= SHORTEST_WORD}


def _own(simple: str, words: Iterable[str]) -> int:
    """Count the different characters left without words, years, repeats and runs of keys."""
    for word in sorted(words, key=len, reverse=True):
        simple = simple.replace(word, "\0")
    simple = _REPEAT.sub(r"\1", _YEAR.sub("\0", simple))
    kept = [
        c
        for i, c in enumerate(simple)
        if c != "\0" and simple[max(0, i - 2) : i + 1] not in _RUNS
    ]
    return len(set(kept))
