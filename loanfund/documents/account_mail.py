"""What a mail about an account says: plain text, in the language of whom it concerns."""

from __future__ import annotations

from collections.abc import Iterator

from loanfund.documents.layout import clean, moment
from loanfund.domain.account_mail import AccountLetter, MailKind, Verified
from loanfund.wording import text


def account_subject(told: AccountLetter) -> str:
    """Give the subject."""
    return _say(told, f"subject.{told.kind.value}")


def account_body(told: AccountLetter, base_url: str) -> str:
    """Give the text: what happened or is to be done, the link, and whom to ask."""
    fund = told.fund
    signature = [one for one in (fund.name, fund.address, fund.phone) if one]
    lines = [_say(told, "greeting"), "", *_told(told, base_url)]
    if fund.phone:
        lines += ["", _say(told, "contact")]
    return "\n".join([*lines, "", _say(told, "closing"), *signature, ""])


def _told(told: AccountLetter, base_url: str) -> Iterator[str]:
    if told.verified is not None:
        yield from _verified(told, told.verified, base_url)
        return
    yield _say(told, f"opening.{told.kind.value}")
    if told.secret is not None:
        yield ""
        yield f"{base_url}/password/{told.secret}"
        yield ""
        yield _say(told, "least", least=told.least)
        yield _say(told, "once")
    yield ""
    if told.kind is MailKind.INVITATION:
        yield _say(told, "sign_in", address=base_url)
    else:
        yield _say(told, f"not_you.{told.kind.value}", address=base_url)


def _verified(told: AccountLetter, found: Verified, base_url: str) -> Iterator[str]:
    """Say how far the audit log goes, with the whole code: whoever keeps it can prove it."""
    yield _say(told, "opening.audit_head", line=found.head.line)
    yield ""
    yield found.head.hash
    yield ""
    outcome = "differences" if found.differences else "sound"
    yield _say(told, f"verified.{outcome}", on=found.on, count=found.differences)
    yield _say(told, "keep", address=f"{base_url}/audit/chain")


def _say(told: AccountLetter, key: str, **more: object) -> str:
    facts = {
        "fund": clean(told.fund.name),
        "person": clean(told.person),
        "email": told.email,
        "phone": told.fund.phone,
        "at": moment(told.at),
        "until": moment(told.ends_at) if told.ends_at else "",
    }
    return text(f"account_mail.{key}", told.language, **facts, **told.facts, **more)
