"""Issue the vouchers of capital that moved and of what a closed month booked, each once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.db import unit_of_work
from loanfund.domain.book_voucher import Booking, BookVoucher
from loanfund.domain.issue import Issue
from loanfund.domain.permission import Action, Actor, Grant, check
from loanfund.domain.plain import to_json
from loanfund.domain.voucher import SERIES
from loanfund.services._paper import Paper, issue_of, keep_paper
from loanfund.store.book_voucher import capital_voucher, issued_voucher, month_voucher
from loanfund.store.lock import lock_books
from loanfund.store.number import next_number

Render = Callable[[BookVoucher, Issue], bytes]


def issue_capital_voucher(
    session: Session, movement_id: int, actor: Actor, clock: Clock, render: Render
) -> str:
    """Give the number of a movement's voucher, issued now unless it was before."""
    check(actor, Action.ISSUE_PAPERS, Grant.DOES)
    with unit_of_work(session):
        lock_books(session, alone=True)  # so that two do not draw a number each
        found = capital_voucher(session, movement_id, clock.today())
        return _issued(session, found, actor, clock, render)


def issue_month_voucher(  # noqa: PLR0913, PLR0917 -- which month, of what, by whom, how
    session: Session,
    booking: Booking,
    last: date,
    actor: Actor,
    clock: Clock,
    render: Render,
) -> str:
    """Give the number of a closed month's voucher, issued now unless it was before."""
    check(actor, Action.ISSUE_PAPERS, Grant.DOES)
    with unit_of_work(session):
        lock_books(session, alone=True)
        found = month_voucher(session, booking, last, clock.today())
        return _issued(session, found, actor, clock, render)


def _issued(
    session: Session, found: BookVoucher, actor: Actor, clock: Clock, render: Render
) -> str:
    known = issued_voucher(session, found.about)
    if known is not None:
        return known
    number = next_number(session, SERIES[found.kind], found.value_date.year)
    content = replace(found, number=number)
    issue = issue_of(number, actor, clock)
    keep_paper(session, _paper(content), issue, render(content, issue), actor)
    return number


def _paper(found: BookVoucher) -> Paper:
    return Paper(
        kind=found.kind,
        loan_id=None,
        period_from=found.value_date,
        period_to=found.value_date,
        content={**to_json(found), "amount": found.amount.dong},
        subject=("document", found.number),
    )
