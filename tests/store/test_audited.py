"""The watch over the audit log, which stands behind every other test, does hear."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.db import unit_of_work
from loanfund.models.borrower import Borrower
from loanfund.store.audit import write_audit
from tests.audited import Watch
from tests.builders import a_borrower, a_fund


def test_a_change_without_a_line_is_heard_and_one_with_a_line_is_not(
    session: Session, clock: FixedClock, watch: Watch
) -> None:
    a_borrower(a_fund(session, clock))

    with unit_of_work(session):
        session.scalars(select(Borrower)).one().name = "HTX Khác"
    with unit_of_work(session):
        session.execute(update(Borrower).values(name="HTX Khác nữa"))

    assert watch.unheard == ["changed without a line: ['borrower']"] * 2
    watch.unheard.clear()
    with unit_of_work(session):
        session.scalars(select(Borrower)).one().name = "HTX Đồng Tâm 3"
        write_audit(
            session,
            at=clock.now(),
            actor=None,
            action="change_borrower",
            subject=("borrower", 1),
        )
    assert watch.unheard == []


def test_a_line_that_repeats_what_is_known_of_people_is_heard(
    session: Session, clock: FixedClock, watch: Watch
) -> None:
    a_borrower(a_fund(session, clock), phone="0204 3854 001")

    with unit_of_work(session):
        write_audit(
            session,
            at=clock.now(),
            actor=None,
            action="change_borrower",
            subject=("borrower", 1),
            facts={"phone": "0204 3854 001"},
        )

    assert watch.indiscreet == ["0204 3854 001 in {'phone': '0204 3854 001'}"]
    watch.indiscreet.clear()
