"""The letter by which a cooperative's person opens their account: its code, and how it ends.

Fifty random bits are enough for who may try ten times; so few tries are counted by letter,
wherever they come from, and by network (`rate_limit`). The QR code beside holds 256 bits, which
nobody guesses: it goes on working when strangers have used up the tries.
"""

from __future__ import annotations

from datetime import timedelta

from loanfund.domain import typed_code

LETTER_LIVES = timedelta(days=14)  # it comes by post
TRIES = 10  # of a letter's code, from wherever
CODE_LENGTH, GROUP = 10, 5
OPENED_LIVES = timedelta(minutes=30)  # to choose a password, once the code was right


def grouped(code: str) -> str:
    """Give the code as it stands in the letter."""
    return typed_code.grouped(code, GROUP)
