"""Who may: every service asks the one table, and two people are two people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import Clock, FixedClock
from loanfund.db import make_sessions
from loanfund.domain.book import Book, Place, ReceiptRecord, Sheet
from loanfund.domain.borrower import BorrowerFacts
from loanfund.domain.errors import NotFoundError, PermissionDeniedError
from loanfund.domain.event import RescheduleKind
from loanfund.domain.money import Money, Rate
from loanfund.domain.permission import Action, Actor, Grant, Role, grant
from loanfund.domain.terms import Component, PlannedInstalment
from loanfund.models.borrower import Borrower
from loanfund.seal import ACTIVATION_CODE, KeyedHash
from loanfund.services._book_import import ImportBook
from loanfund.services._capital import MoveCapital, SourceFacts, UndoCapital
from loanfund.services._contract import Decide
from loanfund.services._setting import SetSetting
from loanfund.services.book import import_book
from loanfund.services.borrower import change_borrower, register_borrower
from loanfund.services.capital import create_source, move_capital, reverse_movement
from loanfund.services.contract import (
    approve_contract,
    cancel_contract,
    change_contract,
    draft_contract,
)
from loanfund.services.disbursement import Disburse, disburse
from loanfund.services.period import close_month
from loanfund.services.repayment import Recover, Refund, Repay, recover, refund_credit, repay
from loanfund.services.restructuring import (
    Amend,
    ChangeRate,
    Freeze,
    Reschedule,
    Restructuring,
    WaiveInterest,
    WriteOff,
    restructure,
)
from loanfund.services.reversal import Correct, Reverse, reverse
from loanfund.services.setting import set_setting
from loanfund.services.statement import IssueStatement, issue_statement
from loanfund.services.user import (
    AddUser,
    InviteBorrower,
    add_user,
    command_line,
    invite_borrower,
    mail_invitation,
    mail_link,
)
from tests.builders import Fund, a_contract, a_loan, disbursed, repaid
from tests.prepared import prepared
from tests.services.conftest import a_lender
from tests.services.derived import contents
from tests.services.drafts import a_draft, facts
from tests.services.months import closed

LOAN, LOST, OPEN, DRAFT = "01/2020", "02/2020", "03/2020", "04/2020"
FEBRUARY, TODAY = date(2020, 2, 10), date(2020, 6, 1)

# What belongs to another cooperative is not there at all.
REFUSED = (PermissionDeniedError, NotFoundError)

Act = Callable[[Fund, Actor, Actor | None], object]


@dataclass(frozen=True)
class Service:
    """A service as somebody calls it, and the action of the table that it needs."""

    action: Action
    act: Act


@prepared
def a_full_fund(session: Session, clock: Clock) -> Fund:
    """Loans on which every action is possible, and January closed."""
    fund = a_lender(session, clock)
    a_loan(fund, annual_rate="7.3")
    repaid(fund, LOAN, date(2020, 1, 20), 1_000)  # 2
    repaid(fund, LOAN, FEBRUARY, 700_000)  # 3, of which 80.000 are credit until 10/03
    repaid(fund, LOAN, TODAY, 50_000_000)  # 4
    a_loan(fund, LOST)
    lost = WriteOff(contract_number=LOST, value_date=FEBRUARY)
    restructure(session, lost, fund.officer, clock, fund.manager)
    a_contract(fund, OPEN)
    disbursed(fund, OPEN, FEBRUARY, 50_000_000)
    a_draft(fund, contract_number=DRAFT)
    closed(fund, date(2020, 1, 31))
    return fund


def payment(**more: object) -> Repay:
    known = Repay(contract_number=LOAN, value_date=TODAY, amount=Money(10))
    return replace(known, **more)  # type: ignore[arg-type]


RECOVERED = Recover(contract_number=LOST, value_date=TODAY, amount=Money(5))
REFUNDED = Refund(contract_number=LOAN, value_date=TODAY, amount=Money(5))


def restructuring(request: Restructuring) -> Act:
    return lambda fund, actor, approver: restructure(
        fund.session, request, actor, fund.clock, approver
    )


def reversing(request: Reverse | Correct) -> Act:
    return lambda fund, actor, approver: reverse(
        fund.session, request, actor, fund.clock, approver
    )


def alone(act: Callable[[Fund, Actor], object]) -> Act:
    """A service that nobody else approves."""
    return lambda fund, actor, _approver: act(fund, actor)


def _move(fund: Fund, actor: Actor, approver: Actor | None) -> object:
    request = MoveCapital(
        source_code="QUY", value_date=TODAY, amount=Money(5), contributor="UBND"
    )
    return move_capital(fund.session, request, actor, fund.clock, approver)


def _reverse_movement(fund: Fund, actor: Actor, approver: Actor | None) -> object:
    given = _move(fund, fund.accountant, fund.manager)
    number: int = given.id  # type: ignore[attr-defined]
    return reverse_movement(
        fund.session, UndoCapital(movement_id=number), actor, fund.clock, approver
    )


def _import(fund: Fund, actor: Actor, approver: Actor | None) -> object:
    receipt = ReceiptRecord(
        place=Place(Sheet.RECEIPT, 2),
        number="T1",
        contract=LOAN,
        value_date=TODAY,
        amount=Money(5_000),
    )
    request = ImportBook(book=Book(receipts=(receipt,)))
    return import_book(fund.session, request, actor, fund.clock, approver)


def _source(fund: Fund, actor: Actor, approver: Actor | None) -> object:
    known = SourceFacts(code="MOI", name="Nguồn mới", bears_risk=True)
    return create_source(fund.session, known, actor, fund.clock, approver)


def _setting(fund: Fund, actor: Actor, approver: Actor | None) -> object:
    request = SetSetting(key="fund_name", value="Quỹ", valid_from=TODAY)
    return set_setting(fund.session, request, actor, fund.clock, approver)


def _close(fund: Fund, actor: Actor, approver: Actor | None) -> object:
    day = date(2020, 2, 29)
    return close_month(fund.session, day, actor, fund.clock, approver)  # type: ignore[arg-type]


def _invite(fund: Fund, actor: Actor) -> object:
    codes = KeyedHash(["key"], ACTIVATION_CODE)
    return invite_borrower(
        fund.session, _invitee(fund), actor, codes=codes, now=fund.clock.now()
    )


def _mail_invitation(fund: Fund, actor: Actor) -> None:
    mail_invitation(fund.session, _invitee(fund), actor, now=fund.clock.now())


def _invitee(fund: Fund) -> InviteBorrower:
    borrower = fund.session.scalars(select(Borrower.id)).first()
    assert borrower is not None
    return InviteBorrower(borrower_id=borrower, name="Mới", email="htx@quy.example.vn")


def _mail_link(fund: Fund, actor: Actor) -> None:
    mail_link(fund.session, fund.officer.email, actor, now=fund.clock.now())


def _user(fund: Fund, actor: Actor) -> object:
    request = AddUser(email="moi@quy.example.vn", name="Mới", role=Role.OFFICER)
    return add_user(fund.session, request, actor, now=fund.clock.now())


BORROWER = BorrowerFacts(code="htx-moi", name="HTX Mới", kind="cooperative")
SPLIT = {Component.PRINCIPAL: Money(10)}
PLAN = (PlannedInstalment(date(2021, 6, 10), Money(50_000_000)),)

SERVICES: dict[str, Service] = {
    "register_borrower": Service(
        Action.KEEP_BORROWER,
        alone(lambda fund, actor: register_borrower(fund.session, BORROWER, actor, fund.clock)),
    ),
    "change_borrower": Service(
        Action.KEEP_BORROWER,
        alone(
            lambda fund, actor: change_borrower(
                fund.session, replace(BORROWER, code="htx-dong-tam"), 1, actor, fund.clock
            )
        ),
    ),
    "draft_contract": Service(
        Action.DRAFT_CONTRACT,
        alone(
            lambda fund, actor: draft_contract(
                fund.session, facts(contract_number="05/2020"), actor, fund.clock
            )
        ),
    ),
    "change_contract": Service(
        Action.DRAFT_CONTRACT,
        alone(
            lambda fund, actor: change_contract(
                fund.session, facts(contract_number=DRAFT), 1, actor, fund.clock
            )
        ),
    ),
    "cancel_contract": Service(
        Action.DRAFT_CONTRACT,
        alone(
            lambda fund, actor: cancel_contract(
                fund.session, Decide(contract_number=DRAFT), actor, fund.clock
            )
        ),
    ),
    "disburse": Service(
        Action.DISBURSE,
        lambda fund, actor, approver: disburse(
            fund.session,
            Disburse(contract_number=OPEN, value_date=TODAY, amount=Money(5)),
            actor,
            fund.clock,
            approver,
        ),
    ),
    "repay": Service(
        Action.RECORD_REPAYMENT,
        alone(lambda fund, actor: repay(fund.session, payment(), actor, fund.clock)),
    ),
    "repay_as_split": Service(
        Action.RECORD_GIVEN_SPLIT,
        lambda fund, actor, approver: repay(
            fund.session, payment(split=SPLIT), actor, fund.clock, approver
        ),
    ),
    "recover": Service(
        Action.RECORD_RECOVERY,
        alone(lambda fund, actor: recover(fund.session, RECOVERED, actor, fund.clock)),
    ),
    "refund_credit": Service(
        Action.REFUND_CREDIT,
        lambda fund, actor, approver: refund_credit(
            fund.session, REFUNDED, actor, fund.clock, approver
        ),
    ),
    "reverse": Service(
        Action.REVERSE, reversing(Reverse(contract_number=LOAN, sequence=3, reason="Sai"))
    ),
    "correct": Service(
        Action.REVERSE, reversing(Correct(sequence=4, repayment=payment(), reason="Sai"))
    ),
    "reverse_in_closed_month": Service(
        Action.REVERSE_IN_CLOSED_MONTH,
        reversing(Reverse(contract_number=LOAN, sequence=2, reason="Sai")),
    ),
    "reschedule": Service(
        Action.RESCHEDULE,
        restructuring(
            Reschedule(
                contract_number=OPEN, value_date=TODAY, kind=RescheduleKind.EXTEND, plan=PLAN
            )
        ),
    ),
    "change_rate": Service(
        Action.CHANGE_RATE,
        restructuring(
            ChangeRate(contract_number=LOAN, value_date=TODAY, annual_rate=Rate.percent("5"))
        ),
    ),
    "freeze": Service(
        Action.FREEZE,
        restructuring(Freeze(contract_number=LOAN, value_date=TODAY, until=date(2020, 7, 1))),
    ),
    "waive": Service(
        Action.WAIVE,
        restructuring(WaiveInterest(contract_number=OPEN, value_date=TODAY, amount=Money(5))),
    ),
    "write_off": Service(
        Action.WRITE_OFF, restructuring(WriteOff(contract_number=OPEN, value_date=TODAY))
    ),
    "amend": Service(
        Action.AMEND,
        restructuring(Amend(contract_number=LOAN, terms={"late_interest_rate": "1"})),
    ),
    "create_source": Service(Action.CHANGE_SETTINGS, _source),
    "set_setting": Service(Action.CHANGE_SETTINGS, _setting),
    "move_capital": Service(Action.MOVE_CAPITAL, _move),
    "reverse_movement": Service(Action.MOVE_CAPITAL, _reverse_movement),
    "import_book": Service(Action.IMPORT_BOOK, _import),
    "close_month": Service(Action.CLOSE_MONTH, _close),
    "issue_statement": Service(
        Action.ISSUE_PAPERS,
        alone(
            lambda fund, actor: issue_statement(
                fund.session,
                IssueStatement(contract_number=LOAN),
                actor,
                fund.clock,
                lambda _statement, _issue: b"%PDF",
            )
        ),
    ),
    "add_user": Service(Action.MANAGE_USERS, alone(_user)),
    "invite_borrower": Service(Action.INVITE_BORROWER, alone(_invite)),
    "mail_invitation": Service(Action.INVITE_BORROWER, alone(_mail_invitation)),
    "mail_link": Service(Action.MANAGE_USERS, alone(_mail_link)),
}


def people(fund: Fund) -> dict[Role, Actor]:
    """One person of every role there is."""
    return {
        Role.OFFICER: fund.officer,
        Role.ACCOUNTANT: fund.accountant,
        Role.MANAGER: fund.manager,
        Role.ADMIN: fund.admin,
        Role.AUDITOR: fund.auditor,
        Role.COOPERATIVE: replace(fund.auditor, role=Role.COOPERATIVE, borrower_id=-1),
        Role.CLI: command_line(fund.session, now=fund.clock.now()),
    }


@contextmanager
def taken_back(fund: Fund) -> Iterator[Fund]:
    """The fund with a session of its own, whose changes nobody sees afterwards."""
    connection = fund.session.connection()
    savepoint = connection.begin_nested()
    with make_sessions(connection, join_transaction_mode="create_savepoint")() as session:
        yield replace(fund, session=session)
    savepoint.rollback()


def is_allowed(fund: Fund, act: Act, actor: Actor, approver: Actor | None = None) -> bool:
    with taken_back(fund) as own:
        try:
            act(own, actor, approver)
        except REFUSED:
            return False
        return True


@pytest.fixture
def full(session: Session, clock: FixedClock) -> Fund:
    return a_full_fund(session, clock)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_done_alone_by_whom_the_table_lets(full: Fund, name: str) -> None:
    service = SERVICES[name]

    allowed = {
        role for role, actor in people(full).items() if is_allowed(full, service.act, actor)
    }

    assert allowed == {role for role in Role if grant(role, service.action) is Grant.DOES}


PROPOSED = [
    name
    for name, service in SERVICES.items()
    if Grant.PROPOSES in {grant(role, service.action) for role in Role}
]


@pytest.mark.parametrize("name", PROPOSED)
def test_what_two_people_do_is_proposed_by_one_and_approved_by_another(
    full: Fund, name: str
) -> None:
    service, all_people = SERVICES[name], people(full)
    proposer = next(
        actor
        for role, actor in all_people.items()
        if grant(role, service.action) is Grant.PROPOSES
    )

    proposers = {
        role
        for role, actor in all_people.items()
        if is_allowed(full, service.act, actor, full.manager)
    }
    approvers = {
        role
        for role, actor in all_people.items()
        if is_allowed(full, service.act, proposer, actor)
    }
    promoted = replace(proposer, role=Role.MANAGER)

    enough = {Grant.PROPOSES, Grant.DOES}
    assert proposers == {role for role in Role if grant(role, service.action) in enough}
    assert approvers == {role for role in Role if grant(role, service.action) is Grant.APPROVES}
    assert not is_allowed(full, service.act, proposer, promoted), "the same person, promoted"


def test_contracts_are_approved_by_whom_the_table_lets(full: Fund) -> None:
    def approve(fund: Fund, actor: Actor, _approver: Actor | None) -> object:
        return approve_contract(fund.session, Decide(contract_number=DRAFT), actor, fund.clock)

    allowed = {role for role, actor in people(full).items() if is_allowed(full, approve, actor)}

    assert allowed == {Role.MANAGER}


def test_every_action_that_a_service_needs_is_tried() -> None:
    tried = {service.action for service in SERVICES.values()}
    # Approving stands above; seeing, reading, jobs and verifying are asked for at the edges.
    elsewhere = {
        Action.APPROVE_CONTRACT,
        Action.CONFIRM_USER,  # tests/services/test_two_people.py
        Action.GIVE_LINK,  # in a proposal only, as the next: tests/web/test_user.py
        Action.GIVE_ROLE,
        Action.TURN_OFF_FACTOR,  # tests/services/test_second_factor.py
        Action.SEE_LOANS,
        Action.SEE_REPORTS,
        Action.RECORD_COLLECTION_SHEET,
        Action.RUN_JOBS,
        Action.HOLD_REMINDERS,
        Action.PAUSE_REMINDERS,  # tests/web/test_reminder_pause.py
        Action.APPROVE_NOTICE,  # tests/services/test_signing.py, as the next
        Action.SIGN_NOTICE,
        Action.READ_AUDIT,
        Action.VERIFY,
    }

    assert tried | elsewhere == set(Action)


def test_a_refusal_for_want_of_permission_writes_nothing(full: Fund) -> None:
    stranger = people(full)[Role.COOPERATIVE]
    stands = contents(full.session)

    for name, service in SERVICES.items():
        if name != "reverse_movement":  # which moves capital first, to have some to reverse
            with pytest.raises(REFUSED):
                service.act(full, stranger, None)

    assert contents(full.session) == stands
