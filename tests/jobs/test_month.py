"""A month with outages: every reminder ends in one way, and is shown to have ended so.

The gate lives through the month of one seed on each database; `scripts/soak` through many.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from loanfund.domain.permission import Role
from loanfund.jobs.running import World
from loanfund.models.document import Document
from loanfund.models.loan import Loan
from loanfund.models.message import Dispatch, Message
from loanfund.models.reminder import Reminder
from loanfund.models.user import User
from loanfund.wording import dmy, text
from tests.jobs.hand_clock import HandClock
from tests.jobs.month import (
    NUMBER,
    TASK,
    Call,
    Month,
    a_lending_fund,
    a_month,
    is_off,
    send_day,
)
from tests.jobs.smtp import Box, post_at
from tests.papers import words_of
from tests.site import SETTINGS, Browser, Site, an_app

pytestmark = pytest.mark.slow

NOTICED = (15, 30)  # the rules that ask for a numbered notice
MOVED = {"bounced", "no_address"}  # reasons of a mail that became a letter
ROW = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)
CELL = re.compile(r"<t[dh][^>]*>(.*?)</t[dh]>", re.DOTALL)
CITED = re.compile(r"Quỹ đã gửi các thông báo trước: (.*?)\.")
OFFICER = "officer@quy.example.vn"
MONTHS = [
    pytest.param("sqlite", (1, False)),
    pytest.param("sqlite", (1, True), marks=pytest.mark.soak),  # its steps: test_signing.py
    *(
        pytest.param(database, (seed, signs), marks=[pytest.mark.soak, *marks])
        for database, marks in (("sqlite", []), ("postgresql", [pytest.mark.postgresql]))
        for signs in (False, True)
        for seed in range(2, 12)
    ),
]


@pytest.fixture
def month(
    request: pytest.FixtureRequest,
    own_sessions: sessionmaker[Session],
    hands: HandClock,
    world: World,
    box: Box,
) -> Iterator[Month]:
    with own_sessions() as session:
        fund = a_lending_fund(session, hands)
        posting = replace(world, post=post_at(box.port))
        seed, signs = request.param
        found = a_month(posting, fund, hands, box, seed)
        if signs:
            found.begin_to_sign()
        found.live()
        yield found


@pytest.mark.parametrize(("own_database", "month"), MONTHS, indirect=["own_database", "month"])
def test_every_reminder_of_a_month_with_outages_ends_in_one_way_and_is_shown_so(
    month: Month,
) -> None:
    rows = found_rows(month)
    ends = {
        call: [one for one in own if one.Reminder.reason not in MOVED]
        for call, own in by_call(rows).items()
    }

    assert set(ends) == month.called
    assert all(len(own) == 1 for own in ends.values())
    for call, (one,) in ends.items():
        ended_truly(month, call, one)
    for one in rows:
        if one.Reminder.message_id is not None:
            assert_fits(one.Reminder, one.Message)
    every_mail_is_of_one_message(month, rows)
    every_citation_is_true(month)
    what_lapsed_is_shown(month, [call for call, (one,) in ends.items() if is_lapsed(one)])
    ways = {one.Reminder.channel for one in rows if one.Message and one.Message.for_signature}
    assert ways == ({"email", "letter"} if month.signs else set())
    states = Counter(one.Reminder.state for one in rows)
    assert states["lapsed"] + states["suppressed"] > 0
    assert states["sent"] > 20  # or the month would say little


def found_rows(month: Month) -> list[Any]:
    query = (
        select(Reminder, Loan.contract_number, Message)
        .join(Loan, Loan.id == Reminder.loan_id)
        .outerjoin(Message, Message.id == Reminder.message_id)
    )
    with month.sessions() as session:
        return list(session.execute(query))


def by_call(rows: list[Any]) -> dict[Call, list[Any]]:
    found: dict[Call, list[Any]] = {}
    for one in rows:
        call = (one.contract_number, one.Reminder.due_date, one.Reminder.rule)
        found.setdefault(call, []).append(one)
    return found


def ended_truly(month: Month, call: Call, one: Any) -> None:
    """What is said to have become of a reminder is what became of it."""
    contract, due, rule = call
    debt = month.debt(contract)
    reminder, message = one.Reminder, one.Message
    if rule == TASK:
        is_paid = due in debt.paid
        assert reminder.channel == "task"
        assert (reminder.state, reminder.reason) == (
            ("suppressed", "paid") if is_paid else ("planned", None)
        )
    elif reminder.reason == "discarded":
        assert message.id in month.thrown_away
    elif reminder.reason == "paused":
        assert month.is_paused(debt, reminder.settled_at.date())
    elif reminder.state == "suppressed":
        assert reminder.reason == "paid"
        assert debt.paid[due] <= reminder.settled_at
    elif reminder.state == "lapsed":
        lapsed_truly(month, call, reminder)
    else:
        assert reminder.state == "sent"
        assert message.state == "sent"
        if message.for_signature:
            assert reminder.settled_at.date() < latest(paper_of(month, message))
        elif reminder.channel == "email":
            assert reminder.settled_at.date() <= send_day(due, rule) + timedelta(days=3)
        else:
            assert message.id in month.handed_over
        said = month.said(message) if reminder.channel == "email" else printed(month, message)
        assert contract in said
        assert dmy(due) in said


def is_lapsed(one: Any) -> bool:
    return bool(one.Reminder.state == "lapsed")


def lapsed_truly(month: Month, call: Call, one: Reminder) -> None:
    """What lapsed waited too long, and could not go meanwhile."""
    contract, due, rule = call
    assert one.settled_at is not None
    assert one.settled_at.date() > send_day(due, rule) + timedelta(days=3)
    if month.signs and rule in NOTICED:
        waited_for_a_signature(month, contract, one, one.settled_at)
    else:
        waited = (one.recorded_at, one.settled_at)
        assert not month.could_have_gone(month.debt(contract), one.channel, *waited)


def waited_for_a_signature(
    month: Month, contract: str, one: Reminder, lapsed_at: datetime
) -> None:
    """What lapsed had its own notice, until the last day of that, waited for an earlier one, or
    never came so far: all the while no mail could have gone.
    """
    query = (
        select(Document, Dispatch)
        .join(Dispatch, Dispatch.document_id == Document.id)
        .join(Loan, Loan.id == Document.loan_id)
        .where(Loan.contract_number == contract)
    )
    with month.sessions() as session:
        found = session.execute(query).all()
        own = [paper for paper, dispatch in found if dispatch.message_id == one.message_id]
    if own:
        assert lapsed_at.date() >= latest(own[-1])
        return
    waited_for_earlier = any(
        paper.issued_at <= lapsed_at
        and (dispatch.settled_at is None or dispatch.settled_at > one.recorded_at)
        for paper, dispatch in found
    )
    debt = month.debt(contract)
    assert waited_for_earlier or not month.could_have_gone(
        debt, one.channel, one.recorded_at, lapsed_at
    )


def latest(paper: Document) -> date:
    """The day by which a notice asks for payment: ten days on, or the next working day."""
    day = paper.period_to + timedelta(days=10)
    while is_off(day):
        day += timedelta(days=1)
    return day


def paper_of(month: Month, message: Message) -> Document:
    """The notice that a message brought."""
    query = (
        select(Document)
        .join(Dispatch, Dispatch.document_id == Document.id)
        .where(Dispatch.message_id == message.id, Dispatch.state == "delivered")
    )
    with month.sessions() as session:
        return session.scalars(query).one()


def assert_fits(reminder: Reminder, message: Message) -> None:
    """A message that did not go carries nothing that went, waits, or ended otherwise."""
    fits = {
        "sent": {"sent", "suppressed", "lapsed"},
        "failed": {"suppressed", "lapsed"},
        "merged": {"suppressed", "lapsed"},
        "cancelled": {"suppressed"},
        "lapsed": {"lapsed", "suppressed"},
    }
    assert reminder.state in fits[message.state]


def printed(month: Month, message: Message) -> str:
    """The words of a letter, of its plain pages and its notices."""
    query = (
        select(Document.file)
        .join(Dispatch, Dispatch.document_id == Document.id)
        .where(Dispatch.message_id == message.id)
    )
    with month.sessions() as session:
        plain = session.scalar(select(Message.file).where(Message.id == message.id))
        files = [*([plain] if plain else []), *session.scalars(query)]
    return " ".join(words_of(file) for file in files)


def every_mail_is_of_one_message(month: Month, rows: list[Any]) -> None:
    """What the server took is what was marked as sent, each once; it names what it brings."""
    for mail in month.box.taken:
        body = mail.get_body()
        assert body is not None
        for one in mail.iter_attachments():
            number = NUMBER.search(words_of(one.get_content()))
            assert number is not None
            assert number[1] in body.get_content()
            assert str(one.get_filename()) in body.get_content()
    sent = {
        one.Message.id
        for one in rows
        if one.Reminder.channel == "email" and one.Reminder.state == "sent"
    }
    assert Counter(month.taken_ids()) == Counter(sent)


def every_citation_is_true(month: Month) -> None:
    """A notice cites those that arrived before it was written, and says which time it is."""
    query = (
        select(Document, Dispatch.number, Dispatch.state, Loan.contract_number)
        .join(Dispatch, Dispatch.document_id == Document.id)
        .join(Loan, Loan.id == Document.loan_id)
        .order_by(Document.id)
    )
    arrived = {number for _, number in month.arrived}
    with month.sessions() as session:
        notices = session.execute(query).all()
    days = {one.number: one.Document.period_to for one in notices}
    whose = {one.number: one.contract_number for one in notices}
    assert len(arrived) == len(month.arrived)
    assert set(days) >= arrived
    for paper, number, state, contract in notices:
        assert state == ("delivered" if number in arrived else "unsent")
        oldest = min(
            due
            for due in month.debt(contract).dues()
            if month.debt(contract).is_open(due, paper.issued_at)
        )
        before = [
            f"số {one} ngày {dmy(days[one])}"
            for at, one in month.arrived
            if at < paper.issued_at and whose[one] == contract and days[one] >= oldest
        ]
        said = words_of(paper.file)
        assert f"(Lần thứ {len(before) + 1})" in said
        cited = CITED.search(said)
        assert (cited[1].split(", ") if cited else []) == sorted(before)
    shown = dict(registered(month, len(notices)))
    assert shown == {number: number in arrived for number in days}


def registered(month: Month, count: int) -> Iterator[tuple[str, bool]]:
    """Every number with whether the register says that its notice was sent."""
    for row in pages_of_rows(officer_of(month), "/notices?", count):
        yield row[0], row[6].startswith(text("register.state.delivered", "vi"))


def what_lapsed_is_shown(month: Month, lapsed: list[Call]) -> None:
    """The officer's page has a line for each."""
    rows = pages_of_rows(officer_of(month), "/reminders/each?state=lapsed&", len(lapsed))
    assert Counter((row[2], row[3], row[4]) for row in rows) == Counter(
        (contract, dmy(due), said_rule(rule)) for contract, due, rule in lapsed
    )


def officer_of(month: Month) -> Browser:
    """The officer at the end of the month, before a page of the program."""
    app: Flask = an_app(SETTINGS, month.sessions, month.clock)
    with month.sessions() as session:
        known = session.scalar(select(User.id).where(User.email == OFFICER)) is not None
    if not known:
        return Site(app, month.sessions).sign_in(Role.OFFICER)
    browser = Site(app, month.sessions).stranger()
    browser.enter(OFFICER)
    return browser


def pages_of_rows(officer: Browser, address: str, count: int) -> Iterator[list[str]]:
    """The rows of a list, page by page, as the words of their cells."""
    for page in range(1, 2 + count // 50):
        for row in ROW.findall(officer.get(f"{address}page={page}").text)[1:]:
            yield [" ".join(re.sub("<[^>]+>", " ", cell).split()) for cell in CELL.findall(row)]


def said_rule(rule: int) -> str:
    side = "before" if rule < 0 else "after" if rule else "today"
    return text(f"reminder.rule.{side}", "vi", days=abs(rule))
