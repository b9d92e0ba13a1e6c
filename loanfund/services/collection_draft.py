"""Keep what somebody typed into a collection sheet and has not posted yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from loanfund.db import unit_of_work
from loanfund.domain.permission import Action, Actor
from loanfund.services._permission import allow
from loanfund.store.collection_sheet import (
    DraftName,
    draft_row,
    drop_drafts_before,
    put_draft,
)

KEPT = timedelta(days=7)
LONGEST = 300  # characters of one field


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveDraft:
    """The fields of a sheet as typed: of the sheet itself, and by loan of every row shown.

    Rows that are not shown stay as they were kept; an empty one is forgotten.
    """

    month: date
    source: str
    head: Mapping[str, str]
    rows: Mapping[int, Mapping[str, str]]


def save_draft(session: Session, request: SaveDraft, actor: Actor, now: datetime) -> None:
    """Write the draft over the last one; what nobody touched for a week goes."""
    name = DraftName(actor.user_id, request.month, request.source)
    with unit_of_work(session):
        allow(actor, Action.RECORD_COLLECTION_SHEET)
        drop_drafts_before(session, now - KEPT)
        known = draft_row(session, name)
        rows = dict(known.typed["rows"]) if known else {}
        for loan_id, fields in request.rows.items():
            rows[str(loan_id)] = _filled(fields)
        kept = {loan_id: fields for loan_id, fields in rows.items() if fields}
        put_draft(session, name, {"head": _filled(request.head), "rows": kept}, now)


def _filled(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: typed[:LONGEST] for name, typed in fields.items() if typed.strip()}
