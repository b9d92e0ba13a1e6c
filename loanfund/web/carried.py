"""The address that somebody typed goes along from page to page until they are signed in."""

from __future__ import annotations

from loanfund.domain.mail_address import is_mail_address
from loanfund.domain.sign_in_name import fold_sign_in_name
from loanfund.web.context import browser

EMAIL = "email"


def carry(email: str) -> None:
    """Remember an address; what is none may be a password typed by mistake."""
    if is_mail_address(fold_sign_in_name(email)):
        carry_known(email)


def carry_known(email: str) -> None:
    """Remember a name that somebody proved to be theirs, mail address or not."""
    browser()[EMAIL] = email


def carried() -> str:
    """Give the address that was typed before, or nothing."""
    return str(browser().get(EMAIL, ""))
