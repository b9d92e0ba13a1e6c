"""The fund's name and phone for the frame of every page, also of those that report an error."""

from __future__ import annotations

from datetime import date
from typing import cast

from flask import g
from sqlalchemy.exc import SQLAlchemyError

from loanfund.db import read_session
from loanfund.domain import calendar
from loanfund.domain.voucher import MONEY_IN
from loanfund.queries.setting import FundLine, fund_on
from loanfund.web import context
from loanfund.wording import text


def fund() -> FundLine:
    """Give the fund as it is today; without a database, what every such fund is called."""
    if "fund" not in g:
        g.fund = _known_fund()
    return cast(FundLine, g.fund)


def is_closed(day: date) -> bool:
    """Say whether a day lies in a month that is closed."""
    closed = fund().closed_through
    return closed is not None and day <= closed


def takes_two(event_type: str, day: date) -> bool:
    """Say whether two people take an event back: all but a receipt of an open month."""
    return event_type not in MONEY_IN or is_closed(day)


def day_off(day: date) -> str:
    """Say what keeps a day from being a working day; nothing for one that is."""
    return calendar.day_off(day, fund().holidays)


def _known_fund() -> FundLine:
    """Read it in a session of its own: the page's may be broken or have to stay unused."""
    try:
        with read_session(context.edge().sessions) as session:
            return fund_on(session, context.today())
    except SQLAlchemyError:
        return FundLine(text("web.fund", context.language()), "")
