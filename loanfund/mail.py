"""Outgoing mail over SMTP: encrypted, verified, and every answer told apart."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum
from typing import Protocol

from loanfund.config import Settings
from loanfund.domain.mail_address import is_mail_address

PATIENCE_SECONDS = 30
PERMANENT = 500  # answers from here on will not change by themselves
LONGEST_REPLY = 500


class Outcome(StrEnum):
    """How the server took a mail; what is deferred or met no server is tried again."""

    SENT = "sent"
    REFUSED = "refused"
    DEFERRED = "deferred"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome, with what the server said."""

    outcome: Outcome
    reply: str


class Post(Protocol):
    """What takes mails away."""

    @property
    def sender(self) -> str: ...

    def send(self, mail: EmailMessage) -> Answer:
        """Hand over one mail; never raises for what a server may do."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpPost:
    """A mail server; a connection a mail, so that no mail hangs on another's fate."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = ""
    security: str = "starttls"

    def send(self, mail: EmailMessage) -> Answer:
        if not is_mail_address(str(mail["To"])):
            return Answer(Outcome.REFUSED, "no mail address")  # or it would go to another
        try:
            server = self._connected()
        except (OSError, smtplib.SMTPException) as error:
            return Answer(Outcome.UNREACHABLE, _named(error))
        try:
            return self._handed_over(server, mail)
        except (OSError, smtplib.SMTPException) as error:
            return Answer(Outcome.UNREACHABLE, _named(error))
        finally:
            _leave(server)

    def _connected(self) -> smtplib.SMTP:
        """Connect and prove who both are; an unverified certificate is no connection."""
        if self.security == "tls":
            context = ssl.create_default_context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=PATIENCE_SECONDS, context=context
            )
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=PATIENCE_SECONDS)
        try:
            if self.security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if self.user:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server

    def _handed_over(self, server: smtplib.SMTP, mail: EmailMessage) -> Answer:
        """Send step by step, so that the server's last word is ours to keep."""
        server.ehlo_or_helo_if_needed()
        address = mail["To"].addresses[0].addr_spec
        code, said = server.mail(self.sender)
        if not _is_good(code):
            return Answer(Outcome.UNREACHABLE, _reply(code, said))
        code, said = server.rcpt(address)
        if _is_good(code):
            try:
                code, said = server.data(mail.as_bytes(policy=SMTP))
            except smtplib.SMTPDataError as refused:
                code, said = refused.smtp_code, _bytes(refused.smtp_error)
        if _is_good(code):
            return Answer(Outcome.SENT, _reply(code, said))
        permanent = code >= PERMANENT
        outcome = Outcome.REFUSED if permanent else Outcome.DEFERRED
        return Answer(outcome, _reply(code, said))


def _leave(server: smtplib.SMTP) -> None:
    """Say good-bye; what the server makes of that changes nothing any more."""
    with suppress(OSError, smtplib.SMTPException):
        server.quit()
    server.close()


def _is_good(code: int) -> bool:
    """Say whether a step went well (RFC 5321)."""
    return 200 <= code < 300  # noqa: PLR2004 -- the answers of RFC 5321


def _bytes(said: bytes | str) -> bytes:
    return said if isinstance(said, bytes) else said.encode()


def _named(error: Exception) -> str:
    return _cut(f"{type(error).__name__}: {error}")


def _reply(code: int, said: bytes) -> str:
    return _cut(f"{code} {said.decode(errors='replace')}")


def _cut(text: str) -> str:
    return " ".join(text.split())[:LONGEST_REPLY]


def post_of(settings: Settings) -> SmtpPost | None:
    """Give the mail server of the settings, None where none is set."""
    if not settings.smtp_host:
        return None
    return SmtpPost(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.mail_sender,
        user=settings.smtp_user,
        password=settings.smtp_password,
        security=settings.smtp_security,
    )
