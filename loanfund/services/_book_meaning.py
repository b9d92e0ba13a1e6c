"""Look at what new rows of a workbook came to, before they are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.book import Book
from loanfund.domain.book_meaning import Meaning
from loanfund.domain.book_problem import BookProblem
from loanfund.domain.book_sums import sums_by_source
from loanfund.domain.calendar import add_months
from loanfund.domain.plausible import Life, implausible_rows
from loanfund.models.capital import CapitalSource
from loanfund.models.loan import Loan
from loanfund.store.ledger import shortfalls
from loanfund.store.loan import read_terms


def meaning_of(
    session: Session,
    fresh: Book,
    sources: Mapping[str, CapitalSource],
    large: Sequence[BookProblem],
) -> Meaning:
    """Look at rows that are written already, inside the unit of work that wrote them."""
    query = select(Loan.contract_number, CapitalSource.code).join(
        CapitalSource, CapitalSource.id == Loan.source_id
    )
    source_of = {row.contract_number: row.code for row in session.execute(query)}
    lacking = {code: shortfalls(session, row.id) for code, row in sources.items()}
    return Meaning(
        sums=sums_by_source(fresh, source_of),
        shortfalls={code: found for code, found in lacking.items() if found},
        implausible=(*odd_rows(session, fresh), *large),
    )


def odd_rows(session: Session, fresh: Book) -> list[BookProblem]:
    """Give the cells of new rows that hardly anybody means."""
    return list(implausible_rows(fresh, _lives(session, fresh)))


def _lives(session: Session, fresh: Book) -> dict[str, Life]:
    """Give the lives of the contracts that rows refer to and that were there before."""
    asked = {one.contract for one in fresh.disbursements}
    asked |= {one.contract for one in fresh.receipts}
    asked -= {contract.number for contract in fresh.contracts}
    rows = session.scalars(select(Loan)) if asked else ()
    return {row.contract_number: _life(row) for row in rows if row.contract_number in asked}


def _life(row: Loan) -> Life:
    terms = read_terms(row)
    agreed = [one.due_date for one in terms.principal_plan]
    ends_on = max([add_months(row.signed_on, terms.term_months), *agreed])
    return Life(row.signed_on, ends_on)
