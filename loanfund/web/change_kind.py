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


@dataclass(frozen=True, slots=True, kw_only=True)
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


def _holds_credit(place: Position) -> bool:
    return bool(place.credit)


KINDS = (
    ChangeKind(
        name="disbursement",
        action=Action.DISBURSE,
        form=MoneyForm,
        request=Disburse,
        fits=_takes_money,
    ),
    ChangeKind(
        name="given_split",
        action=Action.RECORD_GIVEN_SPLIT,
        form=SplitForm,
        request=Repay,
        fits=_is_active,
    ),
    ChangeKind(
        name="credit_refund",
        action=Action.REFUND_CREDIT,
        form=RefundForm,
        request=Refund,
        fits=_holds_credit,
    ),
    ChangeKind(
        name="reschedule",
        action=Action.RESCHEDULE,
        form=RescheduleForm,
        request=Reschedule,
        fits=_is_active,
    ),
    ChangeKind(
        name="interest_waiver",
        action=Action.WAIVE,
        form=WaiverForm,
        request=WaiveInterest,
        fits=_is_active,
    ),
    ChangeKind(
        name="freeze",
        action=Action.FREEZE,
        form=FreezeForm,
        request=Freeze,
        fits=_is_active,
    ),
    ChangeKind(
        name="rate_change",
        action=Action.CHANGE_RATE,
        form=RateForm,
        request=ChangeRate,
        fits=_is_active,
    ),
    ChangeKind(
        name="amend",
        action=Action.AMEND,
        form=AmendForm,
        request=Amend,
        fits=lambda _: True,
    ),
    ChangeKind(
        name="write_off",
        action=Action.WRITE_OFF,
        form=ChangeForm,
        request=WriteOff,
        fits=_is_active,
    ),
)


# Not offered beside the others: one begins with the event that is to be taken back.
REVERSAL = ChangeKind(
    name="reversal",
    action=Action.REVERSE_IN_CLOSED_MONTH,
    form=ReversalForm,
    request=Reverse,
    fits=lambda _: True,
)


def offered(name: LoanName, place: Position) -> Iterator[ChangeKind]:
    """Give what may be proposed about a loan as it stands, by who is signed in."""
    for kind in KINDS:
        if name.state == "approved" and kind.fits(place) and can(kind.action, Grant.PROPOSES):
            yield kind
