"""How long somebody waits who keeps failing to sign in; nobody is locked out for good."""

from __future__ import annotations

from datetime import datetime, timedelta

ALLOWED_AN_ACCOUNT = 5
ALLOWED_AN_ADDRESS = 20  # a whole office may share one address
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)


def is_forgotten(last_failed_at: datetime, now: datetime) -> bool:
    """Say whether a quiet hour has passed, after which counting begins anew."""
    return now - last_failed_at >= FORGOTTEN_AFTER


def wait(failures: int, allowed: int, last_failed_at: datetime, now: datetime) -> timedelta:
    """Give how long to wait from now: a minute when too many failed, doubling up to fifteen."""
    if failures < allowed:
        return timedelta(0)
    doublings = min(failures - allowed, 4)  # the fourth is beyond the longest wait
    until = last_failed_at + min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)
    return max(until - now, timedelta(0))
