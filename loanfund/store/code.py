"""Codes on file, found however somebody spells them."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from loanfund.domain.code import fold_code
from loanfund.models.borrower import Borrower
from loanfund.models.capital import CapitalSource
from loanfund.models.loan import Loan

FOLD_OF = {
    CapitalSource.code: CapitalSource.code_fold,
    Borrower.code: Borrower.code_fold,
    Loan.contract_number: Loan.code_fold,
}
FURTHER = " "  # so begins the fold of a further spelling in books from before folds


def kept_code(session: Session, column: InstrumentedAttribute[str], typed: str) -> str:
    """Give a code as it is on file: just as typed, else the only one that folds alike.

    What no code is like, or two old ones, comes back as typed, and is found by nobody.
    """
    folded, wanted = FOLD_OF[column], fold_code(typed)
    may_be = or_(column == typed, folded == wanted, folded.startswith(FURTHER))
    codes = session.scalars(select(column).where(may_be))
    alike = [code for code in codes if fold_code(code) == wanted]
    return alike[0] if len(alike) == 1 else typed
