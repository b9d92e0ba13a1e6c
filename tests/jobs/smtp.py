"""A real mail server for tests: it takes, defers or refuses as a test tells it to."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from threading import Event
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from loanfund.mail import SmtpPost

OK = "250 OK"
PATIENCE_SECONDS = 60

Judge = Callable[[str], str]


def takes_all(_address: str) -> str:
    return OK


@dataclass
class Box:
    """What the server took, and how it judges recipients and texts."""

    port: int
    taken: list[EmailMessage] = field(default_factory=list)
    on_recipient: Judge = takes_all
    on_data: Judge = takes_all
    held: set[str] = field(default_factory=set)
    waiting: Event = field(default_factory=Event)
    released: Event = field(default_factory=Event)

    async def handle_RCPT(  # noqa: N802 -- as the server calls it
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _opts: Any
    ) -> str:
        answer = self.on_recipient(address)
        if answer == OK:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802 -- as the server calls it
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        if envelope.rcpt_tos[0] in self.held:
            return await self._hold(envelope.rcpt_tos[0])
        answer = self.on_data(envelope.rcpt_tos[0])
        if answer == OK:
            self.taken.append(parsed)
        return answer

    async def _hold(self, address: str) -> str:
        """Keep the sender waiting for an answer until told to go on, then defer the mail."""
        self.held.discard(address)
        self.waiting.set()
        await asyncio.to_thread(self.released.wait, PATIENCE_SECONDS)
        return "451 not now"

    @property
    def recipients(self) -> list[str]:
        return sorted(str(mail["To"]) for mail in self.taken)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def post_at(port: int) -> SmtpPost:
    return SmtpPost(host="127.0.0.1", port=port, sender="quy@quy.example.vn", security="none")


@contextmanager
def listening(box: Box, tls: ssl.SSLContext | None = None) -> Iterator[None]:
    """Let the server answer on the box's port; without this nobody is there."""
    more: dict[str, Any] = {"tls_context": tls, "require_starttls": True} if tls else {}
    server = Controller(box, hostname="127.0.0.1", port=box.port, **more)
    server.start()
    try:
        yield
    finally:
        server.stop()
