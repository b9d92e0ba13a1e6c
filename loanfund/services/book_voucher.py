"""Issue the vouchers of capital that moved and of what a closed month booked, each once.

Capital that was taken back since is printed once more, marked so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.db import unit_of_work
from loanfund.domain.book_voucher import Booking, BookVoucher
from loanfund.domain.issue import Issue
from loanfund.domain.permission import Action, Actor, Grant, check
from loanfund.domain.plain import from_json, to_json
from loanfund.domain.voucher import SERIES, Copy
from loanfund.models.document import Document
from loanfund.services._paper import Paper, issue_of, keep_paper
from loanfund.store.book_voucher import capital_voucher, issued_vouchers, month_voucher
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
    earlier = issued_vouchers(session, found.about)
    if earlier and bool(earlier[-1].content.get("struck")) == bool(found.struck):
        return earlier[-1].number
    content = _as_copy(found, earlier) if earlier else _numbered(session, found)
    kept_as = f"{content.number}-IL{content.copy.number}" if content.copy else content.number
    issue = issue_of(kept_as, actor, clock)
    keep_paper(session, _paper(content), issue, render(content, issue), actor)
    return kept_as


def _numbered(session: Session, found: BookVoucher) -> BookVoucher:
    """Give the first print its number; that of capital has it from its booking."""
    if found.number:
        return found
    number = next_number(session, SERIES[found.kind], found.value_date.year)
    return replace(found, number=number)


def _as_copy(found: BookVoucher, earlier: Sequence[Document]) -> BookVoucher:
    """Give what a further print says: what the first one said, and what befell it."""
    first = earlier[0]
    copy = Copy(number=len(earlier), first_printed_at=first.issued_at, differs=False)
    return replace(from_json(BookVoucher, first.content), struck=found.struck, copy=copy)


def _paper(found: BookVoucher) -> Paper:
    return Paper(
        kind=found.kind,
        loan_id=None,
        period_from=found.value_date,
        period_to=found.value_date,
        content={**to_json(found), "amount": found.amount.dong},
        subject=("document", found.number),
    )
