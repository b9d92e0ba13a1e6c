"""What one person proposes, another decides: bound to its content, done once, or sent back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import Engine, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.db import make_sessions
from loanfund.domain.contract import ContractState
from loanfund.domain.errors import ConflictError, OverDisbursementError, PermissionDeniedError
from loanfund.domain.money import Money
from loanfund.domain.permission import Action, Role
from loanfund.domain.proposal import TRANSITIONS, ProposalAct, ProposalState, next_state
from loanfund.models.audit import AuditLine
from loanfund.models.capital import CapitalMovement
from loanfund.models.loan import Loan, LoanEvent
from loanfund.models.proposal import Proposal
from loanfund.models.setting import Setting
from loanfund.models.user import User
from loanfund.services import _proposable
from loanfund.services._capital import MoveCapital, UndoCapital
from loanfund.services._setting import SetSetting
from loanfund.services.disbursement import Disburse
from loanfund.services.proposal import Decide, Propose, approve, propose, send_back, withdraw
from loanfund.services.repayment import Repay, repay
from loanfund.services.restructuring import WriteOff
from loanfund.services.reversal import Reverse
from tests.builders import Fund, a_contract, a_loan, repaid
from tests.services.at_once import accepted, at_once, refused
from tests.services.conftest import a_lender
from tests.services.derived import count_of, loan_json, verified
from tests.services.drafts import a_draft
from tests.services.refusal import refusal_of

LOAN = "01/2020"
SIGNED, TODAY = date(2020, 1, 10), date(2020, 6, 1)


def lending(amount: int = 100_000_000, **more: object) -> Propose:
    request = Disburse(contract_number=LOAN, value_date=SIGNED, amount=Money(amount))
    known = Propose(proposed=_proposable.loan_change(request.change()))
    return replace(known, **more)  # type: ignore[arg-type]


def proposed(fund: Fund, request: Propose | None = None) -> int:
    return propose(fund.session, request or lending(), fund.officer, fund.clock)


def row_of(fund: Fund, proposal_id: int) -> Proposal:
    fund.session.expire_all()
    return fund.session.get_one(Proposal, proposal_id)


def decision(fund: Fund, proposal_id: int, reason: str | None = None) -> Decide:
    content = row_of(fund, proposal_id).payload_hash
    return Decide(proposal_id=proposal_id, payload_hash=content, reason=reason)


def test_a_proposal_alone_moves_no_money(fund: Fund) -> None:
    a_contract(fund)

    found = row_of(fund, proposed(fund))

    assert (found.state, found.action, found.subject_id) == ("waiting", "disburse", LOAN)
    assert count_of(fund.session, LoanEvent) == 0


def test_approving_does_it_as_the_maker_with_the_approver_beside(fund: Fund) -> None:
    a_contract(fund)
    waiting = proposed(fund)

    result = approve(fund.session, decision(fund, waiting), fund.manager, fund.clock)

    event = fund.session.scalars(select(LoanEvent)).one()
    assert (event.recorded_by, event.approved_by) == (
        fund.officer.user_id,
        fund.manager.user_id,
    )
    assert (event.value_date, event.amount) == (SIGNED, Money(100_000_000))
    assert result["receipt"] == event.number == "CTG-2020/000001"
    found = row_of(fund, waiting)
    assert (found.state, found.decided_by) == ("approved", fund.manager.user_id)
    assert found.result == result
    lines = fund.session.scalars(select(AuditLine.action).order_by(AuditLine.id))
    assert list(lines)[-3:] == ["propose", "disburse", "approve_proposal"]
    assert verified(fund) == []


def test_no_forms_key_stands_in_the_way_of_an_approval(fund: Fund) -> None:
    """Approving is once because the proposal is; under no key that somebody could use first."""
    a_contract(fund)
    a_loan(fund, "02/2020")
    waiting = proposed(fund)
    for number, key in enumerate((f"proposal-{waiting}", f"proposal-{waiting + 1}"), start=1):
        paid = Repay(
            contract_number="02/2020",
            value_date=date(2020, 2, number),
            amount=Money(10_000),
            key=key,
        )
        repay(fund.session, paid, fund.accountant, fund.clock)

    approve(fund.session, decision(fund, waiting), fund.manager, fund.clock)

    assert row_of(fund, waiting).state == "approved"


def test_nobody_approves_what_they_proposed_not_even_after_a_promotion(fund: Fund) -> None:
    a_contract(fund)
    waiting = proposed(fund)
    officer = fund.session.get_one(User, fund.officer.user_id)
    officer.role = Role.MANAGER.value
    fund.session.commit()
    promoted = replace(fund.officer, role=Role.MANAGER)

    refusal = refusal_of(
        lambda: approve(fund.session, decision(fund, waiting), promoted, fund.clock)
    )

    assert (type(refusal), refusal.reason) == (PermissionDeniedError, "maker_is_checker")


@pytest.mark.parametrize("who", ["officer", "accountant", "admin", "auditor"])
def test_only_who_approves_such_things_decides(fund: Fund, who: str) -> None:
    a_contract(fund)
    waiting = proposed(fund)
    other = replace(getattr(fund, who), user_id=fund.admin.user_id)

    with pytest.raises(PermissionDeniedError):
        approve(fund.session, decision(fund, waiting), other, fund.clock)
    with pytest.raises(PermissionDeniedError):
        send_back(fund.session, decision(fund, waiting, "Chưa đủ"), other, fund.clock)
    assert row_of(fund, waiting).state == "waiting"


@pytest.mark.parametrize("who", ["accountant", "manager", "admin", "auditor"])
def test_only_who_may_propose_does(fund: Fund, who: str) -> None:
    a_contract(fund)

    refusal = refusal_of(
        lambda: propose(fund.session, lending(), getattr(fund, who), fund.clock)
    )

    assert type(refusal) is PermissionDeniedError
    assert count_of(fund.session, Proposal) == 0


def test_what_could_not_happen_is_not_proposed(fund: Fund) -> None:
    a_contract(fund)

    refusal = refusal_of(lambda: proposed(fund, lending(100_000_001)))

    assert type(refusal) is OverDisbursementError


def test_a_loan_that_moved_sends_the_proposal_back(fund: Fund) -> None:
    a_loan(fund)
    lost = WriteOff(contract_number=LOAN, value_date=TODAY)
    waiting = proposed(fund, Propose(proposed=_proposable.loan_change(lost.change())))
    repaid(fund, LOAN, TODAY, 1_000_000)
    stands = loan_json(fund.session, LOAN, TODAY)

    result = approve(fund.session, decision(fund, waiting), fund.manager, fund.clock)

    assert result == {"returned": "moved"}
    found = row_of(fund, waiting)
    assert (found.state, found.reason) == ("returned", "moved")
    assert loan_json(fund.session, LOAN, TODAY) == stands


def test_a_source_without_the_money_sends_the_proposal_back(fund: Fund) -> None:
    a_contract(fund)
    waiting = proposed(fund)
    taken = MoveCapital(
        source_code="QUY", value_date=TODAY, amount=Money(-950_000_000), contributor="UBND"
    )
    money = propose(
        fund.session,
        Propose(proposed=_proposable.capital_movement(taken)),
        fund.accountant,
        fund.clock,
    )
    approve(fund.session, decision(fund, money), fund.manager, fund.clock)

    result = approve(fund.session, decision(fund, waiting), fund.manager, fund.clock)

    assert result == {"returned": "flipped"}
    found = row_of(fund, waiting)
    assert (found.state, found.reason) == ("returned", "flipped")
    assert count_of(fund.session, LoanEvent) == 0


def test_another_content_than_was_shown_is_not_approved(fund: Fund) -> None:
    a_contract(fund)
    waiting = proposed(fund)
    other = replace(decision(fund, waiting), payload_hash="0" * 64)

    refusal = refusal_of(lambda: approve(fund.session, other, fund.manager, fund.clock))

    assert (type(refusal), refusal.reason) == (ConflictError, "proposal_changed")


def test_sent_back_with_a_reason_nothing_is_done(fund: Fund) -> None:
    a_contract(fund)
    waiting = proposed(fund)

    send_back(fund.session, decision(fund, waiting, "Thiếu hồ sơ"), fund.manager, fund.clock)

    found = row_of(fund, waiting)
    assert (found.state, found.reason) == ("returned", "Thiếu hồ sơ")
    refusal = refusal_of(
        lambda: approve(fund.session, decision(fund, waiting), fund.manager, fund.clock)
    )
    assert (type(refusal), refusal.reason) == (ConflictError, "proposal_decided")
    assert count_of(fund.session, LoanEvent) == 0


def test_only_the_maker_withdraws(fund: Fund) -> None:
    a_contract(fund)
    waiting = proposed(fund)

    refusal = refusal_of(
        lambda: withdraw(fund.session, decision(fund, waiting), fund.manager, fund.clock)
    )
    assert (type(refusal), refusal.reason) == (PermissionDeniedError, "not_the_maker")
    withdraw(fund.session, decision(fund, waiting), fund.officer, fund.clock)

    assert row_of(fund, waiting).state == "withdrawn"


@pytest.mark.parametrize("state", ProposalState)
@pytest.mark.parametrize("act", ProposalAct)
def test_only_a_waiting_proposal_is_decided(state: ProposalState, act: ProposalAct) -> None:
    if state is ProposalState.WAITING:
        assert next_state(state, act) is TRANSITIONS[state, act]
    else:
        assert refusal_of(lambda: next_state(state, act)).reason == "proposal_decided"


def test_the_same_key_proposes_once(fund: Fund) -> None:
    a_contract(fund)

    first = proposed(fund, lending(key="k"))

    assert proposed(fund, lending(key="k")) == first
    assert count_of(fund.session, Proposal) == 1


def test_a_submitted_contract_is_approved_as_it_was_submitted(fund: Fund) -> None:
    draft = a_draft(fund)
    submitted = _proposable.contract(LOAN, draft.version, {"annual_rate": "6"})
    waiting = proposed(fund, Propose(proposed=submitted))

    approve(fund.session, decision(fund, waiting), fund.manager, fund.clock)

    row = fund.session.scalars(select(Loan)).one()
    assert (row.state, row.approved_by) == (ContractState.APPROVED, fund.manager.user_id)


def test_settings_come_into_force_together(fund: Fund) -> None:
    values = (
        SetSetting(key="fund_phone", value="0204 3555 000", valid_from=TODAY),
        SetSetting(key="fund_place", value="Bắc Giang", valid_from=TODAY),
    )
    request = Propose(proposed=_proposable.settings(values))
    waiting = propose(fund.session, request, fund.accountant, fund.clock)
    before = count_of(fund.session, Setting)

    approve(fund.session, decision(fund, waiting), fund.manager, fund.clock)

    rows = fund.session.scalars(select(Setting).order_by(Setting.id)).all()[before:]
    assert [(row.key, row.recorded_by, row.approved_by) for row in rows] == [
        ("fund_phone", fund.accountant.user_id, fund.manager.user_id),
        ("fund_place", fund.accountant.user_id, fund.manager.user_id),
    ]


def test_a_movement_of_capital_and_its_reversal_need_two_people(fund: Fund) -> None:
    given = MoveCapital(
        source_code="QUY", value_date=TODAY, amount=Money(3_000_000_000), contributor="UBND"
    )
    proposals = (_proposable.capital_movement(given),)
    for one in proposals:
        waiting = propose(fund.session, Propose(proposed=one), fund.accountant, fund.clock)
        done = approve(fund.session, decision(fund, waiting), fund.manager, fund.clock)
        undo = _proposable.capital_reversal(UndoCapital(movement_id=done["movement"]), "QUY")
        waiting = propose(fund.session, Propose(proposed=undo), fund.accountant, fund.clock)
        approve(fund.session, decision(fund, waiting), fund.manager, fund.clock)

    amounts = fund.session.scalars(select(CapitalMovement.amount).order_by(CapitalMovement.id))
    assert list(amounts)[-2:] == [Money(3_000_000_000), Money(-3_000_000_000)]


def test_a_reversal_in_an_open_month_needs_no_proposal(fund: Fund) -> None:
    a_loan(fund)
    repaid(fund, LOAN, TODAY, 1_000_000)
    undo = Reverse(contract_number=LOAN, sequence=2, reason="Nhầm")
    request = Propose(proposed=_proposable.loan_change(undo.change()))

    refusal = refusal_of(lambda: proposed(fund, request))

    assert type(refusal) is PermissionDeniedError


def test_approved_by_two_at_once_it_happens_once(own_engine: Engine) -> None:
    sessions, clock = make_sessions(own_engine), FixedClock(TODAY)
    with sessions() as session:
        fund = a_lender(session, clock)
        a_contract(fund)
        request = decision(fund, proposed(fund))

    def decide(session: Session) -> object:
        return approve(session, request, fund.manager, clock)

    outcomes = at_once(own_engine, [decide] * 4)

    assert len(accepted(outcomes)) == 1
    assert set(refused(outcomes)) == {("conflict", "proposal_decided")}
    with sessions() as session:
        assert count_of(session, LoanEvent) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"payload_hash": "0" * 64},
        {"payload": {}},
        {"seen": None},
        {"seen": {"day": "2020-06-01"}},
        {"action": Action.WRITE_OFF.value},
        {"proposed_by": 1},
    ],
)
def test_the_database_keeps_what_was_proposed(fund: Fund, change: dict[str, object]) -> None:
    a_contract(fund)
    waiting = proposed(fund)
    session: Session = fund.session

    with pytest.raises(DBAPIError, match="what is proposed or decided stays"):
        session.execute(update(Proposal).where(Proposal.id == waiting).values(**change))


def test_the_database_keeps_a_decision_and_every_proposal(fund: Fund) -> None:
    a_contract(fund)
    waiting = proposed(fund)
    approve(fund.session, decision(fund, waiting), fund.manager, fund.clock)

    for statement in ("UPDATE proposal SET reason = 'x'", "DELETE FROM proposal"):
        with (
            pytest.raises(DBAPIError, match="what is proposed or decided stays"),
            fund.session.begin_nested(),
        ):
            fund.session.execute(text(statement))


def test_the_database_knows_that_the_maker_is_not_the_checker(fund: Fund) -> None:
    a_contract(fund)
    row = row_of(fund, proposed(fund))
    row.state, row.decided_by, row.decided_at = "approved", row.proposed_by, row.proposed_at

    with pytest.raises(DBAPIError, match="maker_is_not_checker"):
        fund.session.flush()
