"""What may be proposed about a loan: each kind's form, its request, and which loans it fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from loanfund.domain.account import LoanStatus, Position
from loanfund.domain.permission import Action, Grant
from loanfund.domain.terms import Terms
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
    DisbursementForm,
    FreezeForm,
    ProposalForm,
    RateForm,
    RefundForm,
    ReversalForm,
    SplitForm,
    WaiverForm,
    WriteOffForm,
)
from loanfund.web.login import can
from loanfund.web.reschedule_form import RescheduleForm


@dataclass(frozen=True, slots=True)
class ChangeKind:
    """One thing that may be proposed; `fits` says of which loans."""

    name: str
    action: Action
    form: type[ProposalForm]
    request: Callable[..., Restructuring]
    fits: Callable[[Position, Terms], bool]

    def asked(
        self, name: LoanName, form: ProposalForm, version: int | None, **target: int
    ) -> Restructuring:
        """Give the request that preview and proposal share."""
        facts = form.facts(name) | target
        return self.request(contract_number=name.contract_number, version=version, **facts)


def _is_active(place: Position, _terms: Terms) -> bool:
    return place.status is LoanStatus.ACTIVE


def _has_money_left(place: Position, terms: Terms) -> bool:
    takes_money = place.status in {LoanStatus.APPROVED, LoanStatus.ACTIVE}
    return takes_money and place.principal_disbursed < terms.amount


def _always(_place: Position, _terms: Terms) -> bool:
    return True


def _holds_credit(place: Position, _terms: Terms) -> bool:
    return bool(place.credit)


KINDS = (
    ChangeKind("disbursement", Action.DISBURSE, DisbursementForm, Disburse, _has_money_left),
    ChangeKind("given_split", Action.RECORD_GIVEN_SPLIT, SplitForm, Repay, _is_active),
    ChangeKind("credit_refund", Action.REFUND_CREDIT, RefundForm, Refund, _holds_credit),
    ChangeKind("reschedule", Action.RESCHEDULE, RescheduleForm, Reschedule, _is_active),
    ChangeKind("interest_waiver", Action.WAIVE, WaiverForm, WaiveInterest, _is_active),
    ChangeKind("freeze", Action.FREEZE, FreezeForm, Freeze, _is_active),
    ChangeKind("rate_change", Action.CHANGE_RATE, RateForm, ChangeRate, _is_active),
    ChangeKind("amend", Action.AMEND, AmendForm, Amend, _always),
    ChangeKind("write_off", Action.WRITE_OFF, WriteOffForm, WriteOff, _is_active),
)


# Not offered beside the others: one begins with the event that is to be taken back.
REVERSAL = ChangeKind(
    "reversal", Action.REVERSE_IN_CLOSED_MONTH, ReversalForm, Reverse, _always
)


def offered(name: LoanName, place: Position, terms: Terms) -> Iterator[ChangeKind]:
    """Give what may be proposed about a loan as it stands, by who is signed in."""
    for kind in KINDS:
        if (
            name.state == "approved"
            and kind.fits(place, terms)
            and can(kind.action, Grant.PROPOSES)
        ):
            yield kind
