"""One loan that does not read back stops no job: the others are done, and it is named."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from loanfund.db import read_session
from loanfund.domain.errors import UnreadableLoanError
from loanfund.jobs.running import World, run_slot
from loanfund.jobs.schedule import SCHEDULE
from loanfund.models.period import Period
from loanfund.queries.verify import verify
from loanfund.services._closing import at_close
from loanfund.services.rebuild import rebuild
from tests.broken import WAYS
from tests.builders import Fund
from tests.jobs.conftest import TODAY
from tests.jobs.hand_clock import HandClock

LATE = "02/2020/HĐTD"
MONTH_END = date(2020, 5, 31)
OTHERS = {"interest": 2, "classification": 2, "statements": 2}


@pytest.mark.usefixtures("fund")
@pytest.mark.parametrize("name", SCHEDULE)
def test_every_job_does_the_other_loans_and_names_this_one(
    world: World, own_sessions: sessionmaker[Session], name: str
) -> None:
    broken(own_sessions, "unknown type")
    slot = TODAY if name in {"verify", "reminders", "interest"} else MONTH_END

    report = run_slot(name, SCHEDULE[name], slot, world)

    assert report is not None
    if name in OTHERS:
        assert report.done == OTHERS[name]
        assert [one.item for one in report.reasons] == [LATE]
    if name in {"reminders", "verify"}:
        assert LATE in [one.item for one in report.reasons]


@pytest.mark.usefixtures("fund")
def test_the_cache_of_the_others_is_remade(
    own_sessions: sessionmaker[Session], hands: HandClock
) -> None:
    broken(own_sessions, "not of its kind")

    assert rebuild(own_sessions, hands) == 3
    assert "position" not in found(own_sessions)


@pytest.mark.usefixtures("fund")
@pytest.mark.parametrize("way", WAYS)
def test_verify_names_it(own_sessions: sessionmaker[Session], way: str) -> None:
    broken(own_sessions, way)

    assert "history" in found(own_sessions)


def test_no_month_is_closed_without_it(fund: Fund, own_sessions: sessionmaker[Session]) -> None:
    broken(own_sessions, "unknown type")

    with read_session(own_sessions) as session, pytest.raises(UnreadableLoanError) as refusal:
        at_close(session, MONTH_END)

    assert refusal.value.facts["contract"] == LATE
    assert fund.session.scalars(select(Period)).all() == []


def broken(sessions: sessionmaker[Session], way: str) -> None:
    with sessions() as session:
        WAYS[way](session, LATE)
        session.commit()


def found(sessions: sessionmaker[Session]) -> set[str]:
    """The checks that find anything wrong, of which all name this loan or follow from it."""
    with read_session(sessions) as session:
        differences = list(verify(session, TODAY, lambda _done, _all: None))
    assert {one.check for one in differences if LATE in one.subject}
    return {one.check for one in differences}
