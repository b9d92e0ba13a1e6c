"""The address that somebody typed goes along from page to page until they are signed in."""

from __future__ import annotations

from loanfund.domain.mail_address import is_mail_address
from loanfund.store.user import fold_email
from loanfund.web.context import browser

EMAIL = "email"


def carry(email: str) -> None:
    """Remember an address; what is none may be a password typed by mistake."""
    if is_mail_address(fold_email(email)):
        browser()[EMAIL] = email


def carried() -> str:
    """Give the address that was typed before, or nothing."""
    return str(browser().get(EMAIL, ""))
