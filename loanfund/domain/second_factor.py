"""The second factor beside the password: who needs one, and the codes that prove it (S-07)."""

from __future__ import annotations

from enum import StrEnum

from loanfund.domain import typed_code
from loanfund.domain.permission import Role

REQUIRED_OF = frozenset({Role.ADMIN, Role.MANAGER, Role.ACCOUNTANT})
CODE_COUNT = 10
SHORTEST_LEFT = 3  # one-time codes; fewer are said to be few
CODE_LENGTH, GROUP = 16, 4  # 80 random bits: nobody guesses one, and a quick hash is enough
TOTP_DIGITS = 6


class Step(StrEnum):
    """What is missing after the password before somebody is signed in."""

    CODE = "code"  # of the factor that the account has
    ENROL = "enrol"  # a factor, which this role must have


def step_of(*, has_factor: bool, is_proved: bool, is_required: bool) -> Step | None:
    """Give what a session still lacks; None for one that is whole."""
    if has_factor:
        return None if is_proved else Step.CODE
    return Step.ENROL if is_required else None


def is_totp(code: str) -> bool:
    """Say whether a folded code has the form of an app's, and not of a one-time code."""
    return len(code) == TOTP_DIGITS and code.isdecimal()


def grouped(code: str) -> str:
    """Give a one-time code, or a secret, as people read it off a page."""
    return typed_code.grouped(code, GROUP)
