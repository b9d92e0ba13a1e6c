"""Send what waits in the outbox: one mail after the other, each in hand of one sender only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

import structlog

from loanfund import failpoint
from loanfund.db import read_session
from loanfund.documents.notice_mail import TEMPLATE, mail_body, mail_subject
from loanfund.domain.reminder import Letter
from loanfund.jobs.running import World
from loanfund.mail import Outcome, Post
from loanfund.services.message import (
    BACK_OFF,
    Outgoing,
    Written,
    messages_to_send,
    release_messages,
    settle_message,
    take_message,
)


@dataclass(slots=True)
class Drained:
    """How many mails went out, were refused for good, or wait for another try."""

    sent: int = 0
    refused: int = 0
    deferred: int = 0


def drain(world: World, back_off: Sequence[timedelta] = BACK_OFF) -> Drained:
    """Send the mails that may go now; a server that is not there ends it at once."""
    drained = Drained()
    if world.post is None:
        return drained
    with world.sessions() as session:
        release_messages(session, "", world.clock)
    with read_session(world.sessions) as session:
        waiting = messages_to_send(session, world.clock)
    for message_id in waiting:
        if not _sent(world, world.post, message_id, drained, back_off):
            break
        failpoint.reach("between_items")
    return drained


def _sent(
    world: World, post: Post, message_id: int, drained: Drained, back_off: Sequence[timedelta]
) -> bool:
    """Send one mail; False when the server cannot be met."""

    def write(told: Letter) -> Written:
        return Written(mail_subject(told), mail_body(told, world.base_url), TEMPLATE)

    with world.sessions() as session:
        outgoing = take_message(session, message_id, world.runner, write, world.clock)
    if outgoing is None:
        return True
    answer = post.send(_mail(outgoing, post.sender, world))
    failpoint.reach("after_mail_before_mark")
    with world.sessions() as session:
        settle_message(session, outgoing, answer, world.clock, back_off)
    outcome = answer.outcome
    drained.sent += outcome is Outcome.SENT
    drained.refused += outcome is Outcome.REFUSED
    drained.deferred += outcome in {Outcome.DEFERRED, Outcome.UNREACHABLE}
    if outcome is not Outcome.SENT:
        log = structlog.get_logger()
        log.warning("mail", message=message_id, outcome=outcome.value, reply=answer.reply)
    return outcome is not Outcome.UNREACHABLE


def _mail(outgoing: Outgoing, sender: str, world: World) -> EmailMessage:
    """Give the mail; its Message-ID is the same at every try."""
    mail = EmailMessage()
    mail["From"] = Address(" ".join(outgoing.sender_name.split()), addr_spec=sender)
    mail["To"] = outgoing.address
    mail["Subject"] = " ".join(outgoing.written.subject.split())
    mail["Date"] = format_datetime(world.clock.now())
    mail["Message-ID"] = f"<reminder.{outgoing.key}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(outgoing.written.body, cte="base64")
    return mail
