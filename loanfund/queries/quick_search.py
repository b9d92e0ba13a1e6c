"""The ten loans, borrowers and vouchers that a few typed letters most likely mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from loanfund.domain.money import Money
from loanfund.domain.to_pay import ToPay
from loanfund.models.borrower import Borrower
from loanfund.models.loan import Loan
from loanfund.models.position import CachedPosition
from loanfund.queries._loan_row import Plain, rows_from
from loanfund.queries._month import OVER
from loanfund.queries._search import FOUND_BY, Needle, needle, of_borrower, shorten
from loanfund.queries._standing import Moment, standings
from loanfund.queries.voucher_search import FoundVoucher, vouchers_like
from loanfund.store.setting import load_settings
from loanfund.wording import fold
from loanfund.wording.order import name_key

MOST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLoan:
    """What tells one loan from the next, so that the right one is picked the first time."""

    loan_id: int
    contract_number: str
    borrower: str
    source: str
    plain: Plain
    outstanding: Money
    days_past_due: int
    to_pay: ToPay


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundBorrower:
    """A borrower that has no contract yet, and what tells it from others of its name."""

    borrower_id: int
    name: str
    code: str
    legal_representative: str
    phone: str


Found = FoundLoan | FoundBorrower | FoundVoucher


def quick_search(session: Session, moment: Moment, typed: str) -> tuple[Found, ...]:
    """Give the best first: the number itself, then names as typed, running loans before others.

    The number of a voucher finds it, before all else. A borrower with contracts is found as
    these. Nothing typed finds nothing.
    """
    words = needle(typed)
    if not words.words:
        return ()
    vouchers = vouchers_like(session, moment.as_of, typed)
    matching = (
        row for row in _candidates(session) if words.finds(of_borrower(row, row.folded_number))
    )
    best = sorted(matching, key=lambda row: _rank(words, row))[:MOST]
    loans = _loans(session, moment, [row.loan_id for row in best if row.loan_id])
    found = (loans.get(row.loan_id) if row.loan_id else _borrower(row) for row in best)
    return (*vouchers, *(one for one in found if one is not None))[:MOST]


def _candidates(session: Session) -> list[Row[Any]]:
    """Give every contract with what can be typed for it, and every borrower that has none."""
    query = (
        select(
            *FOUND_BY,
            Borrower.id.label("borrower_id"),
            Borrower.name,
            Borrower.legal_representative,
            Loan.id.label("loan_id"),
            Loan.folded_number,
            CachedPosition.status,
        )
        .outerjoin(Loan, Loan.borrower_id == Borrower.id)
        .outerjoin(CachedPosition, CachedPosition.loan_id == Loan.id)
    )
    return list(session.execute(query))


def _rank(words: Needle, row: Row[Any]) -> tuple[Any, ...]:
    """Give what orders the results; the smallest is the best."""
    number = row.folded_number or fold(row.code)
    is_number = number.replace(" ", "").startswith(words.code)
    names = " ".join(filter(None, (shorten(row.folded_name), row.folded_representative)))
    is_name = f" {' '.join(words.words)} " in f" {names} "
    is_over = row.loan_id is None or row.status in OVER
    return not is_number, is_over, not is_name, name_key(row.name), number


def _loans(session: Session, moment: Moment, ids: list[int]) -> dict[int, FoundLoan]:
    settings = load_settings(session, moment.known_at)
    found = standings(session, settings, moment, Loan.id.in_(ids)) if ids else []
    return {
        row.facts.id: FoundLoan(
            loan_id=row.facts.id,
            contract_number=row.facts.contract_number,
            borrower=row.facts.borrower,
            source=row.facts.source,
            plain=row.plain,
            outstanding=row.outstanding,
            days_past_due=row.days_past_due,
            to_pay=row.to_pay,
        )
        for row in rows_from(found, settings, moment, {})
    }


def _borrower(row: Row[Any]) -> FoundBorrower:
    return FoundBorrower(
        borrower_id=row.borrower_id,
        name=row.name,
        code=row.code,
        legal_representative=row.legal_representative or "",
        phone=row.phone or "",
    )
