"""Hash and compare passwords; a machine short of memory is no wrong password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, VerifyMismatchError

from loanfund.domain.errors import UnavailableError
from loanfund.domain.password import composed

# RFC 9106's choice where memory is short; tests hand in a cheaper one.
STRONG = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)


def hashed(password: str, hasher: PasswordHasher) -> str:
    """Give what is stored of a password."""
    with _memory():
        return hasher.hash(composed(password))


def fits(stored: str | None, password: str, hasher: PasswordHasher) -> bool:
    """Compare a password; where there is none to compare with, take as long.

    Earlier ones were hashed as they were typed, so that is tried too.
    """
    spellings = dict.fromkeys((composed(password), password))
    with _memory():
        return any(_is_it(stored, one, hasher) for one in spellings)


def _is_it(stored: str | None, password: str, hasher: PasswordHasher) -> bool:
    if stored is None:
        hasher.hash(password)
        return False
    try:
        return hasher.verify(stored, password)
    except VerifyMismatchError:
        return False


@contextmanager
def _memory() -> Iterator[None]:
    """Raise UnavailableError when a password cannot be looked at: it may be right."""
    try:
        yield
    except (Argon2Error, MemoryError) as error:
        raise UnavailableError("memory") from error
