"""A bank transfer that pays several loans of a borrower: who may share it, and how it reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from loanfund.domain.code import may_share_transfer
from loanfund.domain.collection_sheet import SheetLine
from loanfund.domain.errors import ConflictError
from loanfund.queries.collection_sheet import Entered
from loanfund.queries.loan_page import LoanName
from loanfund.queries.receipt import Earlier, same_reference
from loanfund.web import database
from loanfund.wording import text

PAPERS = "vi"  # what is kept with a receipt is printed on it


class _Here(NamedTuple):
    """The loan that is paid here, and whose it is."""

    loan_id: int
    borrower_id: int


def sharing(
    name: LoanName, reference: str | None, key: str | None, replaces: int | None = None
) -> list[Earlier]:
    """Give the receipts that a payment of a loan shares its transfer with.

    Raise ConflictError where one of another borrower, or of the loan itself, has it already.
    """
    here = _Here(name.id, name.borrower_id)
    same = same_reference(database.session(), reference or "", key or "", replaces)
    for one in same:
        if not may_share_transfer(one, here):
            facts = {"number": one.number, "contract": one.contract_number}
            raise ConflictError("same_reference", **facts)
    return same


def named(others: Iterable[Earlier]) -> list[str]:
    """Say, for each of these receipts, that the transfer is the same."""
    return [
        text(
            "repayment_page.shared_transfer",
            PAPERS,
            number=one.number,
            contract=one.contract_number,
        )
        for one in others
    ]


def shared_with(
    first: Entered | None, others: Sequence[Earlier], lines: Sequence[SheetLine]
) -> str:
    """Say with what a row shares its transfer: with receipts, else with a row above."""
    if others:
        return " ".join(named(others))
    above = next(one for one in lines if first and one.place == first.place)
    return text("collection_sheet.shared_transfer", PAPERS, contract=above.contract_number)
