"""A fund whose borrowers all have something due on Monday, 8 June 2020."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from loanfund.clock import Clock
from loanfund.domain.reminder import Channel
from loanfund.models.borrower import Borrower
from loanfund.models.loan import Loan
from loanfund.models.message import Message
from loanfund.models.reminder import Reminder
from loanfund.services._notice import Issuer
from loanfund.services.letter import Printed, print_letters
from loanfund.services.reminder import PlanReminders, plan_reminders
from tests.builders import Fund, a_borrower, a_fund, a_loan, a_source
from tests.papers import a_pdf
from tests.prepared import prepared

SIGNED = date(2020, 5, 8)
DUE = date(2020, 6, 8)
INTEREST = 509_589  # 100 million at 6 % for 31 days, of 365: 509 589.04


@prepared
def an_owing_fund(session: Session, clock: Clock, borrowers: int = 3) -> Fund:
    """Add so many borrowers with a mail address, each with a loan whose first due is DUE."""
    fund = a_fund(session, clock)
    a_source(fund, capital=100_000_000_000)
    for number in range(1, borrowers + 1):
        owes(fund, number)
    return fund


def owes(fund: Fund, number: int, **more: Any) -> None:
    name = f"HTX Số {number}"
    email = more.pop("email", f"htx{number}@vi-du.example")
    code = a_borrower(fund, name, email=email)
    a_loan(fund, f"{number:02d}/2020/HĐTD", borrower=code, signed_on=SIGNED, **more)


def letters_planned(fund: Fund, first: date, day: date) -> list[int]:
    """Plan everybody's reminders of some days on paper, and give the letters by borrower."""
    for borrower_id in fund.session.scalars(select(Borrower.id).order_by(Borrower.id)).all():
        asked = PlanReminders(borrower_id=borrower_id, first=first, day=day, has_mail=False)
        plan_reminders(fund.session, asked, fund.clock)
    query = select(Message.id).where(Message.channel == Channel.LETTER.value)
    return list(fund.session.scalars(query.order_by(Message.borrower_id)))


def printed(fund: Fund) -> Printed:
    """Print every letter that waits, each a paper of a word."""
    issuer = Issuer(fund.officer, fund.clock, lambda *_: a_pdf("notice"))
    return print_letters(fund.session, issuer, lambda _told: a_pdf("letter"))


def reminders(sessions: sessionmaker[Session]) -> list[tuple[str, date, int, str, str]]:
    """Every reminder: contract, due, rule, channel and state."""
    query = (
        select(
            Loan.contract_number,
            Reminder.due_date,
            Reminder.rule,
            Reminder.channel,
            Reminder.state,
        )
        .join(Loan, Loan.id == Reminder.loan_id)
        .order_by(Loan.contract_number, Reminder.id)
    )
    with sessions() as session:
        return [
            (row.contract_number, row.due_date, row.rule, row.channel, row.state)
            for row in session.execute(query)
        ]


def messages(sessions: sessionmaker[Session]) -> list[tuple[str, date, str, str]]:
    """Every message: borrower, day, channel and state."""
    query = (
        select(Borrower.name, Message.day, Message.channel, Message.state)
        .join(Borrower, Borrower.id == Message.borrower_id)
        .order_by(Message.day, Message.channel, Borrower.name)
    )
    with sessions() as session:
        return [(one.name, one.day, one.channel, one.state) for one in session.execute(query)]
