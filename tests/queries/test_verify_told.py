"""`loanfund verify` compares people, decisions, settings, months and ledger with the log."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.db import unit_of_work
from loanfund.domain.money import Money
from loanfund.domain.permission import Role
from loanfund.models.borrower import Borrower
from loanfund.models.user import SecondFactor, User
from loanfund.services import _proposable
from loanfund.services._capital import MoveCapital
from loanfund.services._factor import note_factor
from loanfund.services._setting import SetSetting
from loanfund.services.capital import move_capital
from loanfund.services.disbursement import Disburse
from loanfund.services.proposal import Decide, Propose, approve, propose
from loanfund.services.setting import set_setting
from loanfund.services.user import disable_user, enable_user
from tests.builders import Fund, a_borrower, a_contract, a_loan, repaid
from tests.people import WHY, a_user
from tests.prepared import prepared
from tests.services.conftest import a_lender
from tests.services.derived import AT_20_000_A_DAY, verified
from tests.services.months import closed, on
from tests.services.test_proposal import row_of

LOAN, LATER, DAY = "01/2020", "02/2020", date(2020, 1, 10)
TABLES = ("ledger_entry", "proposal", "setting", "capital_movement", "period", "books")


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    """A closed month, a payment the day after, a decision, a setting, people who changed."""
    fund = a_lender(session, clock)
    a_loan(fund, **AT_20_000_A_DAY)
    repaid(fund, LOAN, date(2020, 2, 10), 620_000)
    closed(fund, date(2020, 2, 29))
    repaid(on(fund, date(2020, 6, 2)), LOAN, date(2020, 2, 20), 100_000)
    a_contract(fund, LATER)
    lent = Disburse(contract_number=LATER, value_date=DAY, amount=Money(1_000_000))
    asked = Propose(proposed=_proposable.loan_change(lent.change()))
    waiting = propose(session, asked, fund.officer, clock)
    seen = Decide(proposal_id=waiting, payload_hash=row_of(fund, waiting).payload_hash)
    approve(session, seen, fund.manager, clock)
    days = SetSetting(key="notice_days", value=11, valid_from=date(2020, 6, 1))
    set_setting(session, days, fund.accountant, clock, fund.manager)
    given = MoveCapital(
        source_code="QUY", value_date=date(2020, 6, 1), amount=Money(5), contributor="UBND"
    )
    move_capital(session, given, fund.accountant, clock, fund.manager)
    a_borrower(fund, "HTX Khác")
    first = session.scalars(select(Borrower.id).order_by(Borrower.id)).first()
    a_user(session, Role.COOPERATIVE, email="htx@vi-du.example", borrower_id=first)
    disable_user(session, fund.officer.email, WHY, fund.admin, now=clock.now())
    enable_user(session, fund.officer.email, fund.admin, now=clock.now())
    now = clock.now()
    with unit_of_work(session):
        person = session.get_one(User, fund.manager.user_id)
        person.factor = SecondFactor(secret="-", enrolled_at=now, last_step=0)
        note_factor(session, person, fund.manager, now, is_on=True)
    assert verified(fund) == []
    return fund


CHANGES = {
    "period gone": ("DELETE FROM period", "period 2020-02-29"),
    "lock gone": ("UPDATE books SET closed_through = NULL", "books closed_through"),
    "closer": ("UPDATE period SET closed_by = :other", "period 2020-02-29 closed_by"),
    "into the closed month": (
        "UPDATE ledger_entry SET booking_date = '2020-02-20' WHERE booking_date = '2020-06-02'",
        "booking_date",
    ),
    "out of its month": (
        "UPDATE ledger_entry SET booking_date = '2020-06-09' WHERE value_date > '2020-02-29'",
        "booking_date",
    ),
    "written by": ("UPDATE ledger_entry SET recorded_by = :other", "event"),
    "written when": ("UPDATE ledger_entry SET recorded_at = '2020-01-01 00:00'", "not told"),
    "role": ("UPDATE \"user\" SET role = 'manager' WHERE role = 'admin'", "role"),
    "confirmed": ('UPDATE "user" SET unconfirmed_since = NULL', "unconfirmed_since"),
    "factor": ("DELETE FROM second_factor", "enrolled_at"),
    "cooperative": (
        "UPDATE borrower_user SET borrower_id = (SELECT max(id) FROM borrower)",
        "borrower",
    ),
    "decided by": ("UPDATE proposal SET decided_by = :other", "proposal {first} decided_by"),
    "proposed": (
        'UPDATE proposal SET payload = \'{"contract_number": "99"}\'',
        "proposal {first} payload",
    ),
    "setting": (
        "UPDATE setting SET value = '99' WHERE key = 'notice_days'",
        "setting notice_days 2020-06-01 value",
    ),
    "setting approved": (
        "UPDATE setting SET approved_by = :other WHERE key = 'notice_days'",
        "setting notice_days 2020-06-01 approved_by",
    ),
    "capital approved": (
        "UPDATE capital_movement SET approved_by = :other WHERE value_date = '2020-06-01'",
        "approved_by",
    ),
}


def lifted(session: Session) -> None:
    """What the owner of the database can do first."""
    if session.get_bind().dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for name in session.scalars(text(query)).all():
            session.execute(text(f"DROP TRIGGER {name}"))
        return
    for table in TABLES:
        session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))


def test_what_the_owner_of_the_database_changes_contradicts_the_log(fund: Fund) -> None:
    lifted(fund.session)
    first = fund.session.scalar(text("SELECT min(id) FROM proposal"))
    missed = []

    for what, (change, named) in CHANGES.items():
        subject = named.format(first=first)
        with fund.session.begin_nested() as attempt:
            facts = {"other": fund.auditor.user_id} if ":other" in change else {}
            fund.session.execute(text(change), facts)
            fund.session.expire_all()
            found = [f"{one.subject} {one.found}" for one in verified(fund)]
            if not any(subject in one for one in found):
                missed.append((what, found))
            attempt.rollback()

    assert missed == []
