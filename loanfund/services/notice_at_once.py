"""Ask for a notice of overdue debt of one loan today, beside what the rules ask for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.db import unit_of_work
from loanfund.domain.errors import ConflictError, NotFoundError
from loanfund.domain.permission import Action, Actor, Grant, check
from loanfund.domain.reminder import Channel, Due
from loanfund.models.borrower import Borrower
from loanfund.models.loan import Loan
from loanfund.models.reminder import Reminder
from loanfund.services._message import gather
from loanfund.services.reminder import HELD
from loanfund.store.audit import write_audit
from loanfund.store.message import PLANNED, Owing, owing, pause_of
from loanfund.store.setting import load_settings

UNDER_WAY = (PLANNED, "sent")


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForNotice:
    """Of which loan; without a mail server it goes as a letter."""

    loan_id: int
    has_mail: bool


def ask_for_notice(
    session: Session, request: AskForNotice, actor: Actor, clock: Clock
) -> Channel:
    """Plan a notice of all that is overdue of a loan, and give the way it goes.

    It goes with the borrower's message of the day, or with one of its own where that went out
    already, and is numbered there, once, as one that a rule asks for. Asked again on that day
    nothing more is planned. A loan without arrears, a paused borrower and held reminders are a
    ConflictError.
    """
    check(actor, Action.ISSUE_PAPERS, Grant.DOES)
    with unit_of_work(session):
        borrower = _locked(session, request.loan_id)
        day, settings = clock.today(), load_settings(session)
        if settings.get(HELD, day):
            raise ConflictError("reminders_held")
        if pause_of(session, borrower.id, day) is not None:
            raise ConflictError("reminders_paused")
        owed, due = _overdue(list(owing(session, settings, day, [borrower.id])), request)
        known = _known(session, owed, due, (day - due.due_date).days)
        if known is not None and known.message_id is not None:
            return Channel(known.channel)
        channel = Channel.EMAIL if borrower.email and request.has_mail else Channel.LETTER
        now = clock.now()
        if known is not None:
            channel = Channel(known.channel)
        else:
            session.add(_reminder(owed, due, channel, day, actor, now))
            _audit(session, owed, due, channel, actor, now)
        session.flush()
        gather(session, borrower.id, channel, day, now)
    return channel


def _reminder(  # noqa: PLR0913, PLR0917 -- what a reminder is made of
    owed: Owing, due: Due, channel: Channel, day: date, actor: Actor, now: datetime
) -> Reminder:
    return Reminder(
        loan_id=owed.loan.id,
        due_date=due.due_date,
        rule=(day - due.due_date).days,
        channel=channel.value,
        schedule_version=owed.dues.version,
        send_on=day,
        state=PLANNED,
        asked_by=actor.user_id,
        recorded_at=now,
    )


def _audit(  # noqa: PLR0913, PLR0917 -- a line has that many sides
    session: Session, owed: Owing, due: Due, channel: Channel, actor: Actor, now: datetime
) -> None:
    write_audit(
        session,
        at=now,
        actor=actor.user_id,
        action="ask_for_notice",
        subject=("loan", owed.loan.contract_number),
        facts={"channel": channel.value, "due_date": due.due_date.isoformat()},
    )


def _locked(session: Session, loan_id: int) -> Borrower:
    query = select(Borrower).join(Loan, Loan.borrower_id == Borrower.id)
    found = session.scalars(query.where(Loan.id == loan_id).with_for_update()).one_or_none()
    if found is None:
        raise NotFoundError("loan")
    return found


def _overdue(found: list[Owing], request: AskForNotice) -> tuple[Owing, Due]:
    """Give the loan and its oldest due that is overdue."""
    for owed in found:
        if owed.loan.id == request.loan_id:
            for due in owed.dues.dues:
                if due.overdue_from is not None:
                    return owed, due
    raise ConflictError("not_overdue")


def _known(session: Session, owed: Owing, due: Due, days: int) -> Reminder | None:
    """Give what says the same of the due today already, by hand or as a rule has it."""
    query = select(Reminder).where(
        Reminder.loan_id == owed.loan.id,
        Reminder.due_date == due.due_date,
        Reminder.rule == days,
        Reminder.schedule_version == owed.dues.version,
        Reminder.state.in_(UNDER_WAY),
        Reminder.channel != Channel.TASK.value,
    )
    return session.scalars(query).first()
