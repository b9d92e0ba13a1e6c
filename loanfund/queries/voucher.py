"""Vouchers of one loan: what each says now, and its prints as they were kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from loanfund.domain.voucher import AnyVoucher
from loanfund.models.loan import Loan
from loanfund.queries.loan_page import LoanName, names_of
from loanfund.store.loan import load_loans
from loanfund.store.setting import load_settings
from loanfund.store.voucher import prints, voucher


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """One print of a voucher; the first one is no copy."""

    number: str
    copy: int
    issued_at: datetime
    issued_by: str


def printed(session: Session, loan_id: int, sequence: int) -> tuple[Print, ...]:
    """Give the prints of an event's voucher, the first one first."""
    found = prints(session, loan_id, sequence)
    names = names_of(session, [one.issued_by for one in found])
    return tuple(
        Print(
            number=one.number,
            copy=copy,
            issued_at=one.issued_at,
            issued_by=names[one.issued_by],
        )
        for copy, one in enumerate(found)
    )


def voucher_of(session: Session, name: LoanName, sequence: int, day: date) -> AnyVoucher:
    """Give what a voucher printed on a day says; NotFoundError where an event has none."""
    settings = load_settings(session)
    loan = load_loans(session, settings, Loan.id == name.id)[0]
    return voucher(session, loan, sequence, settings, day)
