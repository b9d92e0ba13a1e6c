"""What a change would do to a loan: figures, debt group, schedule, terms, before and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.codec import dump_terms
from loanfund.domain.event import DatedEvent, Repayment, Reschedule, Reversal
from loanfund.domain.folded import FoldedLoan, fold_loan
from loanfund.domain.money import Money, total
from loanfund.domain.plan import Contract, Plan, Resplit, fold_with, rows_of
from loanfund.domain.plausible import OddTerm, odd_terms
from loanfund.domain.provision import ProvisionUse
from loanfund.domain.report import Said
from loanfund.models.capital import CapitalSource
from loanfund.models.loan import Loan
from loanfund.queries._loan_tables import DueRow, schedule
from loanfund.queries._picture import PictureRow, picture, picture_rows
from loanfund.queries._said import Value, said_term
from loanfund.queries._why import Why, floors
from loanfund.store.ledger import least_undisbursed, provision_held
from loanfund.store.loan import load_loans
from loanfund.store.setting import load_settings

# What is always told of a loan, changed or not, and what is told where it changes.
ALWAYS = ("principal_outstanding", "days_past_due", "debt_group", "maturity_date")
FIGURES = (
    "principal_disbursed",
    "principal_outstanding",
    "principal_overdue",
    "interest_open",
    "interest_deferred",
    "overdue_interest_open",
    "late_interest_open",
    "accrued_interest",
    "accrued_overdue_interest",
    "accrued_late_interest",
    "credit",
    "to_pay",
    "settlement_amount",
    "days_past_due",
    "debt_group",
    "maturity_date",
    "next_due",
    "written_off_principal",
    "written_off_interest",
    "recovered",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One figure or term before and after."""

    label: Said
    before: Value
    after: Value

    @property
    def differs(self) -> bool:
        """Whether the change moves it."""
        return self.before != self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class DueBeside:
    """One due date of the schedule as it stands and as it would stand."""

    due_date: date
    before: DueRow | None
    after: DueRow | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitRow:
    """One component beside a given split: owed, due, by the order of rules §7, given, left."""

    component: str
    owed: Money
    due: Money
    by_order: Money
    given: Money
    left: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePicture:
    """What a plan does to the loan, through the business date; no schedule if it stays.

    `reaches_closed` is the last closed day where the plan moves figures of closed months. `odd`
    are new terms that nobody means, as a rule.
    """

    as_of: date
    since: date | None
    figures: tuple[Changed, ...]
    terms: tuple[Changed, ...]
    why_before: tuple[Why, ...]
    why_after: tuple[Why, ...]
    schedule: tuple[DueBeside, ...]
    interest_before: Money
    interest_after: Money
    restructurings: int
    resplit: tuple[Resplit, ...]
    split: tuple[SplitRow, ...]
    reaches_closed: date | None
    odd: tuple[OddTerm, ...]

    def sum_of(self, side: str, column: str) -> Money:
        """Add up a column of the schedule, before or after."""
        rows = [getattr(one, side) for one in self.schedule]
        return total([getattr(row, column) for row in rows if row is not None])


def change_picture(plan: Plan, closed: date | None) -> ChangePicture:
    """Give what a plan changes, side by side; months are closed through `closed`."""
    since = min((one.value_date for one in _touched(plan)), default=None)
    first = since or plan.before.history.first_disbursement
    before, after = (_rows_after(one, since) for one in (plan.before, plan.after))
    stays = [_amounts(row) for row in before] == [_amounts(row) for row in after]
    return ChangePicture(
        as_of=plan.after.through,
        since=first,
        figures=tuple(_figures(plan)),
        terms=tuple(_terms(plan)),
        why_before=_why(plan.before),
        why_after=_why(plan.after),
        schedule=() if stays or not after else tuple(_beside(before, after)),
        interest_before=total([row.interest for row in before]),
        interest_after=total([row.interest for row in after]),
        restructurings=sum(isinstance(one, Reschedule) for one in plan.before.history.events),
        resplit=plan.changed_splits,
        split=tuple(_split(plan)),
        reaches_closed=closed if closed and first and first <= closed else None,
        odd=_odd(plan),
    )


def _odd(plan: Plan) -> tuple[OddTerm, ...]:
    """Name the terms that the change makes odd and that were not."""
    old, new = (odd_terms(one.history.terms) for one in (plan.before, plan.after))
    return tuple(one for one in new if one not in old)


def _touched(plan: Plan) -> Iterator[DatedEvent]:
    """Give the events that come, and those that are taken back; an amendment has no day."""
    known = {event.id: event for event in plan.before.history.events}
    for event in plan.new:
        if isinstance(event, DatedEvent):
            yield event
        elif isinstance(event, Reversal) and event.of in known:
            yield known[event.of]


def _split(plan: Plan) -> Iterator[SplitRow]:
    """Set a given split beside what the order of the contract would have made of the money."""
    event = plan.new[-1]
    if not isinstance(event, Repayment) or event.split is None:
        return
    day, history = event.value_date, plan.before.history
    ordinary = replace(event, split=None, replaces=None)
    folded = fold_with(Contract(history.terms, history.events), [ordinary], day)
    (ruled,) = rows_of(folded, [ordinary])
    for row in picture(plan, day).rows:
        yield SplitRow(
            component=row.component,
            owed=row.before,
            due=row.due,
            by_order=getattr(ruled, row.component),
            given=row.part,
            left=row.after,
        )


def _figures(plan: Plan) -> Iterator[Changed]:
    before, after = (_figures_of(one) for one in (plan.before, plan.after))
    for name in FIGURES:
        label = Said(f"change.figure.{name}")
        one = Changed(label=label, before=before[name], after=after[name])
        if one.differs or name in ALWAYS:
            yield one


def _figures_of(folded: FoldedLoan) -> dict[str, Value]:
    """Give what is told of a loan by name; what falls due next is what is to be paid of it."""
    place, found = folded.position(), folded.to_pay()
    known = {name: getattr(place, name) for name in FIGURES if name != "to_pay"}
    due = found.next_due
    facts = {"day": due.due_date, "amount": found.next_amount} if due else {}
    next_due = Said("change.next_due", facts) if due else None
    return known | {"to_pay": found.amount, "next_due": next_due}


def _terms(plan: Plan) -> Iterator[Changed]:
    old, new = (dump_terms(one.history.terms) for one in (plan.before, plan.after))
    for name, value in new.items():
        if old[name] != value:
            yield Changed(
                label=Said(f"term.{name}"),
                before=said_term(name, old[name]),
                after=said_term(name, value),
            )


def _why(folded: FoldedLoan) -> tuple[Why, ...]:
    """Give every floor of the own group; those that lead to it decide."""
    group = folded.position().debt_group
    if group is None:
        return ()
    return tuple(
        Why(reason=reason, group=floor, decides=floor == group, facts=facts)
        for reason, floor, facts in floors(folded)
    )


def _rows_after(folded: FoldedLoan, since: date | None) -> list[DueRow]:
    """Give the loan's own schedule after a day; before the first disbursement none is."""
    rows = schedule(folded).rows if folded.state is not None else ()
    return [row for row in rows if since is None or row.due_date > since]


def _amounts(row: DueRow) -> tuple[date, Money, Money]:
    return row.due_date, row.principal_ahead, row.interest


def _beside(before: Iterable[DueRow], after: Iterable[DueRow]) -> Iterator[DueBeside]:
    old, new = ({row.due_date: row for row in rows} for rows in (before, after))
    for day in sorted(old.keys() | new.keys()):
        yield DueBeside(due_date=day, before=old.get(day), after=new.get(day))


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceBeside:
    """The undisbursed capital of a loan's source before and after a disbursement."""

    name: str
    before: Money
    after: Money


def source_beside(session: Session, loan_id: int, day: date, amount: Money) -> SourceBeside:
    """Give what the loan's source has left from a day on, and would have left."""
    query = (
        select(CapitalSource)
        .join(Loan, Loan.source_id == CapitalSource.id)
        .where(Loan.id == loan_id)
    )
    source = session.scalars(query).one()
    left = least_undisbursed(session, source.id, day)
    return SourceBeside(name=source.name, before=left, after=left - amount)


def provision_beside(session: Session, loan_id: int, day: date, plan: Plan) -> ProvisionUse:
    """Give what a write-off on a day takes from the loan's specific provision, or capital."""
    query = (
        select(CapitalSource.bears_risk)
        .join(Loan, Loan.source_id == CapitalSource.id)
        .where(Loan.id == loan_id)
    )
    return ProvisionUse(
        held=provision_held(session, loan_id, day),
        used=plan.written_off,
        bears_risk=session.scalars(query).one(),
        group=plan.before.position().debt_group,
    )


def owed_on(session: Session, loan_id: int, day: date) -> tuple[PictureRow, ...]:
    """Give what is owed of each component at the end of a day, and what of it is due."""
    folded = _folded(session, loan_id, day)
    return picture_rows(folded, folded, None)


def standing_terms(session: Session, loan_id: int) -> dict[str, Any]:
    """Give the terms of a loan as amended so far, as the JSON of rules §11."""
    loan = load_loans(session, load_settings(session), Loan.id == loan_id)[0]
    return dump_terms(loan.history().terms)


def _folded(session: Session, loan_id: int, day: date) -> FoldedLoan:
    loan = load_loans(session, load_settings(session), Loan.id == loan_id)[0]
    return fold_loan(loan.history(), day, loan.rule_sets)
