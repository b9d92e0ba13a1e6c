"""The ten loans that somebody who typed a few letters most likely means."""

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
from loanfund.queries._search import Needle, haystack, needle, shorten
from loanfund.queries._standing import Moment, standings
from loanfund.store.setting import load_settings
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


def quick_search(session: Session, moment: Moment, typed: str) -> tuple[FoundLoan, ...]:
    """Give the best first: the number itself, then names as typed, running loans before others.

    Nothing typed finds nothing.
    """
    words = needle(typed)
    if not words.words:
        return ()
    ranked = sorted(
        (_rank(words, row), row.id) for row in _candidates(session) if _matches(words, row)
    )
    ids = [loan_id for _, loan_id in ranked[:MOST]]
    settings = load_settings(session, moment.known_at)
    found = standings(session, settings, moment, Loan.id.in_(ids))
    rows = {row.facts.id: row for row in rows_from(found, settings, moment, {})}
    return tuple(
        FoundLoan(
            loan_id=loan_id,
            contract_number=rows[loan_id].facts.contract_number,
            borrower=rows[loan_id].facts.borrower,
            source=rows[loan_id].facts.source,
            plain=rows[loan_id].plain,
            outstanding=rows[loan_id].outstanding,
            days_past_due=rows[loan_id].days_past_due,
            to_pay=rows[loan_id].to_pay,
        )
        for loan_id in ids
        if loan_id in rows
    )


def _candidates(session: Session) -> list[Row[Any]]:
    """Give every contract with what can be typed for it, and whether it runs."""
    query = (
        select(
            Loan.id,
            Loan.folded_number,
            Borrower.name,
            Borrower.folded_name,
            Borrower.code,
            Borrower.tax_code,
            Borrower.phone,
            CachedPosition.status,
        )
        .join(Borrower, Borrower.id == Loan.borrower_id)
        .outerjoin(CachedPosition, CachedPosition.loan_id == Loan.id)
    )
    return list(session.execute(query))


def _matches(words: Needle, row: Row[Any]) -> bool:
    codes = (row.code, row.tax_code, row.phone)
    return words.finds(haystack(row.folded_name, row.folded_number, codes))


def _rank(words: Needle, row: Row[Any]) -> tuple[Any, ...]:
    """Give what orders the results; the smallest is the best."""
    is_number = row.folded_number.replace(" ", "").startswith(words.code)
    is_name = f" {' '.join(words.words)} " in f" {shorten(row.folded_name)} "
    is_over = row.status in OVER
    return not is_number, is_over, not is_name, name_key(row.name), row.folded_number
