"""What waits in the outbox: the reminders of borrowers, and the mails about accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from loanfund.documents.account_mail import account_body, account_subject
from loanfund.documents.layout import imprint
from loanfund.documents.notice import render_notice
from loanfund.documents.reminder_mail import TEMPLATE, mail_body, subject
from loanfund.domain.account_mail import AccountLetter
from loanfund.domain.issue import Issue
from loanfund.domain.letter import Letter
from loanfund.domain.notice import Enclosed, Notice
from loanfund.jobs.running import World
from loanfund.jobs.sending import Drained, Queue, send_waiting
from loanfund.services._notice import Issuer
from loanfund.services._outbox import BACK_OFF, Written
from loanfund.services.account_mail import (
    Sender,
    account_mails_to_send,
    release_account_mails,
    settle_account_mail,
    take_account_mail,
)
from loanfund.services.message import (
    messages_to_send,
    release_messages,
    settle_message,
    take_message,
)
from loanfund.services.user import command_line


def drain(world: World, back_off: Sequence[timedelta] = BACK_OFF) -> Drained:
    """Send the reminders that may go now."""
    if world.post is None:
        return Drained()
    with world.sessions() as session:
        release_messages(session, "", world.clock)
        issuer = issuer_of(world, session)

    def write(told: Letter, enclosed: Sequence[Enclosed]) -> Written:
        return Written(subject(told), mail_body(told, enclosed, world.base_url), TEMPLATE)

    queue = Queue(
        waiting=lambda session: messages_to_send(session, world.clock),
        take=lambda session, one: take_message(session, one, world.runner, write, issuer),
        settle=lambda session, sent, answer: settle_message(
            session, sent, answer, world.clock, back_off
        ),
    )
    return send_waiting(world, world.post, queue)


def drain_accounts(world: World, back_off: Sequence[timedelta] = BACK_OFF) -> Drained:
    """Send the mails about accounts that may go now."""
    if world.post is None:
        return Drained()
    with world.sessions() as session:
        release_account_mails(session, "", world.clock)
        actor = command_line(session, now=world.clock.now())
    sender = Sender(world.runner, actor, world.clock)

    def write(told: AccountLetter) -> Written:
        return Written(account_subject(told), account_body(told, world.base_url))

    queue = Queue(
        waiting=lambda session: account_mails_to_send(session, world.clock),
        take=lambda session, one: take_account_mail(session, one, write, sender),
        settle=lambda session, sent, answer: settle_account_mail(
            session, sent, answer, world.clock, back_off
        ),
    )
    return send_waiting(world, world.post, queue)


def issuer_of(world: World, session: Session) -> Issuer:
    """Give who issues the notices that go with mails: the command line."""

    def render(notice: Notice, issue: Issue) -> bytes:
        return render_notice(notice, imprint(issue, world.base_url))

    actor = command_line(session, now=world.clock.now())
    return Issuer(actor, world.clock, render)
