"""What a row of a collection sheet says about the bank transfer that it shares with others."""

from __future__ import annotations

from collections.abc import Sequence

from loanfund.domain.collection_sheet import SheetLine
from loanfund.queries.collection_sheet import Entered
from loanfund.queries.receipt import Earlier
from loanfund.wording import text

PAPERS = "vi"  # what is kept with a receipt is printed on it


def shared_with(
    first: Entered | None, others: Sequence[Earlier], lines: Sequence[SheetLine]
) -> str:
    """Say with what a row shares its transfer: with receipts, else with a row above."""
    if others:
        return " ".join(
            text(
                "repayment_page.shared_transfer",
                PAPERS,
                number=one.number,
                contract=one.contract_number,
            )
            for one in others
        )
    above = next(one for one in lines if first and one.place == first.place)
    return text("collection_sheet.shared_transfer", PAPERS, contract=above.contract_number)
