"""Look at what stands beside a proposal: each check's answer, and the figures that move."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sqlalchemy import func, select

from loanfund.domain.book_closed import rows_in_closed_months
from loanfund.domain.book_codec import load_book
from loanfund.domain.folded import fold_loan
from loanfund.domain.money import total
from loanfund.domain.proposal import ProposalKind
from loanfund.domain.seen import CHECKS, SETTING, Figure, Seen, about_setting
from loanfund.domain.terms import DebtRuleSet
from loanfund.models.borrower import Borrower
from loanfund.models.capital import CapitalSource
from loanfund.models.collection_sheet import CollectionDraft
from loanfund.models.loan import Loan, LoanEvent
from loanfund.services._beside import (
    Beside,
    month_end_of,
    moved,
    other_debts,
    promised_elsewhere,
    taken,
)
from loanfund.services._book_keys import new_records
from loanfund.services._checks import ANSWERS, provision_use
from loanfund.services._closing import at_close, locked_by
from loanfund.services._present_rules import renewals
from loanfund.services._proposable import read_settings
from loanfund.services._setting_impact import setting_impact
from loanfund.store.lock import closed_through
from loanfund.store.user import find_user


def look(beside: Beside) -> Seen:
    """Give what stands beside a proposal now."""
    answers = {check: ANSWERS[check](beside) for check in CHECKS[beside.action]}
    locked = None
    if beside.kind is ProposalKind.CLOSE:
        locked = locked_by(at_close(beside.session, month_end_of(beside)))
    return Seen(
        day=beside.today,
        checks=answers,
        figures=tuple(_FIGURES[beside.kind](beside)),
        locked=locked,
    )


def _of_loan(beside: Beside) -> Iterator[Figure]:
    """Give where the loan stands, and what its source has where money leaves it."""
    loan = beside.loan
    assert loan is not None
    own = next(one for one in beside.of_borrower if one.id == loan.id)
    snapshot = fold_loan(own.history(), beside.today, own.rule_sets).snapshot()
    if snapshot is not None:
        rule_set = DebtRuleSet(
            beside.settings.get("debt_rule_set", beside.today, loan.source_id)
        )
        to_pay = snapshot.to_pay(beside.today).amount
        yield Figure(name="outstanding", value=snapshot.principal_outstanding)
        yield Figure(name="to_pay", value=to_pay)
        yield Figure(name="settlement", value=snapshot.settlement(beside.today))
        yield Figure(name="days_past_due", value=snapshot.days_past_due(beside.today))
        yield Figure(name="debt_group", value=snapshot.own_group(beside.today, rule_set))
    yield from _of_source(beside)
    yield from _of_provision(beside)


def _of_provision(beside: Beside) -> Iterator[Figure]:
    """Give what a write-off takes from the loan's specific provision, or from capital."""
    use = provision_use(beside)
    if use is None:
        return
    if not use.bears_risk:
        yield Figure(name="loss_of_capital", value=use.used)
        return
    if not use.is_for_group:
        yield Figure(name="provision_group", value=use.group)
    yield Figure(name="provision_held", value=use.held)
    yield Figure(name="provision_used", value=use.used)
    if use.left:
        yield Figure(name="provision_left", value=use.left)
    else:
        yield Figure(name="provision_missing", value=use.missing)


def _of_source(beside: Beside) -> Iterator[Figure]:
    found = taken(beside)
    if found is None:
        return
    source_id, day, amount = found
    left = beside.left(source_id, day)
    yield Figure(name="source_left", value=left)
    promised = promised_elsewhere(beside)
    if promised:
        yield Figure(name="source_promised", value=promised)
    yield Figure(name="source_left_after", value=left - promised - amount)


def _of_contract(beside: Beside) -> Iterator[Figure]:
    """Give what the source has left, and what the borrower owes besides."""
    yield from _of_source(beside)
    debts = list(other_debts(beside))
    yield Figure(name="other_loans", value=sum(bool(owed) for owed, *_ in debts))
    yield Figure(name="other_outstanding", value=total([owed for owed, *_ in debts]))
    yield Figure(name="other_to_pay", value=total([due for _, due, *_ in debts]))
    yield Figure(name="other_days", value=max((days for *_, days in debts), default=0))
    group = max((group for *_, group, _ in debts), default=0)
    yield Figure(name="other_group", value=group or None)


def _of_capital(beside: Beside) -> Iterator[Figure]:
    source_id, day, amount = moved(beside)
    left = beside.left(source_id, day)
    yield Figure(name="source_left", value=left)
    yield Figure(name="source_left_after", value=left + amount)


def _of_settings(beside: Beside) -> Iterator[Figure]:
    """Give the values that stand: another one since is another proposal."""
    query = select(CapitalSource.code, CapitalSource.id)
    codes: dict[str | None, int | None] = {None: None}
    codes |= {row.code: row.id for row in beside.session.execute(query)}
    for one in read_settings(beside.payload):
        stands = beside.settings.get(one.key, one.valid_from, codes[one.source_code])
        about = about_setting(one.key, one.valid_from, one.source_code)
        yield Figure(name=SETTING, about=about, value=stands, holds=True)
    impact = setting_impact(beside.session, read_settings(beside.payload), beside.today)
    if impact is not None:
        for side, stand in (("before", impact.before), ("after", impact.after)):
            yield Figure(name=f"bad_debt_{side}", value=stand.bad_debt)
            yield Figure(name=f"provision_required_{side}", value=stand.provision_required)


def _of_person(beside: Beside) -> Iterator[Figure]:
    """Give the role that a person has, as what is proposed is about who they are."""
    user = find_user(beside.session, beside.payload["email"])
    yield Figure(name="role", value=user.role if user else None, holds=True)


def _of_close(beside: Beside) -> Iterator[Figure]:
    """Give what somebody may have left undone in the month."""
    drafts = select(func.count()).select_from(CollectionDraft)
    count = beside.session.scalar(drafts.where(CollectionDraft.month <= month_end_of(beside)))
    yield Figure(name="drafts", value=count or 0)


def _of_import(beside: Beside) -> Iterator[Figure]:
    """Give how much the book holds before the workbook comes, and its rows in closed months.

    Of these whoever decides is told which months they restate: others are another proposal.
    """
    for name, table in (("borrowers", Borrower), ("contracts", Loan), ("events", LoanEvent)):
        count = beside.session.scalar(select(func.count()).select_from(table))
        yield Figure(name=name, value=count or 0)
    fresh = new_records(beside.session, load_book(beside.payload["book"]))
    closed = rows_in_closed_months(fresh, closed_through(beside.session))
    if closed:
        count = sum(sum(one.rows.values()) for one in closed)
        yield Figure(name="closed_rows", value=count, holds=True)


def _of_rules(beside: Beside) -> Iterator[Figure]:
    """Give how many contracts are brought under the present rules, and how many it changes."""
    found = renewals(beside.session, beside.today, *beside.payload["contracts"])
    yield Figure(name="renewed", value=len(found), holds=True)
    yield Figure(name="renewed_changing", value=sum(one.changes for one in found))


_FIGURES: Mapping[ProposalKind, Callable[[Beside], Iterator[Figure]]] = {
    ProposalKind.LOAN_CHANGE: _of_loan,
    ProposalKind.CONTRACT: _of_contract,
    ProposalKind.CAPITAL_MOVEMENT: _of_capital,
    ProposalKind.SETTINGS: _of_settings,
    ProposalKind.ROLE: _of_person,
    ProposalKind.LINK: _of_person,
    ProposalKind.FACTOR_OFF: _of_person,
    ProposalKind.CLOSE: _of_close,
    ProposalKind.IMPORT: _of_import,
    ProposalKind.PRESENT_RULES: _of_rules,
}
