"""What everything that is sent shares: in hand of one sender, tried again, and settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.db import unit_of_work
from loanfund.mail import Answer, Outcome
from loanfund.models.message import AccountMail, Message, Outbound
from loanfund.store.message import PLANNED

SENDING, SENT, FAILED = "sending", "sent", "failed"
FORGOTTEN = timedelta(minutes=15)  # after that nobody is sending it any more
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))

Row = TypeVar("Row", Message, AccountMail)


@dataclass(frozen=True, slots=True)
class Written:
    """A message as it is sent; `template` is the version of the texts, where it is kept."""

    subject: str
    body: str
    template: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message in hand; `key` stays however often it is tried, `papers` are named files."""

    message_id: int
    attempt: int
    address: str
    sender_name: str
    written: Written
    key: str
    papers: tuple[tuple[str, bytes], ...] = ()


def is_due(row: Outbound, now: datetime) -> bool:
    """Say whether it waits, and may go now."""
    return row.state == PLANNED and (row.next_attempt_at or now) <= now


def claim(row: Outbound, runner: str, now: datetime) -> None:
    """Take it in hand."""
    row.state, row.runner, row.claimed_at = SENDING, runner, now
    row.attempts += 1


def answered(
    row: Outbound, sent: Outgoing, answer: Answer, now: datetime, back_off: Sequence[timedelta]
) -> bool:
    """Write down how the server took it; what was deferred waits longer each time.

    False where somebody thought the sender dead and took it over.
    """
    if row.state != SENDING or row.attempts != sent.attempt:
        return False
    row.reply = answer.reply
    if answer.outcome in {Outcome.SENT, Outcome.REFUSED}:
        row.state = SENT if answer.outcome is Outcome.SENT else FAILED
        row.settled_at = now
    else:
        row.state = PLANNED
        row.next_attempt_at = now + back_off[min(row.attempts, len(back_off)) - 1]
    return True


def release(session: Session, table: type[Row], runner_prefix: str, clock: Clock) -> int:
    """Let go of mails whose sender died in the act: they are tried again, at once.

    Whether the server had taken such a mail nobody knows; it then comes a second time, under
    the same Message-ID. `runner_prefix` names senders known to be dead, others by their age.
    """
    with unit_of_work(session):
        is_dead = table.claimed_at < clock.now() - FORGOTTEN
        if runner_prefix:
            is_dead = is_dead | table.runner.startswith(runner_prefix)
        query = select(table).where(table.state == SENDING, is_dead).with_for_update()
        found = session.scalars(query.order_by(table.id)).all()
        for row in found:
            row.state, row.next_attempt_at = PLANNED, None
    return len(found)
