"""Everything that the page of a loan shows, on any day and as known at any instant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain import statement_lines
from loanfund.domain.account import Position
from loanfund.domain.added import Added, added_by_a_day
from loanfund.domain.codec import EVENT_FIELDS
from loanfund.domain.errors import NotFoundError, RuleViolationError
from loanfund.domain.event import Reversal
from loanfund.domain.folded import FoldedLoan, fold_loan
from loanfund.domain.money import Money, Rate
from loanfund.domain.permission import Actor
from loanfund.domain.statement_parts import Entry, Total
from loanfund.domain.terms import Terms
from loanfund.domain.to_pay import ToPay
from loanfund.models.borrower import Borrower
from loanfund.models.document import Document
from loanfund.models.loan import Loan, LoanEvent
from loanfund.models.user import User
from loanfund.queries import _loan_tables
from loanfund.queries._loan_row import Plain, plain_of
from loanfund.queries._loan_tables import Accrued, ExplainedCharge, Schedule
from loanfund.queries._standing import Moment, Standing, standings
from loanfund.queries._why import Law, Why, law_of, reasons
from loanfund.queries.loan import LoanView, loan_at
from loanfund.queries.paper_standing import PaperStanding, paper_standings
from loanfund.store.loan import RecordedEvent
from loanfund.store.paper import STATEMENT, statement_records
from loanfund.store.scope import seen_by
from loanfund.store.setting import load_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanName:
    """What every page about a loan names it by."""

    id: int
    contract_number: str
    borrower_id: int
    borrower: str
    state: str
    version: int
    signed_on: date
    purpose: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    """Something recorded for the loan, with what took it back and what it takes back."""

    recorded: RecordedEvent
    recorded_by: str
    approved_by: str | None
    reversal: RecordedEvent | None
    of: RecordedEvent | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherLoan:
    """Another loan of the borrower on the same day."""

    standing: Standing
    group: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedPaper:
    """A statement that was issued for the loan."""

    id: int
    number: str
    period_from: date
    period_to: date
    issued_at: datetime
    issued_by: str
    standing: PaperStanding


class Quote(NamedTuple):
    """What there is to pay on a day: what is due, what settles, and what a day later adds."""

    place: Position
    to_pay: ToPay
    added: Added


class StoredEvent(NamedTuple):
    """What the row of an event says of it, where the event itself cannot be read."""

    kind: str
    value_date: date
    number: str | None
    amount: Money | None
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanPage:
    """A loan as its page shows it; `place` and the rest hold at the end of `place.as_of`."""

    name: LoanName
    view: LoanView
    terms: Terms
    rate: Rate
    overdue_rate: str
    place: Position
    to_pay: ToPay
    plain: Plain
    interest_since: date | None
    settled_on: date | None
    why: tuple[Why, ...]
    law: Law | None
    entries: tuple[Entry, ...]
    totals: tuple[Total, ...]
    schedule: Schedule
    charges: tuple[ExplainedCharge, ...]
    accrued: tuple[Accrued, ...]
    events: tuple[EventLine, ...]
    others: tuple[OtherLoan, ...]
    papers: tuple[IssuedPaper, ...]


def known_loan(session: Session, loan_id: int, actor: Actor) -> LoanName:
    """Give a loan by its id; another borrower's is as unknown as a missing one."""
    query = (
        select(
            Loan.id,
            Loan.contract_number,
            Loan.borrower_id,
            Borrower.name.label("borrower"),
            Loan.state,
            Loan.version,
            Loan.signed_on,
            Loan.purpose,
        )
        .join(Borrower, Borrower.id == Loan.borrower_id)
        .where(Loan.id == loan_id, seen_by(actor))
    )
    found = session.execute(query).mappings().one_or_none()
    if found is None:
        raise NotFoundError("loan")
    return LoanName(**found)


def loan_page(session: Session, name: LoanName, moment: Moment) -> LoanPage:
    """Give the page of a loan; NotFoundError when it was not known by the moment."""
    view = _placed(loan_at(session, name.contract_number, moment), name)
    folded, state = view.folded, view.folded.state
    others = _others(session, name, moment)
    terms = folded.history.terms
    rate = Rate(state.rate) if state else terms.annual_rate
    entries = _entries(session, view)
    return LoanPage(
        name=name,
        view=view,
        terms=terms,
        rate=rate,
        overdue_rate=folded.overdue_rate(),
        place=replace(folded.position(), as_of=moment.as_of),
        to_pay=folded.to_pay(),
        plain=plain_of(folded, name.state),
        interest_since=date.fromordinal(state.in_term.since) if state else None,
        settled_on=folded.settled_on(),
        why=reasons(folded, view.final_group, [one.standing for one in others]),
        law=law_of(folded, view.settings) if view.final_group else None,
        entries=entries,
        totals=statement_lines.totals(entries),
        schedule=_loan_tables.schedule(folded),
        charges=tuple(_loan_tables.explained_charges(state)) if state else (),
        accrued=tuple(_loan_tables.accrued(state)) if state else (),
        events=tuple(_events(session, view.loan.recorded)),
        others=others,
        papers=papers(session, name.id),
    )


def _placed(view: LoanView, name: LoanName) -> LoanView:
    """Quote from the day of signing where the terms' own plan lies before the day asked for."""
    if view.folded.state is not None:
        return view
    try:
        view.folded.position()
    except RuleViolationError:
        history = view.folded.history
        return replace(view, folded=fold_loan(history, name.signed_on, view.loan.rule_sets))
    return view


def place_on(session: Session, name: LoanName, day: date) -> Position:
    """Give where a loan stands at the end of a day."""
    return folded_on(session, name, day).position()


def folded_on(session: Session, name: LoanName, day: date) -> FoldedLoan:
    """Give a loan folded through a day; of one not lent yet, a quote."""
    return _placed(loan_at(session, name.contract_number, Moment(day)), name).folded


def quote(page: LoanPage, day: date) -> Quote:
    """Give what there is to pay on another day."""
    loan = page.view.loan
    folded = fold_loan(page.view.folded.history, day, loan.rule_sets)
    return Quote(folded.position(), folded.to_pay(), added_by_a_day(folded))


def papers(session: Session, loan_id: int) -> tuple[IssuedPaper, ...]:
    """Give the statements issued for a loan, the latest first."""
    query = (
        select(
            Document.id,
            Document.number,
            Document.period_from,
            Document.period_to,
            Document.issued_at,
            User.name.label("issued_by"),
        )
        .join(User, User.id == Document.issued_by)
        .where(Document.loan_id == loan_id, Document.kind == STATEMENT)
        .order_by(Document.id.desc())
    )
    rows = session.execute(query).mappings().all()
    standings = paper_standings(session, [row["id"] for row in rows])
    return tuple(IssuedPaper(**row, standing=standings[row["id"]]) for row in rows)


def _entries(session: Session, view: LoanView) -> tuple[Entry, ...]:
    state = view.folded.state
    if state is None:
        return ()
    records = statement_records(session, view.loan, None)
    return statement_lines.entries(state, state.start, records)


def stored_events(session: Session, loan_id: int) -> list[StoredEvent]:
    """Give what the rows of a loan's events say, the latest first."""
    query = (
        select(
            LoanEvent.type,
            LoanEvent.value_date,
            LoanEvent.number,
            LoanEvent.amount,
            LoanEvent.recorded_at,
            User.name,
        )
        .join(User, User.id == LoanEvent.recorded_by)
        .where(LoanEvent.loan_id == loan_id)
        .order_by(LoanEvent.sequence.desc())
    )
    found = [StoredEvent._make(row) for row in session.execute(query)]
    return [one if one.kind in EVENT_FIELDS else one._replace(kind="unknown") for one in found]


def _events(session: Session, recorded: Sequence[RecordedEvent]) -> Iterable[EventLine]:
    """Give what was recorded, the latest first, with names for those who did it."""
    names = names_of(session, [one.recorded_by for one in recorded])
    names |= names_of(session, [one.approved_by for one in recorded if one.approved_by])
    known = {one.event.id: one for one in recorded}
    reversals = {one.event.of: one for one in recorded if isinstance(one.event, Reversal)}
    return [
        EventLine(
            recorded=one,
            recorded_by=names[one.recorded_by],
            approved_by=names[one.approved_by] if one.approved_by else None,
            reversal=reversals.get(one.event.id),
            of=known[one.event.of] if isinstance(one.event, Reversal) else None,
        )
        for one in reversed(recorded)
    ]


def names_of(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """Give people's names by their ids."""
    query = select(User.id, User.name).where(User.id.in_(set(ids)))
    return {row.id: row.name for row in session.execute(query)}


def _others(session: Session, name: LoanName, moment: Moment) -> tuple[OtherLoan, ...]:
    settings = load_settings(session, moment.known_at)
    conditions = (Loan.borrower_id == name.borrower_id, Loan.id != name.id)
    found = standings(session, settings, moment, *conditions, Loan.state == "approved")
    return tuple(OtherLoan(standing=one, group=one.own_group) for one in found)
