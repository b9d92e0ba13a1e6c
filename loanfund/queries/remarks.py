"""What `loanfund verify` tells beside differences: what stands as it was meant, but not as now.

A contract keeps the edition of the rules that it was signed under (rules §15), and what was
stored keeps its code. Nothing is wrong with it; people should know which contracts the present
rules would compute otherwise, and which codes nobody could give any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from loanfund.domain.code import fold_code, strange_letters
from loanfund.domain.errors import InvalidTermsError, LoanFundError
from loanfund.domain.fold import fold
from loanfund.domain.history import History
from loanfund.domain.terms import (
    EDITION,
    FIRST_EDITION,
    RepaymentMethod,
    Terms,
    check_terms,
)
from loanfund.models.loan import Loan, LoanEvent
from loanfund.store.code import FOLD_OF
from loanfund.store.loan import each_loan
from loanfund.store.setting import load_settings


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to know about a contract or a code; `kind` picks the sentence."""

    kind: str
    subject: str


def remarks(session: Session) -> Iterator[Remark]:
    """Give the codes that nobody could give now, and the contracts of a differing edition."""
    yield from _of_codes(session)
    for loan in each_loan(session, load_settings(session), _may_differ()):
        try:
            kinds = list(_kinds(loan.history()))
        except LoanFundError:  # `verify` tells it as a difference
            continue
        for kind in kinds:
            yield Remark(kind, loan.contract_number)


def _of_codes(session: Session) -> Iterator[Remark]:
    """Give codes with letters that no new one may have, and further spellings of one code."""
    for column, folded in FOLD_OF.items():
        for code, kept in session.execute(select(column, folded).order_by(column)):
            if strange_letters(code):
                yield Remark("code_letters", code)
            if kept != fold_code(code):
                yield Remark("code_twin", code)


def _may_differ() -> ColumnElement[bool]:
    """Leave out the contracts that every edition computes alike, which are nearly all."""
    changed = select(LoanEvent.loan_id).where(LoanEvent.type.in_(("write_off", "amend")))
    return and_(
        Loan.edition == FIRST_EDITION,
        or_(
            Loan.repayment_method == RepaymentMethod.CUSTOM.value,
            Loan.interest_every_months > 1,
            Loan.id.in_(changed),
        ),
    )


def _kinds(history: History) -> Iterator[str]:
    if not history.terms.is_of_first_edition:
        return
    yield from _of_terms(history.terms)
    if _was_written_off_beside_credit(history):
        yield "credit_beside_write_off"


def _of_terms(terms: Terms) -> Iterator[str]:
    try:
        check_terms(replace(terms, edition=EDITION))
    except InvalidTermsError as refusal:
        yield refusal.reason
    is_annuity = terms.repayment_method is RepaymentMethod.ANNUITY
    if is_annuity and terms.interest_every_months > 1:
        yield "annuity_of_months"


def _was_written_off_beside_credit(history: History) -> bool:
    """Tell whether credit was held when the loan was written off: now it would pay first."""
    types = [one.type for one in history.events]
    if "write_off" not in types:
        return False
    place = types.index("write_off")
    before = History(history.terms, history.events[:place])
    state = fold(before, history.events[place].value_date)
    return state is not None and state.credit > 0
