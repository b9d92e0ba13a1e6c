"""Whether papers that were issued still count: one reader for whoever shows or checks them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session, aliased

from loanfund.domain.book_voucher import Booking
from loanfund.domain.voucher import VoucherKind
from loanfund.models.capital import CapitalMovement
from loanfund.models.document import Document
from loanfund.models.loan import LoanEvent
from loanfund.models.message import Dispatch
from loanfund.store.message import UNSENT
from loanfund.store.paper import STATEMENT
from loanfund.wording import event_name


class Standing(StrEnum):
    """Whether a paper still counts."""

    VALID = "valid"
    REPLACED = "replaced"
    OUTDATED = "outdated"  # the books of its period have changed since
    VOIDED = "voided"
    UNSENT = "unsent"


class PaperStanding(NamedTuple):
    """Whether a paper counts, and the number of what stands in its place."""

    standing: Standing = Standing.VALID
    replaced_by: str = ""


def paper_standings(session: Session, ids: Collection[int]) -> Mapping[int, PaperStanding]:
    """Give how each of these papers stands, by its id; as many queries for few as for many."""
    papers = session.execute(
        select(
            Document.id,
            Document.kind,
            Document.loan_id,
            Document.period_from,
            Document.period_to,
            Document.issued_at,
            Document.content["sequence"].as_integer().label("sequence"),
            Document.content["about"].as_string().label("about"),
            Dispatch.state.label("dispatch"),
        )
        .outerjoin(Dispatch, Dispatch.document_id == Document.id)
        .where(Document.id.in_(ids))
    ).all()
    loans = {one.loan_id for one in papers if one.loan_id is not None}
    later, events = _statements(session, loans), _events(session, loans)
    undone = _movements_undone(session)
    found = {}
    for one in papers:
        if one.loan_id is None:
            found[one.id] = _of_book_voucher(one, undone)
        elif one.kind in tuple(VoucherKind):
            found[one.id] = _of_voucher(one, events.get(one.loan_id, ()))
        elif one.kind == STATEMENT:
            found[one.id] = _of_statement(one, later, events.get(one.loan_id, ()))
        else:
            found[one.id] = _of_notice(one)
    return found


def _statements(session: Session, loans: Collection[int]) -> Mapping[Any, tuple[int, str]]:
    """Give the last statement of each loan and period: its id and number."""
    query = (
        select(
            Document.loan_id,
            Document.period_from,
            Document.period_to,
            Document.id,
            Document.number,
        )
        .where(Document.kind == STATEMENT, Document.loan_id.in_(loans))
        .order_by(Document.id)
    )
    return {row[:3]: (row.id, row.number) for row in session.execute(query)}


def _events(session: Session, loans: Collection[int]) -> Mapping[int, Sequence[Row[Any]]]:
    """Give the events of each loan; a reversal is of the day of what it takes back."""
    undone = aliased(LoanEvent)
    query = (
        select(
            LoanEvent.id,
            LoanEvent.loan_id,
            LoanEvent.sequence,
            LoanEvent.type,
            LoanEvent.number,
            LoanEvent.value_date,
            LoanEvent.recorded_at,
            LoanEvent.reverses,
            LoanEvent.replaces,
            func.coalesce(undone.value_date, LoanEvent.value_date).label("day"),
        )
        .outerjoin(undone, undone.id == LoanEvent.reverses)
        .where(LoanEvent.loan_id.in_(loans))
    )
    found: dict[int, list[Any]] = {}
    for row in session.execute(query):
        found.setdefault(row.loan_id, []).append(row)
    return found


def _movements_undone(session: Session) -> set[str]:
    query = select(CapitalMovement.reverses).where(CapitalMovement.reverses.is_not(None))
    return {str(one) for one in session.scalars(query)}


def _of_notice(paper: Row[Any]) -> PaperStanding:
    """A notice whose number was drawn and that was never sent tells nobody anything."""
    return PaperStanding(Standing.UNSENT if paper.dispatch == UNSENT else Standing.VALID)


def _of_statement(
    paper: Row[Any], later: Mapping[Any, tuple[int, str]], events: Sequence[Row[Any]]
) -> PaperStanding:
    """A later statement of the same loan and period stands in an earlier one's place."""
    latest, number = later[paper.loan_id, paper.period_from, paper.period_to]
    if latest != paper.id:
        return PaperStanding(Standing.REPLACED, number)
    has_changed = any(
        one.recorded_at > paper.issued_at and one.day <= paper.period_to for one in events
    )
    return PaperStanding(Standing.OUTDATED if has_changed else Standing.VALID)


def _of_voucher(paper: Row[Any], events: Sequence[Row[Any]]) -> PaperStanding:
    """A voucher counts until its event is taken back; one recorded in its place is named."""
    event = next(one.id for one in events if one.sequence == paper.sequence)
    if not any(one.reverses == event for one in events):
        return PaperStanding()
    again = next((one for one in events if one.replaces == event), None)
    if again is None:
        return PaperStanding(Standing.VOIDED)
    name = event_name(again.number, again.type, again.value_date)
    return PaperStanding(Standing.REPLACED, name)


def _of_book_voucher(paper: Row[Any], undone: Collection[str]) -> PaperStanding:
    """A voucher of capital counts until the movement is taken back."""
    booking, _, key = (paper.about or "").partition(":")
    is_undone = booking == Booking.CAPITAL and key in undone
    return PaperStanding(Standing.VOIDED if is_undone else Standing.VALID)
