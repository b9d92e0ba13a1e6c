"""Mail goes out encrypted to a server that proved who it is, or not at all (S-47)."""

from __future__ import annotations

import ssl
import subprocess
from email.message import EmailMessage
from pathlib import Path

import pytest

from loanfund.config import Settings
from loanfund.mail import Answer, Outcome, SmtpPost, post_of
from tests.jobs.smtp import Box, free_port, listening, post_at


@pytest.fixture(name="certificate")
def a_certificate(tmp_path: Path) -> Path:
    """A certificate for localhost that nobody but its maker trusts, with its key."""
    file = tmp_path / "server.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    where = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")]
    subprocess.run([*command.split(), *names, *where], check=True, capture_output=True)
    file.write_text((tmp_path / "key.pem").read_text() + (tmp_path / "cert.pem").read_text())
    return file


def a_mail() -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "quy@quy.example.vn", "htx@vi-du.example", "Thử"
    mail.set_content("Ướt ngoẵng, khuỷu tay\n.một dòng bắt đầu bằng dấu chấm\n", cte="base64")
    return mail


def post(box: Box, security: str) -> SmtpPost:
    return SmtpPost(
        host="127.0.0.1", port=box.port, sender="quy@quy.example.vn", security=security
    )


def context(certificate: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate)
    return made


def test_an_unverified_certificate_is_no_connection(certificate: Path) -> None:
    box = Box(free_port())

    with listening(box, context(certificate)):
        answer = post(box, "starttls").send(a_mail())

    assert answer.outcome is Outcome.UNREACHABLE
    assert "CERTIFICATE_VERIFY_FAILED" in answer.reply
    assert box.taken == []


def test_a_trusted_certificate_is(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    box = Box(free_port())

    with listening(box, context(certificate)):
        answer = post(box, "starttls").send(a_mail())

    assert answer.outcome is Outcome.SENT
    assert box.taken[0].get_content() == a_mail().get_content()


@pytest.mark.parametrize("address", ["tâm@htx.vn", "tam,lan@htx.vn", "tam@htx", "tam"])
def test_what_is_not_one_address_goes_to_nobody(address: str) -> None:
    box, mail = Box(free_port()), a_mail()
    mail.replace_header("To", address)

    with listening(box):
        answer = post_at(box.port).send(mail)

    assert answer == Answer(Outcome.REFUSED, "no mail address")
    assert box.taken == []


def test_a_server_without_encryption_gets_nothing() -> None:
    box = Box(free_port())

    with listening(box):
        answer = post(box, "starttls").send(a_mail())

    assert answer.outcome is Outcome.UNREACHABLE
    assert box.taken == []


@pytest.mark.parametrize("code", ["421 closing", "500 what?", "452 full"])
def test_whatever_the_server_says_of_the_text_is_an_answer(code: str) -> None:
    box = Box(free_port(), on_data=lambda _address: code)

    with listening(box):
        answer = post(box, "none").send(a_mail())

    refused = code.startswith("5")
    assert answer.outcome is (Outcome.REFUSED if refused else Outcome.DEFERRED)
    assert answer.reply.startswith(code[:3])


def test_without_a_server_there_is_no_post() -> None:
    assert post_of(Settings()) is None
    assert post_of(Settings(smtp_host="mail.example.vn", mail_sender="a@b.vn")) == SmtpPost(
        host="mail.example.vn", port=587, sender="a@b.vn"
    )
