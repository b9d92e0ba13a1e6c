"""Send what waits in the outbox: one mail after the other, each in hand of one sender only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

import structlog
from sqlalchemy.orm import Session

from loanfund import failpoint
from loanfund.db import read_session
from loanfund.documents.layout import imprint
from loanfund.documents.notice import render_notice
from loanfund.documents.notice_mail import TEMPLATE, mail_body, mail_subject
from loanfund.domain.issue import Issue
from loanfund.domain.notice import Notice
from loanfund.domain.reminder import Letter
from loanfund.jobs.running import World
from loanfund.mail import Outcome, Post
from loanfund.services._notice import Issuer
from loanfund.services.message import (
    BACK_OFF,
    Outgoing,
    Written,
    messages_to_send,
    release_messages,
    settle_message,
    take_message,
)
from loanfund.services.user import command_line


@dataclass(slots=True)
class Drained:
    """How many mails went out, were refused for good, or wait for another try."""

    sent: int = 0
    refused: int = 0
    deferred: int = 0

    def count(self, outcome: Outcome | None) -> None:
        self.sent += outcome is Outcome.SENT
        self.refused += outcome is Outcome.REFUSED
        self.deferred += outcome in {Outcome.DEFERRED, Outcome.UNREACHABLE}


def drain(world: World, back_off: Sequence[timedelta] = BACK_OFF) -> Drained:
    """Send the mails that may go now; a server that is not there ends it at once."""
    drained = Drained()
    if world.post is None:
        return drained
    with world.sessions() as session:
        release_messages(session, "", world.clock)
        issuer = issuer_of(world, session)
    with read_session(world.sessions) as session:
        waiting = messages_to_send(session, world.clock)
    for message_id in waiting:
        outcome = _sent(world, world.post, message_id, issuer, back_off)
        drained.count(outcome)
        if outcome is Outcome.UNREACHABLE:
            break
        failpoint.reach("between_items")
    return drained


def _sent(
    world: World, post: Post, message_id: int, issuer: Issuer, back_off: Sequence[timedelta]
) -> Outcome | None:
    """Send one mail and give how it was taken; None when it must not go."""

    def write(told: Letter) -> Written:
        return Written(mail_subject(told), mail_body(told, world.base_url), TEMPLATE)

    with world.sessions() as session:
        outgoing = take_message(session, message_id, world.runner, write, issuer)
    if outgoing is None:
        return None
    answer = post.send(_mail(outgoing, post.sender, world))
    failpoint.reach("after_mail_before_mark")
    with world.sessions() as session:
        settle_message(session, outgoing, answer, world.clock, back_off)
    if answer.outcome is not Outcome.SENT:
        facts = {"outcome": answer.outcome.value, "reply": answer.reply}
        structlog.get_logger().warning("mail", message=message_id, **facts)
    return answer.outcome


def issuer_of(world: World, session: Session) -> Issuer:
    """Give who issues the notices that go with mails: the command line."""

    def render(notice: Notice, issue: Issue) -> bytes:
        return render_notice(notice, imprint(issue, world.base_url))

    actor = command_line(session, now=world.clock.now())
    return Issuer(actor, world.clock, render)


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
    for number, file in outgoing.papers:
        name = f"Thong-bao_{number.replace('/', '-')}.pdf"
        mail.add_attachment(file, maintype="application", subtype="pdf", filename=name)
    return mail
