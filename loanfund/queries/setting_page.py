"""Settings as a page shows them: in force, recorded, coming, and what a change touches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from loanfund.domain.setting import (
    GROUP_OF,
    GROUPS,
    SETTINGS,
    SettingBook,
    SettingGroup,
    first_day_moved,
)
from loanfund.models.capital import CapitalSource
from loanfund.models.setting import Setting
from loanfund.models.user import User
from loanfund.queries._standing import Moment
from loanfund.store.lock import closed_through
from loanfund.store.setting import load_settings


@dataclass(frozen=True, slots=True)
class Recorded:
    """One value ever recorded; `is_coming` while its day lies ahead."""

    key: str
    source: str | None
    value: Any
    valid_from: date
    recorded_at: datetime
    recorded_by: str
    approved_by: str | None
    is_coming: bool


@dataclass(frozen=True, slots=True)
class InForce:
    """A value in force, of the whole fund or of a source; since None is the default."""

    source: str | None
    value: Any
    since: date | None


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One key: what holds, where sources differ, and everything recorded, newest first."""

    key: str
    in_force: InForce
    of_sources: tuple[InForce, ...]
    recorded: tuple[Recorded, ...]
    coming_defaults: tuple[tuple[date, Any], ...] = ()

    @property
    def coming(self) -> tuple[Recorded, ...]:
        """What is decided and does not hold yet."""
        return tuple(one for one in self.recorded if one.is_coming)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a value would change: figures from `moved` on, of the loans of sources, if of any.

    `is_taken` unless it is for all sources, and each of them has a value of its own.
    """

    group: SettingGroup
    before: Any
    moved: date | None
    sources: tuple[int, ...]
    closed: date | None
    is_taken: bool = True

    @property
    def is_refused(self) -> bool:
        """Whether it would move the figures of a closed month."""
        if self.moved is None or self.closed is None:
            return False
        return self.moved <= self.closed


def setting_groups(
    session: Session, moment: Moment
) -> list[tuple[SettingGroup, list[SettingRow]]]:
    """Give every setting in its group as it stood at a moment."""
    book, sources = load_settings(session, moment.known_at), _sources(session)
    recorded = _recorded(session, moment)
    return [
        (group, [_row(key, moment.as_of, book, (sources, recorded)) for key in keys])
        for group, keys in GROUPS.items()
    ]


def source_names(session: Session) -> list[tuple[str, str]]:
    """Give the sources that a value may be for, by code."""
    query = select(CapitalSource.code, CapitalSource.name).order_by(CapitalSource.code)
    return [(code, name) for code, name in session.execute(query)]


def value_on(session: Session, key: str, day: date, source: str | None = None) -> Any:
    """Give the value of a key in force on a day."""
    source_id = dict(_sources(session)).get(source)
    return load_settings(session, keys=(key,)).get(key, day, source_id)


def setting_effect(
    session: Session, key: str, value: Any, valid_from: date, source: str | None
) -> Effect:
    """Say what a value would change, before anybody proposes it."""
    book, sources = load_settings(session), dict(_sources(session))
    source_id = sources.get(source)
    taking = [source_id] if source_id else _taking(book, key, valid_from, [*sources.values()])
    is_taken = bool(taking) or not SETTINGS[key].per_source
    moved = first_day_moved(key, value, valid_from, book) if is_taken else None
    return Effect(
        group=GROUP_OF[key],
        before=book.get(key, valid_from, source_id),
        moved=moved,
        sources=tuple(taking),
        closed=closed_through(session),
        is_taken=is_taken,
    )


def _taking(book: SettingBook, key: str, day: date, sources: Sequence[int]) -> Sequence[int]:
    """Give the sources that take the fund's value from a day: those without their own."""
    if not SETTINGS[key].per_source:
        return sources
    return [one for one in sources if book.since(key, day, one) is None]


def _sources(session: Session) -> list[tuple[str | None, int]]:
    query = select(CapitalSource.code, CapitalSource.id).order_by(CapitalSource.code)
    return [(code, number) for code, number in session.execute(query)]


def _recorded(session: Session, moment: Moment) -> list[Recorded]:
    """Give everything that had been recorded, the latest day first."""
    maker, checker = aliased(User), aliased(User)
    query = (
        select(Setting, CapitalSource.code, maker.name, checker.name)
        .join(maker, maker.id == Setting.recorded_by)
        .outerjoin(checker, checker.id == Setting.approved_by)
        .outerjoin(CapitalSource, CapitalSource.id == Setting.source_id)
        .order_by(Setting.valid_from.desc(), Setting.id.desc())
    )
    if moment.known_at is not None:
        query = query.where(Setting.recorded_at <= moment.known_at)
    return [
        Recorded(
            key=row.key,
            source=code,
            value=row.value,
            valid_from=row.valid_from,
            recorded_at=row.recorded_at,
            recorded_by=made_by,
            approved_by=checked_by,
            is_coming=row.valid_from > moment.as_of,
        )
        for row, code, made_by, checked_by in session.execute(query)
    ]


def _row(
    key: str,
    day: date,
    book: SettingBook,
    known: tuple[Sequence[tuple[str | None, int]], Sequence[Recorded]],
) -> SettingRow:
    sources, recorded = known
    owned = sources if SETTINGS[key].per_source else ()
    later = SETTINGS[key].later if book.since(key, day) is None else ()
    return SettingRow(
        key=key,
        in_force=InForce(None, book.get(key, day), book.since(key, day)),
        of_sources=tuple(
            InForce(code, book.get(key, day, number), since)
            for code, number in owned
            if (since := book.since(key, day, number)) is not None
        ),
        recorded=tuple(one for one in recorded if one.key == key),
        coming_defaults=tuple(one for one in later if one[0] > day),
    )
