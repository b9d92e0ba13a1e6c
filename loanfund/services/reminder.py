"""Plan a borrower's reminders of a day, and hold everything that goes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.db import unit_of_work
from loanfund.domain.permission import Action, Actor, check
from loanfund.domain.reminder import Channel, Kind, is_lapsed
from loanfund.models.borrower import Borrower
from loanfund.models.reminder import Reminder
from loanfund.models.setting import Setting
from loanfund.services._left_to_say import PAUSED
from loanfund.services._message import close_emptied, gather, send_as_letters
from loanfund.store.audit import write_audit
from loanfund.store.message import (
    PLANNED,
    Called,
    Owing,
    Span,
    called,
    open_reminders,
    owing,
    pause_of,
    settle,
)
from loanfund.store.setting import load_settings

HELD = "reminders_held"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanReminders:
    """Whose reminders to plan, for which days; without a mail server all go as letters."""

    borrower_id: int
    first: date
    day: date
    has_mail: bool


@dataclass(slots=True)
class Planned:
    """How many reminders were planned, lapsed, or became needless."""

    planned: int = 0
    lapsed: int = 0
    suppressed: int = 0


def plan_reminders(session: Session, request: PlanReminders, clock: Clock) -> Planned:
    """Plan what the rules ask for, as one message a borrower, channel and day.

    Once more plans nothing; what waited too long lapses, and what waits for a mail that cannot
    be sent any more becomes a letter.
    """
    with unit_of_work(session):
        borrower = session.get_one(Borrower, request.borrower_id, with_for_update=True)
        settings = load_settings(session)
        span = Span(request.first, request.day)
        owed = list(owing(session, settings, request.day, [borrower.id]))
        found = [one for each in owed for one in called(session, settings, each, span)]
        reached = Channel.EMAIL if borrower.email and request.has_mail else Channel.LETTER
        counts = Planned()
        now = clock.now()
        _settle_earlier(session, request, owed, counts, now)
        if reached is Channel.LETTER:
            _leave_mail(session, borrower.id, now)
        new = [_reminder(one, reached, request.day, now) for one in found]
        if pause_of(session, borrower.id, request.day) is not None:
            _suppress(new, now)
        session.add_all(new)
        _count(new, counts)
        session.flush()
        for channel in (Channel.EMAIL, Channel.LETTER):
            gather(session, borrower.id, channel, request.day, now)
    return counts


def _settle_earlier(
    session: Session,
    request: PlanReminders,
    owed: Sequence[Owing],
    counts: Planned,
    now: datetime,
) -> None:
    """Let lapse what waited too long, and close tasks whose due was paid."""
    by_loan = {each.loan.id: each.dues for each in owed}
    lapsed = []
    for one in open_reminders(session, request.borrower_id):
        dues = by_loan.get(one.loan_id)
        if one.channel == Channel.TASK:
            if dues is None or dues.of(one.due_date) is None:
                settle(one, "suppressed", now, "paid")
                counts.suppressed += 1
        elif is_lapsed(one.send_on, request.day):
            settle(one, "lapsed", now)
            lapsed.append(one)
    counts.lapsed += len(lapsed)
    close_emptied(session, (one.message_id for one in lapsed), now)


def _leave_mail(session: Session, borrower_id: int, now: datetime) -> None:
    """Turn mails that wait into letters: the address is gone, or the mail server."""
    waiting = [
        one for one in open_reminders(session, borrower_id) if one.channel == Channel.EMAIL
    ]
    send_as_letters(session, waiting, "no_address", now)
    close_emptied(session, (one.message_id for one in waiting), now)


def _reminder(one: Called, reached: Channel, day: date, now: datetime) -> Reminder:
    is_task = one.candidate.rule.kind is Kind.TASK
    late = not is_task and is_lapsed(one.candidate.send_on, day)
    return Reminder(
        loan_id=one.owing.loan.id,
        due_date=one.candidate.due.due_date,
        rule=one.candidate.rule.days,
        channel=(Channel.TASK if is_task else reached).value,
        schedule_version=one.owing.dues.version,
        send_on=one.candidate.send_on,
        state="lapsed" if late else PLANNED,
        recorded_at=now,
        settled_at=now if late else None,
    )


def _suppress(new: Sequence[Reminder], now: datetime) -> None:
    """Leave unsaid what would be said to a borrower whose reminders are paused."""
    for one in new:
        if one.state == PLANNED and one.channel != Channel.TASK:
            settle(one, "suppressed", now, PAUSED)


def _count(new: Sequence[Reminder], counts: Planned) -> None:
    counts.lapsed += sum(one.state == "lapsed" for one in new)
    counts.suppressed += sum(one.state == "suppressed" for one in new)
    counts.planned += sum(one.state == PLANNED for one in new)


def hold_reminders(session: Session, actor: Actor, clock: Clock, *, held: bool) -> None:
    """Stop all reminders from going out, or let them go again; planning goes on."""
    check(actor, Action.HOLD_REMINDERS)
    with unit_of_work(session):
        now = clock.now()
        if load_settings(session).get(HELD, clock.today()) == held:
            return
        row = Setting(
            key=HELD,
            source_id=None,
            value=held,
            valid_from=clock.today(),
            recorded_at=now,
            recorded_by=actor.user_id,
        )
        session.add(row)
        write_audit(
            session,
            at=now,
            actor=actor.user_id,
            action="hold_reminders",
            subject=("setting", HELD),
            facts={"held": held},
        )
