"""Send mails that wait: one after the other, each in hand of one sender only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

import structlog
from sqlalchemy.orm import Session

from loanfund import failpoint
from loanfund.db import read_session
from loanfund.jobs.running import World
from loanfund.mail import Answer, Outcome, Post
from loanfund.services._outbox import Outgoing


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """What waits, how one of it is taken in hand, and how it is settled."""

    waiting: Callable[[Session], list[int]]
    take: Callable[[Session, int], Outgoing | None]
    settle: Callable[[Session, Outgoing, Answer], None]


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


def send_waiting(world: World, post: Post, queue: Queue) -> Drained:
    """Send the mails that may go now; a server that is not there ends it at once."""
    drained = Drained()
    with read_session(world.sessions) as session:
        waiting = queue.waiting(session)
    for message_id in waiting:
        with world.in_hand:  # should this process die, one mail is in doubt and no more
            outcome = _sent(world, post, queue, message_id)
        drained.count(outcome)
        if outcome is Outcome.UNREACHABLE:
            break
        failpoint.reach("between_items")
    return drained


def _sent(world: World, post: Post, queue: Queue, message_id: int) -> Outcome | None:
    """Send one mail and give how it was taken; None when it must not go."""
    with world.sessions() as session:
        outgoing = queue.take(session, message_id)
    if outgoing is None:
        return None
    answer = post.send(_mail(outgoing, post.sender, world))
    failpoint.reach("after_mail_before_mark")
    with world.sessions() as session:
        queue.settle(session, outgoing, answer)
    if answer.outcome is not Outcome.SENT:
        facts = {"outcome": answer.outcome.value, "reply": answer.reply}
        structlog.get_logger().warning("mail", message=outgoing.key, **facts)
    return answer.outcome


def _mail(outgoing: Outgoing, sender: str, world: World) -> EmailMessage:
    """Give the mail; its Message-ID is the same at every try."""
    mail = EmailMessage()
    mail["From"] = Address(" ".join(outgoing.sender_name.split()), addr_spec=sender)
    mail["To"] = outgoing.address
    mail["Subject"] = " ".join(outgoing.written.subject.split())
    mail["Date"] = format_datetime(world.clock.now())
    mail["Message-ID"] = f"<{outgoing.key}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(outgoing.written.body, cte="base64")
    for name, file in outgoing.papers:
        mail.add_attachment(file, maintype="application", subtype="pdf", filename=name)
    return mail
