"""What of a loan can be taken back: one of its events, and whether it stands."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from loanfund.domain.errors import NotFoundError
from loanfund.domain.event import Reversal
from loanfund.domain.voucher import MONEY_IN
from loanfund.models.loan import Loan
from loanfund.queries.loan_page import LoanName
from loanfund.store.loan import RecordedEvent, load_loans
from loanfund.store.setting import load_settings
from loanfund.store.voucher import reversal_of
from loanfund.wording import event_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversible:
    """An event of a loan; `stands` until a reversal takes it back."""

    recorded: RecordedEvent
    stands: bool

    @property
    def number(self) -> str:
        """The number of its voucher, else what it was and when."""
        return event_name(self.recorded.number, self.recorded.type, self.recorded.value_date)

    @property
    def is_receipt(self) -> bool:
        """Whether it has a page of its own, from which one person reverses it."""
        return self.recorded.type in MONEY_IN


def reversible(session: Session, name: LoanName, sequence: int) -> Reversible:
    """Give an event by its place; NotFoundError for a reversal, which is never taken back."""
    loan = load_loans(session, load_settings(session), Loan.id == name.id)[0]
    found = next((one for one in loan.recorded if one.sequence == sequence), None)
    if found is None or isinstance(found.event, Reversal):
        raise NotFoundError("event")
    return Reversible(recorded=found, stands=reversal_of(loan.recorded, found) is None)
