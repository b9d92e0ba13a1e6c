"""Write contracts; shared by their own service and the import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from loanfund.domain.money import NOTHING, Money
from loanfund.domain.terms import Terms
from loanfund.models.borrower import Borrower
from loanfund.models.loan import Loan
from loanfund.store.loan import write_terms
from loanfund.wording import fold


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractFacts:
    """A contract as typed; `terms` are fields of rules §11, settings give those left out."""

    contract_number: str
    borrower_code: str
    source_code: str
    signed_on: date
    terms: Mapping[str, Any]
    purpose: str | None = None
    jobs: int | None = None
    deductible_collateral: Money = NOTHING


def new_loan(
    facts: ContractFacts, terms: Terms, borrower: Borrower, source_id: int, state: str
) -> Loan:
    """Give the row of a new contract; area and sector are the borrower's at signing."""
    loan = Loan(
        contract_number=facts.contract_number,
        folded_number=fold(facts.contract_number),
        borrower_id=borrower.id,
        source_id=source_id,
        signed_on=facts.signed_on,
        state=state,
        purpose=facts.purpose,
        area=borrower.area,
        sector=borrower.sector,
        jobs=facts.jobs,
        deductible_collateral=facts.deductible_collateral,
        version=1,
    )
    write_terms(loan, terms)
    return loan


def sign(loan: Loan, at: datetime, maker: int) -> None:
    """Say who recorded a contract, and when."""
    loan.recorded_at = at
    loan.recorded_by = maker
