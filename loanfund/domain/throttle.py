"""How long somebody waits who keeps failing to sign in; nobody is locked out for good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from loanfund.domain.activation import LETTER_LIVES, TRIES


class Counted(StrEnum):
    """Whose failures are counted, each for itself.

    A stranger counts against the last three at once. Who signed in before, or is signed in,
    counts against one that no stranger can reach, and so cannot be locked out by any.
    """

    BROWSER = "browser"  # one account in a browser that signed in to it before
    SESSION = "session"  # who is signed in and proves once more who it is
    FACTOR = "factor"  # the codes of one account, of who gave its password already
    LETTER = "letter"  # the code in the letter to one account, from wherever
    ACCOUNT = "account"  # one account, from wherever: slow, for who holds many networks
    ACCOUNT_HERE = "account_network"  # one account, from one network
    NETWORK = "network"  # one network, whatever accounts: a whole office may share it


@dataclass(frozen=True, slots=True)
class Patience:
    """How many failures are allowed, and after how long without one they are forgotten.

    Who fails too often waits ever longer; where it `is_final`, until all is forgotten. What
    many share `fades`: so long without a failure takes one off.
    """

    failures: int
    forgotten_after: timedelta
    is_final: bool = False
    fades: timedelta | None = None


AN_HOUR, A_DAY = timedelta(hours=1), timedelta(days=1)
PATIENCE = {
    Counted.BROWSER: Patience(5, AN_HOUR),
    Counted.SESSION: Patience(5, AN_HOUR),
    Counted.FACTOR: Patience(5, AN_HOUR),
    Counted.LETTER: Patience(TRIES, LETTER_LIVES, is_final=True),  # no letter outlives it
    Counted.ACCOUNT: Patience(50, A_DAY),
    Counted.ACCOUNT_HERE: Patience(5, AN_HOUR),
    Counted.NETWORK: Patience(20, AN_HOUR, fades=AN_HOUR / 20),
}
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(minutes=15)


def remembered(counted: Counted, failures: int, last_failed_at: datetime, now: datetime) -> int:
    """Give how many failures still count; long enough without one, counting begins anew."""
    patience, quiet = PATIENCE[counted], now - last_failed_at
    if quiet >= patience.forgotten_after:
        return 0
    faded = quiet // patience.fades if patience.fades else 0
    return max(failures - faded, 0)


def wait(counted: Counted, failures: int, last_failed_at: datetime, now: datetime) -> timedelta:
    """Give how long to wait from now: a minute when too many failed, doubling up to fifteen."""
    patience = PATIENCE[counted]
    beyond = failures - patience.failures
    if beyond < 0:
        return timedelta(0)
    doublings = min(beyond, 4)  # the fourth is beyond the longest wait
    longer = min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)
    until = last_failed_at + (patience.forgotten_after if patience.is_final else longer)
    return max(until - now, timedelta(0))
