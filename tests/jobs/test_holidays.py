"""Public holidays are proposed each December, and hold once a manager approves them."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from loanfund.jobs.holidays import holidays as holidays_job
from loanfund.jobs.running import World, run_slot
from loanfund.models.proposal import Proposal
from loanfund.services.proposal import Decide, approve, send_back
from loanfund.services.public_holidays import public_holidays
from loanfund.store.setting import load_settings
from tests.builders import Fund
from tests.jobs.hand_clock import HandClock, at_office

pytestmark = pytest.mark.slow


def run(world: World, hands: HandClock, day: date, slot: date) -> tuple[int, int]:
    hands.instant = at_office(day, 5).instant
    report = run_slot("holidays", holidays_job, slot, world)
    assert report is not None
    return report.done, report.failed


def listed(sessions: sessionmaker[Session]) -> list[str]:
    with sessions() as session:
        found: list[str] = load_settings(session).get("holidays", date.max)
    return found


def approved(fund: Fund, hands: HandClock) -> None:
    session = fund.session
    row = session.scalars(select(Proposal).order_by(Proposal.id.desc())).first()
    assert row is not None
    approve(
        session, Decide(proposal_id=row.id, payload_hash=row.payload_hash), fund.manager, hands
    )


def test_the_days_are_those_of_the_law() -> None:
    """1/1, five days of Tết, 10/3 by the moon, 30/4, 1/5 and 2/9; those of 2020 and 2021."""
    assert public_holidays([2020]) == [
        "2020-01-01",
        *(f"2020-01-{day}" for day in range(23, 30)),
        "2020-04-02",
        "2020-04-30",
        "2020-05-01",
        "2020-09-02",
    ]
    assert {"2021-02-12", "2021-04-21", "2021-09-02", "2021-09-03"} <= set(
        public_holidays([2021])
    )


def test_an_empty_list_has_the_rest_of_the_year_proposed_and_holds_nothing_before(
    world: World, fund: Fund, hands: HandClock
) -> None:
    done = run(world, hands, date(2020, 6, 1), date(2020, 5, 31))
    before = listed(world.sessions)
    approved(fund, hands)

    assert done == (1, 0)
    assert before == []
    assert listed(world.sessions) == ["2020-09-02"]


def test_december_proposes_the_next_year_once_beside_what_is_listed(
    world: World, fund: Fund, hands: HandClock
) -> None:
    run(world, hands, date(2020, 6, 1), date(2020, 5, 31))
    approved(fund, hands)

    july = run(world, hands, date(2020, 7, 1), date(2020, 6, 30))
    december = run(world, hands, date(2020, 12, 1), date(2020, 11, 30))
    approved(fund, hands)
    january = run(world, hands, date(2021, 1, 1), date(2020, 12, 31))

    assert (july, december, january) == ((0, 0), (1, 0), (0, 0))
    assert listed(world.sessions) == ["2020-09-02", *public_holidays([2021])]


def test_what_was_sent_back_is_not_proposed_again_and_no_list_takes_another_back(
    world: World, fund: Fund, hands: HandClock
) -> None:
    """August's list waits through December; sent back, it stays so."""
    august = run(world, hands, date(2020, 8, 1), date(2020, 7, 31))
    december = run(world, hands, date(2020, 12, 1), date(2020, 11, 30))
    row = fund.session.scalars(select(Proposal)).one()
    asked = Decide(proposal_id=row.id, payload_hash=row.payload_hash, reason="Chờ nghị định")
    send_back(fund.session, asked, fund.manager, hands)
    january = run(world, hands, date(2021, 1, 1), date(2020, 12, 31))
    february = run(world, hands, date(2021, 2, 1), date(2021, 1, 31))

    assert [august, december, january, february] == [(1, 0), (0, 0), (1, 0), (0, 0)]
