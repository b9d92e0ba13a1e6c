"""Contracts before anybody approved them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from loanfund.models.loan import Loan
from loanfund.services._contract import ContractFacts
from loanfund.services.contract import draft_contract
from tests.builders import A_YEAR_AT_SIX_PERCENT, Fund


def facts(**changes: Any) -> ContractFacts:
    """The contract of `a_contract`, with some of it said otherwise."""
    terms = {"amount": 100_000_000, **A_YEAR_AT_SIX_PERCENT, **changes.pop("terms", {})}
    known = ContractFacts(
        contract_number="01/2020",
        borrower_code="htx-dong-tam",
        source_code="QUY",
        signed_on=date(2020, 1, 10),
        terms=terms,
    )
    return replace(known, **changes)


def a_draft(fund: Fund, **changes: Any) -> Loan:
    return draft_contract(fund.session, facts(**changes), fund.officer, fund.clock)
