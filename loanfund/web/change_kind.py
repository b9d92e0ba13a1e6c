"""What may be proposed about a loan: each kind's form, its request, and which loans it fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from loanfund.domain.account import LoanStatus, Position
from loanfund.domain.permission import Action, Grant
from loanfund.queries.loan_page import LoanName
from loanfund.services.disbursement import Disburse
from loanfund.services.repayment import Refund, Repay
from loanfund.services.restructuring import (
    Amend,
    ChangeRate,
    Freeze,
    Reschedule,
    Restructuring,
    WaiveInterest,
    WriteOff,
)
from loanfund.services.reversal import Reverse
from loanfund.web.amend_form import AmendForm
from loanfund.web.change_form import (
    ChangeForm,
    FreezeForm,
    MoneyForm,
    ProposalForm,
    RateForm,
    RefundForm,
    RescheduleForm,
    ReversalForm,
    SplitForm,
    WaiverForm,
)
from loanfund.web.login import can


@dataclass(frozen=True, slots=True)
class ChangeKind:
    """One thing that may be proposed; `fits` says of which loans."""

    name: str
    action: Action
    form: type[ProposalForm]
    request: Callable[..., Restructuring]
    fits: Callable[[Position], bool]

    def asked(
        self, name: LoanName, form: ProposalForm, version: int | None, **target: int
    ) -> Restructuring:
        """Give the request that preview and proposal share."""
        facts = form.facts(name) | target
        return self.request(contract_number=name.contract_number, version=version, **facts)


def _is_active(place: Position) -> bool:
    return place.status is LoanStatus.ACTIVE


def _takes_money(place: Position) -> bool:
    return place.status in {LoanStatus.APPROVED, LoanStatus.ACTIVE}


def _always(_place: Position) -> bool:
    return True


def _holds_credit(place: Position) -> bool:
    return bool(place.credit)


KINDS = (
    ChangeKind("disbursement", Action.DISBURSE, MoneyForm, Disburse, _takes_money),
    ChangeKind("given_split", Action.RECORD_GIVEN_SPLIT, SplitForm, Repay, _is_active),
    ChangeKind("credit_refund", Action.REFUND_CREDIT, RefundForm, Refund, _holds_credit),
    ChangeKind("reschedule", Action.RESCHEDULE, RescheduleForm, Reschedule, _is_active),
    ChangeKind("interest_waiver", Action.WAIVE, WaiverForm, WaiveInterest, _is_active),
    ChangeKind("freeze", Action.FREEZE, FreezeForm, Freeze, _is_active),
    ChangeKind("rate_change", Action.CHANGE_RATE, RateForm, ChangeRate, _is_active),
    ChangeKind("amend", Action.AMEND, AmendForm, Amend, _always),
    ChangeKind("write_off", Action.WRITE_OFF, ChangeForm, WriteOff, _is_active),
)


# Not offered beside the others: one begins with the event that is to be taken back.
REVERSAL = ChangeKind(
    "reversal", Action.REVERSE_IN_CLOSED_MONTH, ReversalForm, Reverse, _always
)


def offered(name: LoanName, place: Position) -> Iterator[ChangeKind]:
    """Give what may be proposed about a loan as it stands, by who is signed in."""
    for kind in KINDS:
        if name.state == "approved" and kind.fits(place) and can(kind.action, Grant.PROPOSES):
            yield kind
