"""The book in which every form of the program stands open: one of each thing that has a form.

It is the world of the matrix and what that has no need of: contracts in every state, a run that
failed, somebody who was shut out. People are those of the fund, who can sign in here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.domain.money import Money
from loanfund.domain.permission import Actor, Role
from loanfund.domain.terms import Surplus
from loanfund.models.borrower import Borrower
from loanfund.models.loan import Loan
from loanfund.models.message import Message
from loanfund.models.proposal import Proposal
from loanfund.models.user import SecondFactor, User
from loanfund.queries.signing import notices_in_step
from loanfund.seal import SECOND_FACTOR, Seal
from loanfund.services import _proposable
from loanfund.services._contract import ContractFacts
from loanfund.services._notice import Issuer
from loanfund.services._setting import SetSetting
from loanfund.services.collection_draft import SaveDraft, save_draft
from loanfund.services.contract import draft_contract
from loanfund.services.job import Begin, Report, begin_run, finish_run
from loanfund.services.letter import HandOver, hand_over
from loanfund.services.proposal import Decide, Propose, approve, propose
from loanfund.services.reconcile import reconcile_loan
from loanfund.services.reminder import PlanReminders, plan_reminders
from loanfund.services.repayment import Repay, repay
from loanfund.services.restructuring import Freeze, WriteOff, restructure
from loanfund.services.setting import set_setting
from loanfund.services.sign_in import SetPassword, set_password
from loanfund.services.signing import approve_notices
from loanfund.services.user import AddUser, add_user, command_line, disable_user, issue_link
from loanfund.store.message import TO_APPROVE
from tests.builders import A_YEAR_AT_SIX_PERCENT, Fund, a_borrower, a_contract, a_loan, repaid
from tests.jobs.owing import printed
from tests.papers import a_pdf
from tests.people import CHEAP, NOW, PASSWORD, WHY, a_user
from tests.site import SETTINGS
from tests.web.forms import APP
from tests.web.matrix import OBJECTS, Route, Things, a_world

TODAY = date(2020, 6, 1)
GONE = "nghi-viec@quy.example.vn"
NEW = "moi-vao@quy.example.vn"
CAREFUL = "can-than@quy.example.vn"
OWN = "htx@quy.example.vn"


@dataclass(frozen=True)
class BookOfForms:
    """The book as a file that nobody writes to: copy it; what is in it, and who may come."""

    file: Path
    things: Things
    people: Mapping[Role, str]


def a_book_of_forms(session: Session, clock: Clock) -> tuple[Things, Mapping[Role, str]]:
    """Fill a book; give what its forms are about, and with which address each comes."""
    things, own_borrower = a_world(session, clock)
    fund = _fund_of(session, clock)
    _add_contracts(things, fund)
    _add_notices_to_sign(things, fund)
    _add_letter(things, fund)
    _add_draft(things, fund)
    _add_proposals(things, fund)
    _add_runs(things, fund)
    addresses = _let_in(things, fund, own_borrower)
    return things, addresses


def _fund_of(session: Session, clock: Clock) -> Fund:
    """Find the people of the fund again, who made that world."""
    users = session.scalars(select(User).where(User.email.endswith("@so-cu.example.vn")))
    people = {
        one.role: Actor(user_id=one.id, role=Role(one.role), email=one.email, name=one.name)
        for one in users
    }
    return Fund(session=session, clock=clock, **people)


def _add_contracts(things: Things, fund: Fund) -> None:
    """Add a contract in every state in which it has forms of its own."""
    code = a_borrower(fund, "HTX Nhiều Vay")
    a_contract(fund, "DUYET/2020", borrower=code, signed_on=date(2020, 5, 20))
    facts = ContractFacts(
        contract_number="NHAP/2020",
        borrower_code=code,
        source_code="QUY",
        signed_on=date(2020, 5, 25),
        terms={"amount": 50_000_000, **A_YEAR_AT_SIX_PERCENT},
    )
    draft_contract(fund.session, facts, fund.officer, fund.clock)
    for number, day in (("DU/2020", 4), ("MAT/2020", 4), ("NO/2020", 1)):
        a_loan(fund, number, borrower=code, signed_on=date(2020, 5, day))
    a_loan(fund, "QUY-TAC-1/2020", borrower=code, signed_on=TODAY, edition=1, tolerance=0)
    a_loan(
        fund, "CU/2020", borrower=code, signed_on=date(2020, 4, 20)
    )  # a month that is closed
    paid = Repay(
        contract_number="DU/2020",
        value_date=TODAY,
        amount=Money(5_000_000),
        surplus=Surplus.CREDIT,
    )
    repay(fund.session, paid, fund.officer, fund.clock)
    a_loan(fund, "CU-THU/2020", borrower=code, signed_on=date(2020, 4, 20))
    old = repaid(fund, "CU-THU/2020", date(2020, 4, 29), 100_000)
    lost = WriteOff(contract_number="MAT/2020", value_date=TODAY)
    restructure(fund.session, lost, fund.officer, fund.clock, fund.manager)
    names = {
        "approved": "DUYET/2020",
        "draft": "NHAP/2020",
        "in_arrears": "NO/2020",
        "old": "CU/2020",
        "old_paid": "CU-THU/2020",
        "with_credit": "DU/2020",
        "written_off": "MAT/2020",
    }
    for kind, number in names.items():
        found = select(Loan.id).where(Loan.contract_number == number)
        things.kinds[kind] = {"there": {"loan_id": fund.session.scalars(found).one()}}
    of_old = things.kinds["old"]["there"]
    things.kinds["old_event"] = {"there": {**of_old, "sequence": 1}}
    paid_then = things.kinds["old_paid"]["there"]
    things.kinds["old_receipt"] = {"there": {**paid_then, "sequence": old.result["event"]}}
    of_code = select(Borrower.id).where(Borrower.code == code)
    things.kinds["lending"] = {"there": {"borrower_id": fund.session.scalars(of_code).one()}}


def _add_draft(things: Things, fund: Fund) -> None:
    """Let somebody have typed a row of a collection sheet that can be reviewed."""
    loan_id = things.kinds["in_arrears"]["there"]["loan_id"]
    typed = SaveDraft(
        month=TODAY.replace(day=1),
        source="",
        head={"day": "01/06/2020", "method": "bank"},
        rows={loan_id: {"amount": "493.151"}},
    )
    save_draft(fund.session, typed, fund.officer, fund.clock.now())


def _add_notices_to_sign(things: Things, fund: Fund) -> None:
    """Let a notice wait to be approved, and another to be signed."""
    _let_notices_be_signed(fund, value=True)
    borrower_id = things.kinds["lending"]["there"]["borrower_id"]
    for day in (date(2020, 6, 16), date(2020, 7, 16)):  # 15 days after a due of two contracts
        asked = PlanReminders(borrower_id=borrower_id, first=day, day=day, has_mail=False)
        plan_reminders(fund.session, asked, fund.clock)
    printed(fund)
    _let_notices_be_signed(fund, value=False)
    first, *_ = notices_in_step(fund.session, TO_APPROVE)
    issuer = Issuer(fund.manager, fund.clock, lambda *_: a_pdf("notice"))
    approve_notices(fund.session, [first.paper_id], issuer)


def _let_notices_be_signed(fund: Fund, *, value: bool) -> None:
    asked = SetSetting(key="notices_signed", value=value, valid_from=TODAY)
    set_setting(fund.session, asked, fund.accountant, fund.clock, fund.manager)


def _add_letter(things: Things, fund: Fund) -> None:
    """Let a letter wait to be printed, to who has no other address; one was handed over."""
    batch_id = things.kinds["letters"]["there"]["batch_id"]
    of_batch = select(Message.id).where(Message.batch_id == batch_id).order_by(Message.id)
    last = fund.session.scalars(of_batch).all()[-1]
    given = HandOver(batch_id=batch_id, message_ids=[last], day=TODAY)
    hand_over(fund.session, given, fund.officer, fund.clock)
    things.kinds["handed_over"] = {"there": {"message_id": last}}
    borrower_id = things.kinds["lending"]["there"]["borrower_id"]
    asked = PlanReminders(
        borrower_id=borrower_id, first=date(2020, 5, 25), day=date(2020, 6, 8), has_mail=False
    )
    plan_reminders(fund.session, asked, fund.clock)


def _add_proposals(things: Things, fund: Fund) -> None:
    """Add a proposal for each form that decides about one."""
    for kind, days in (("to_accept", 19), ("to_return", 20), ("to_withdraw", 21)):
        until = Freeze(contract_number="DU/2020", value_date=TODAY, until=date(2020, 6, days))
        asked = Propose(proposed=_proposable.loan_change(until.change()))
        number = propose(fund.session, asked, fund.officer, fund.clock)
        things.kinds[kind] = {"there": {"proposal_id": number}}


def _add_proposals_of_others(things: Things, fund: Fund) -> None:
    """Add what somebody proposes who is shut out later, and a link that was approved."""
    row = fund.session.scalars(select(User).where(User.email == GONE)).one()
    gone = Actor(user_id=row.id, email=row.email, name=row.name, role=Role(row.role))
    until = Freeze(contract_number="DU/2020", value_date=TODAY, until=date(2020, 6, 22))
    asked = Propose(proposed=_proposable.loan_change(until.change()))
    number = propose(fund.session, asked, gone, fund.clock)
    things.kinds["orphan"] = {"there": {"proposal_id": number}}
    asked = Propose(proposed=_proposable.link_for(fund.auditor.email))
    number = propose(fund.session, asked, fund.admin, fund.clock)
    shown = fund.session.get_one(Proposal, number).payload_hash
    decided = Decide(proposal_id=number, payload_hash=shown)
    approve(fund.session, decided, fund.manager, fund.clock)
    things.kinds["link_to_hand"] = {"there": {"proposal_id": number}}


def _add_runs(things: Things, fund: Fund) -> None:
    """Add a run that failed, and what the next close wants to see."""
    operator = command_line(fund.session, now=NOW)
    reconcile_loan(fund.session, "DUYET/2020", TODAY, operator, fund.clock)
    failing = Begin(job="classification", slot=date(2020, 5, 31), runner="test")
    begun = begin_run(fund.session, failing, fund.clock)
    assert begun is not None
    finish_run(fund.session, begun, Report(failed=1), fund.clock)
    things.kinds["failed_run"] = {"there": {"run_id": begun.run_id}}
    verified = begin_run(
        fund.session, Begin(job="verify", slot=TODAY, runner="test"), fund.clock
    )
    assert verified is not None
    finish_run(fund.session, verified, Report(done=1), fund.clock)


def _let_in(things: Things, fund: Fund, own_borrower: int) -> dict[Role, str]:
    """Give everybody the password, and add who is shut out and who never came yet."""
    operator, now = command_line(fund.session, now=NOW), fund.clock.now()
    people: dict[Role, str] = {
        one.role: one.email
        for one in (fund.officer, fund.accountant, fund.manager, fund.admin, fund.auditor)
    }
    for email in people.values():
        link = issue_link(fund.session, email, operator, now=NOW)
        chosen = SetPassword(link=link, password=PASSWORD)
        set_password(fund.session, chosen, now=NOW, hasher=CHEAP)
    a_user(fund.session, Role.COOPERATIVE, email=OWN, borrower_id=own_borrower)
    ids = {}
    for email in (GONE, NEW):
        asked = AddUser(email=email, name="Trần Văn Mới", role=Role.OFFICER)
        ids[email] = add_user(fund.session, asked, operator, now=NOW).user_id
    _add_proposals_of_others(things, fund)
    disable_user(fund.session, GONE, WHY, fund.admin, now=now)
    link = issue_link(fund.session, NEW, operator, now=now)
    things.kinds["shut_out"] = {"there": {"user_id": ids[GONE]}}
    things.kinds["user"] = {"there": {"user_id": ids[NEW]}}
    things.kinds["accountant"] = {"there": {"user_id": fund.accountant.user_id}}
    things.kinds["link"] = {"there": {"link": link}}
    things.kinds["with_factor"] = {"there": {"user_id": _with_factor(fund.session)}}
    return {**people, Role.COOPERATIVE: OWN}


def _with_factor(session: Session) -> int:
    """Add an officer whose account asks for a code; give their number."""
    person = a_user(session, Role.OFFICER, email=CAREFUL)
    sealed = Seal([SETTINGS.secret_key], SECOND_FACTOR).close(APP.secret)
    factor = SecondFactor(user_id=person.user_id, secret=sealed, enrolled_at=NOW, last_step=0)
    session.add(factor)
    session.commit()
    return person.user_id


def of(things: Things, route: Route, kind: str = "") -> Mapping[str, object]:
    """Give the arguments of the address of a route, about this kind of thing."""
    for name in (kind, OBJECTS.get(route.endpoint, "")):
        found = things.kinds.get(name, {})
        thing = found.get("own") or found.get("there") or {}
        if set(thing) == route.rule.arguments:
            return thing
    assert not route.rule.arguments, f"say in OBJECTS of matrix.py what {route.endpoint} names"
    return {}
