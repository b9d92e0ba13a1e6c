"""How often one person or network may ask for what is dear to answer (S-46).

A use costs its share of the period and is won back as time goes by; the one instant to remember
is when everything used will have been won back. So somebody may be quick for a while, and never
gets more than `times` a period for long.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network

IPV6_OF_ONE_CUSTOMER = 64  # bits; within them whoever holds the network picks addresses freely


class Use(StrEnum):
    """What is counted, each kind for itself."""

    SEARCH = "search"
    PAPER = "paper"  # a PDF, workbook or archive
    VERIFICATION = "verification"
    RESET = "reset"  # a mail to who forgot the password, by network
    ACTIVATION = "activation"  # a code of a letter, by network
    RESET_OF_ACCOUNT = "reset_of_account"  # the same by address, whether anybody has it or not


@dataclass(frozen=True, slots=True)
class Limit:
    """So many times a period."""

    times: int
    per: timedelta


MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SKEW = MINUTE  # by which the clocks of processes that share the counters may differ
LIMITS = {
    Use.SEARCH: Limit(120, MINUTE),  # who types quickly asks twice a second
    Use.PAPER: Limit(60, MINUTE),  # a receipt for every second row of a collection day
    Use.VERIFICATION: Limit(20, MINUTE),  # by hand; an office may share its address
    Use.RESET: Limit(10, HOUR),
    Use.ACTIVATION: Limit(20, HOUR),  # beside the ten tries that a letter has
    Use.RESET_OF_ACCOUNT: Limit(3, HOUR),  # nobody's mailbox is to be filled by strangers
}


def after_one_more(limit: Limit, won_back_at: datetime, now: datetime) -> datetime:
    """Give when everything will have been won back, one use more included.

    More than a whole period is never used up: then the clock was set back since, and
    counting begins anew.
    """
    is_of_this_clock = won_back_at - now <= limit.per + SKEW
    used_until = max(won_back_at, now) if is_of_this_clock else now
    return used_until + limit.per / limit.times


def seconds_to_wait(limit: Limit, won_back_at: datetime, now: datetime) -> int:
    """Give how long until one use more is within the limit; 0 when it is now."""
    beyond = after_one_more(limit, won_back_at, now) - now - limit.per
    return max(-(-beyond // timedelta(seconds=1)), 0)


def network_of(address: str) -> str:
    """Give what a network address is counted as: of IPv6 the whole network of its customer."""
    try:
        known = ip_address(address)
    except ValueError:
        return address  # a socket's name, or nothing
    if not isinstance(known, IPv6Address):
        return address
    if known.ipv4_mapped:
        return str(known.ipv4_mapped)
    return str(ip_network((known, IPV6_OF_ONE_CUSTOMER), strict=False))
