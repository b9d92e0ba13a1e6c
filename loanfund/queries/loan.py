"""One loan on any day, as known at any instant, with every line that explains it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.errors import NotFoundError
from loanfund.domain.folded import FoldedLoan, fold_loan
from loanfund.domain.portfolio import final_groups
from loanfund.domain.setting import SettingBook
from loanfund.models.borrower import Borrower
from loanfund.models.capital import CapitalSource
from loanfund.models.loan import Loan
from loanfund.queries._standing import Moment, standings
from loanfund.queries.portfolio import loan_figures
from loanfund.store.loan import LoadedLoan, load_loans
from loanfund.store.setting import load_settings


@dataclass(frozen=True, slots=True)
class LoanView:
    """A loan with its fold, and the names of those whom it concerns."""

    loan: LoadedLoan
    settings: SettingBook
    folded: FoldedLoan
    borrower: str
    borrower_code: str
    source: str
    source_name: str
    final_group: int | None


def loan_at(session: Session, contract_number: str, moment: Moment) -> LoanView:
    """Give a loan at the end of a day; NotFoundError when it was not known by then."""
    settings = load_settings(session, moment.known_at)
    found = load_loans(
        session, settings, Loan.contract_number == contract_number, known_at=moment.known_at
    )
    if not found:
        raise NotFoundError("loan", contract=contract_number)
    loan = found[0]
    query = select(Borrower.name, Borrower.code).where(Borrower.id == loan.borrower_id)
    borrower = session.execute(query).one()
    source = session.get_one(CapitalSource, loan.source_id)
    return LoanView(
        loan=loan,
        settings=settings,
        folded=fold_loan(loan.history(), moment.as_of, loan.rule_sets),
        borrower=borrower.name,
        borrower_code=borrower.code,
        source=source.code,
        source_name=source.name,
        final_group=_final_group(session, settings, moment, loan),
    )


def contract_numbers(session: Session) -> list[str]:
    """Give every contract number, in order."""
    return list(session.scalars(select(Loan.contract_number).order_by(Loan.contract_number)))


def _final_group(
    session: Session, settings: SettingBook, moment: Moment, loan: LoadedLoan
) -> int | None:
    """Give the group with contagion: over all loans of the borrower (rules §9)."""
    all_of = standings(
        session,
        settings,
        moment,
        Loan.borrower_id == loan.borrower_id,
        Loan.state != "draft",
    )
    groups = final_groups([loan_figures(one) for one in all_of if one.snapshot is not None])
    return groups.get(loan.contract_number)
