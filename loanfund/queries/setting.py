"""Settings in force on a day, for lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import office_day
from loanfund.domain.report import Frame
from loanfund.domain.setting import SETTINGS
from loanfund.models.capital import CapitalSource
from loanfund.store.lock import closed_through
from loanfund.store.message import holidays
from loanfund.store.paper import fund_profile
from loanfund.store.setting import load_settings


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One key with the value in force; `valid_from` is None where the default holds."""

    key: str
    source: str | None
    value: Any
    valid_from: date | None


@dataclass(frozen=True, slots=True)
class FundLine:
    """The fund as every page names it, without a phone where that is empty, and its books.

    `holidays` are those that are listed, beside Saturdays and Sundays.
    """

    name: str
    phone: str
    closed_through: date | None = None
    holidays: frozenset[date] = frozenset()


def fund_on(session: Session, day: date) -> FundLine:
    """Give the fund's name and phone on a day, its closed months and its holidays."""
    book = load_settings(session, keys=("fund_name", "fund_phone", "holidays"))
    name, phone = book.get("fund_name", day), book.get("fund_phone", day)
    return FundLine(name, phone, closed_through(session), holidays(book))


@dataclass(frozen=True, slots=True)
class Making:
    """Who makes a report, on which business date, and at which instant."""

    by: str
    today: date
    now: datetime


def report_frame(session: Session, known_at: datetime | None, making: Making) -> Frame:
    """Give what stands around a report on paper.

    One of what was known earlier is dated then, and so the same whenever it is made; a fund
    whose business date stands still has no later day than that.
    """
    day = making.today if known_at is None else min(office_day(known_at), making.today)
    book = load_settings(session, known_at)
    return Frame(
        fund=fund_profile(book, day),
        superior=book.get("fund_superior", day),
        made_by=making.by,
        made_on=day,
        made_at=making.now,
    )


def settings_on(session: Session, day: date) -> list[SettingLine]:
    """Give every key of the fund, and each source's own values, as in force on a day."""
    book = load_settings(session)
    sources = session.execute(select(CapitalSource.id, CapitalSource.code)).all()
    lines = []
    for key, kind in SETTINGS.items():
        since = book.since(key, day)
        lines.append(SettingLine(key, None, book.get(key, day), since))
        if kind.per_source:
            lines += [
                SettingLine(key, row.code, book.get(key, day, row.id), since)
                for row in sources
                if (since := book.since(key, day, row.id)) is not None
            ]
    return lines
