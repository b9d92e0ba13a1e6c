"""A month with outages: every reminder ends in one way, and is shown to have ended so.

The gate lives through the month of one seed on each database; `scripts/soak` through many.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from loanfund.domain.permission import Role
from loanfund.jobs.running import World
from loanfund.models.loan import Loan
from loanfund.models.message import Message
from loanfund.models.reminder import Reminder
from loanfund.wording import dmy, text
from tests.jobs.hand_clock import HandClock
from tests.jobs.month import TASK, Call, Month, a_lending_fund, a_month, send_day
from tests.jobs.smtp import Box, post_at
from tests.site import SETTINGS, Browser, Site, an_app

pytestmark = pytest.mark.slow

MOVED = {"bounced", "no_address"}  # reasons of a mail that became a letter
ROW = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)
MONTHS = [
    pytest.param("sqlite", 1),
    *(
        pytest.param(database, seed, marks=[pytest.mark.soak, *marks])
        for database, marks in (("sqlite", []), ("postgresql", [pytest.mark.postgresql]))
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
        found = a_month(posting, fund, hands, box, request.param)
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
    what_lapsed_is_shown(month, [call for call, (one,) in ends.items() if is_lapsed(one)])
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
    elif reminder.state == "suppressed":
        assert reminder.reason == "paid"
        assert debt.paid[due] <= reminder.settled_at
    elif reminder.state == "lapsed":
        assert reminder.settled_at.date() > send_day(due, rule) + timedelta(days=3)
        waited = (reminder.recorded_at, reminder.settled_at)
        assert not month.could_have_gone(debt, reminder.channel, *waited)
    else:
        assert reminder.state == "sent"
        assert message.state == "sent"
        assert reminder.settled_at.date() <= send_day(due, rule) + timedelta(days=3)
        said = month.said(message.id) if reminder.channel == "email" else ""
        assert reminder.channel == "letter" or (contract in said and dmy(due) in said)


def is_lapsed(one: Any) -> bool:
    return bool(one.Reminder.state == "lapsed")


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


def every_mail_is_of_one_message(month: Month, rows: list[Any]) -> None:
    """What the server took is what was marked as sent, each once."""
    sent = {
        one.Message.id
        for one in rows
        if one.Reminder.channel == "email" and one.Reminder.state == "sent"
    }
    assert Counter(month.taken_ids()) == Counter(sent)


def what_lapsed_is_shown(month: Month, lapsed: list[Call]) -> None:
    """The officer's page has a line for each."""
    app: Flask = an_app(SETTINGS, month.sessions, month.clock)
    officer = Site(app, month.sessions).sign_in(Role.OFFICER)
    shown = Counter(lines(officer, len(lapsed)))
    assert shown == Counter(
        (contract, dmy(due), said_rule(rule)) for contract, due, rule in lapsed
    )


def lines(officer: Browser, count: int) -> Iterator[tuple[str, str, str]]:
    for page in range(1, 2 + count // 50):
        address = f"/reminders/each?state=lapsed&page={page}"
        for row in ROW.findall(officer.get(address).text)[1:]:
            cells = [" ".join(re.sub("<[^>]+>", " ", cell).split()) for cell in cells_of(row)]
            yield cells[2], cells[3], cells[4]


def cells_of(row: str) -> list[str]:
    return re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)


def said_rule(rule: int) -> str:
    side = "before" if rule < 0 else "after" if rule else "today"
    return text(f"reminder.rule.{side}", "vi", days=abs(rule))
