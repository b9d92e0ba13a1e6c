"""Who asks often may be quick for a while, and slow for long."""

from datetime import UTC, datetime, timedelta

import pytest

from loanfund.domain.rate_limit import Limit, after_one_more, network_of, seconds_to_wait

NOON = datetime(2020, 6, 1, 5, 0, tzinfo=UTC)
SIX_A_MINUTE = Limit(6, timedelta(minutes=1))


def waits(seconds_between: int, times: int) -> list[int]:
    """Ask again and again; what is refused does not count."""
    won_back_at, found = NOON, []
    for number in range(times):
        now = NOON + timedelta(seconds=seconds_between * number)
        found.append(seconds_to_wait(SIX_A_MINUTE, won_back_at, now))
        if not found[-1]:
            won_back_at = after_one_more(SIX_A_MINUTE, won_back_at, now)
    return found


def test_the_whole_limit_may_be_used_at_once() -> None:
    assert waits(0, 8) == [0, 0, 0, 0, 0, 0, 10, 10]


def test_who_keeps_to_the_rate_never_waits() -> None:
    assert waits(10, 50) == [0] * 50


def test_one_use_is_won_back_after_its_share_of_the_period() -> None:
    # From the seventh call on, five seconds apart, every second one is in time.
    assert waits(5, 16) == [0] * 11 + [5, 0, 5, 0, 5]


def test_what_is_left_of_a_second_counts_as_one() -> None:
    won_back_at = NOON + timedelta(seconds=50, milliseconds=1)

    assert seconds_to_wait(SIX_A_MINUTE, won_back_at, NOON) == 1


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("/run/loanfund.sock", "/run/loanfund.sock"),
        ("", ""),
    ],
)
def test_of_ipv6_the_network_of_a_customer_is_counted(address: str, counted: str) -> None:
    assert network_of(address) == counted
