"""Limits hold across processes and threads, and nothing is kept of who is long quiet."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from loanfund.domain.errors import TooManyRequestsError
from loanfund.domain.rate_limit import LIMITS, Use
from loanfund.models.rate_limit import LimitedUse
from loanfund.services.rate_limit import count_use
from tests.people import NOW
from tests.services.at_once import accepted, at_once, refused

TIMES = LIMITS[Use.VERIFICATION].times


def use_up(session: Session, subject: str = "192.0.2.7") -> None:
    for _ in range(TIMES):
        count_use(session, Use.VERIFICATION, subject, now=NOW)


def test_one_use_too_many_is_refused_with_the_time_to_wait(session: Session) -> None:
    use_up(session)

    with pytest.raises(TooManyRequestsError) as found:
        count_use(session, Use.VERIFICATION, "192.0.2.7", now=NOW)

    assert (found.value.reason, found.value.facts) == ("verification", {"seconds": 3})
    count_use(session, Use.VERIFICATION, "192.0.2.7", now=NOW + timedelta(seconds=3))


@pytest.mark.parametrize("use", LIMITS)
@pytest.mark.parametrize("back", [timedelta(minutes=3), timedelta(hours=1), timedelta(days=1)])
def test_a_clock_set_back_keeps_nobody_waiting(
    session: Session, use: Use, back: timedelta
) -> None:
    limit = LIMITS[use]
    for _ in range(limit.times):
        count_use(session, use, "user 1", now=NOW)

    for _ in range(limit.times):
        count_use(session, use, "user 1", now=NOW - back)
    with pytest.raises(TooManyRequestsError):
        count_use(session, use, "user 1", now=NOW - back)


def test_each_kind_and_each_subject_is_counted_for_itself(session: Session) -> None:
    use_up(session)

    count_use(session, Use.VERIFICATION, "192.0.2.8", now=NOW)
    count_use(session, Use.SEARCH, "192.0.2.7", now=NOW)


def test_who_is_long_quiet_is_forgotten(session: Session) -> None:
    use_up(session)
    count_use(session, Use.SEARCH, "user 1", now=NOW + timedelta(minutes=1, seconds=59))
    before = session.scalar(select(func.count()).select_from(LimitedUse))

    count_use(session, Use.SEARCH, "user 1", now=NOW + timedelta(minutes=2, seconds=1))

    assert before == 2
    assert session.scalars(select(LimitedUse.kind)).all() == ["search"]


def test_the_subject_is_not_kept_in_clear(session: Session) -> None:
    use_up(session)

    assert "192" not in session.scalars(select(LimitedUse.subject_hash)).one()


def test_asking_at_the_same_time_gains_nothing(own_engine: Engine) -> None:
    def ask(session: Session) -> int:
        gained = 0
        for _ in range(5):
            count_use(session, Use.VERIFICATION, "192.0.2.7", now=NOW)
            gained += 1
        return gained

    outcomes = at_once(own_engine, [ask] * 8)

    with Session(own_engine) as session:
        won_back_at = session.scalars(select(LimitedUse.won_back_at)).one()
    assert won_back_at == NOW + LIMITS[Use.VERIFICATION].per
    assert set(refused(outcomes)) == {("too_many_requests", "verification")}
    assert len(accepted(outcomes)) <= TIMES // 5
