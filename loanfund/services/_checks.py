"""The answer of every check of a proposal as things stand; which: `domain.seen.CHECKS`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date

from sqlalchemy import select

from loanfund.domain.book_codec import load_book
from loanfund.domain.errors import LoanFundError
from loanfund.domain.plan import Plan
from loanfund.domain.proposal import ProposalKind
from loanfund.domain.provision import ProvisionUse
from loanfund.domain.seen import Check
from loanfund.domain.terms import check_terms
from loanfund.models.loan import LoanEvent
from loanfund.services import _loan_change
from loanfund.services._beside import (
    Beside,
    month_end_of,
    moved,
    other_debts,
    promised_elsewhere,
    taken,
)
from loanfund.services._book_keys import adds
from loanfund.services._capital import check_standing
from loanfund.services._link import check_link
from loanfund.services._period import is_verified, loans_behind
from loanfund.services._present_rules import check_renewals
from loanfund.services._proposable import read_loan_change, read_settings
from loanfund.services.second_factor import check_turning_off
from loanfund.store.ledger import provision_held
from loanfund.store.loan import read_terms
from loanfund.store.lock import closed_through


def _is_possible(beside: Beside) -> bool:
    try:
        _POSSIBLE[beside.kind](beside)
    except LoanFundError:
        return False
    return True


def _plan(beside: Beside) -> Plan:
    """Refuse what the rules do not let happen; whether there is money is another question."""
    assert beside.loan is not None
    change = read_loan_change(beside.payload, beside.loan.version)
    return _loan_change.preview(beside.session, change, beside.clock, as_shown=True).plan


def provision_use(beside: Beside) -> ProvisionUse | None:
    """Give what a write-off takes from a provision; None of others, and where it cannot be."""
    days = [one["date"] for one in beside.payload["events"] if one["type"] == "write_off"]
    loan = beside.loan
    if not days or loan is None:
        return None
    own = next(one for one in beside.of_borrower if one.id == loan.id)
    try:
        plan = _plan(beside)
    except LoanFundError:
        return None
    held = provision_held(beside.session, own.id, date.fromisoformat(days[0]))
    return ProvisionUse(
        held=held,
        used=plan.written_off,
        bears_risk=own.books.bears_risk,
        group=plan.before.position().debt_group,
    )


def _terms(beside: Beside) -> None:
    assert beside.loan is not None
    check_terms(read_terms(beside.loan))


def _movement(beside: Beside) -> None:
    if "reverses" in beside.payload:
        check_standing(beside.session, beside.payload["reverses"])


def _rules(beside: Beside) -> None:
    check_renewals(beside.session, beside.payload, beside.today)


def _link(beside: Beside) -> None:
    check_link(beside.session, beside.payload, beside.maker)


def _factor(beside: Beside) -> None:
    check_turning_off(beside.session, beside.payload, beside.maker)


_POSSIBLE: Mapping[ProposalKind, Callable[[Beside], object]] = {
    ProposalKind.LOAN_CHANGE: _plan,
    ProposalKind.CONTRACT: _terms,
    ProposalKind.CAPITAL_MOVEMENT: _movement,
    ProposalKind.PRESENT_RULES: _rules,
    ProposalKind.LINK: _link,
    ProposalKind.FACTOR_OFF: _factor,
}


def _source_has(beside: Beside) -> bool:
    """Whether the source has what is lent or taken from it; what comes in lacks nothing."""
    found = taken(beside)
    if found is None:
        return True
    source_id, day, amount = found
    return amount <= beside.left(source_id, day) - promised_elsewhere(beside)


def _in_open_month(beside: Beside) -> bool:
    closed = closed_through(beside.session)
    return closed is None or all(day > closed for day in _days(beside))


def _days(beside: Beside) -> Iterator[date]:
    """Give the days on which something is to take effect."""
    if beside.kind is ProposalKind.SETTINGS:
        yield from (one.valid_from for one in read_settings(beside.payload))
    elif beside.kind is ProposalKind.CAPITAL_MOVEMENT:
        yield moved(beside)[1]
    elif beside.kind is not ProposalKind.PRESENT_RULES:  # it says what always held
        assert beside.loan is not None
        events = beside.payload["events"]
        yield from (date.fromisoformat(one["date"]) for one in events if "date" in one)
        reversed_ = [int(one["of"]) for one in events if one["type"] == "reversal"]
        query = select(LoanEvent.value_date).where(
            LoanEvent.loan_id == beside.loan.id, LoanEvent.sequence.in_(reversed_)
        )
        yield from beside.session.scalars(query)


def _is_on_time(beside: Beside) -> bool:
    return not any(days for *_, days in other_debts(beside))


def _rows_are_new(beside: Beside) -> bool:
    """Whether the workbook would add what it was to add, and contradicts nothing."""
    added: dict[str, int] = beside.payload["added"]
    return adds(beside.session, load_book(beside.payload["book"])) == added


ANSWERS: Mapping[Check, Callable[[Beside], bool]] = {
    Check.POSSIBLE: _is_possible,
    Check.SOURCE_HAS: _source_has,
    Check.OPEN_MONTH: _in_open_month,
    Check.ON_TIME: _is_on_time,
    Check.ROWS_NEW: _rows_are_new,
    Check.RECONCILED: lambda beside: not loans_behind(beside.session, month_end_of(beside)),
    Check.VERIFIED: lambda beside: is_verified(beside.session, month_end_of(beside)),
}
