"""Settings from rows: everything known at an instant, in one query."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.setting import SettingBook, SettingValue
from loanfund.models.setting import Setting


def load_settings(
    session: Session, known_at: datetime | None = None, *, keys: Collection[str] = ()
) -> SettingBook:
    """Give the settings recorded by an instant, None is now; all keys unless some are named."""
    query = select(Setting.key, Setting.source_id, Setting.value, Setting.valid_from)
    if known_at is not None:
        query = query.where(Setting.recorded_at <= known_at)
    if keys:
        query = query.where(Setting.key.in_(keys))
    rows = session.execute(query.order_by(Setting.id))
    return SettingBook(tuple(SettingValue(*row) for row in rows))
