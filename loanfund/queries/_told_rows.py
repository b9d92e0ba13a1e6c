"""Whether proposals, settings, movements of capital and closed months are as the log tells.

Each difference is the name of a check, what it is about, what was expected, and what is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from loanfund.domain.setting import BEGINNING
from loanfund.models.audit import AuditLine
from loanfund.models.capital import CapitalMovement, CapitalSource
from loanfund.models.period import Books, Period
from loanfund.models.proposal import Proposal
from loanfund.models.setting import Setting
from loanfund.store.fingerprint import content_hash

Found = tuple[str, str, str, str]
Pairs = Iterable[tuple[str, object, object]]  # what is compared, as told, and as it stands
LINE = (
    AuditLine.object_id,
    AuditLine.action,
    AuditLine.recorded_at,
    AuditLine.recorded_by,
    AuditLine.facts,
)
DECIDED = {
    "approve_proposal": "approved",
    "return_proposal": "returned",
    "withdraw_proposal": "withdrawn",
}
OF_SOURCE = ("overdue_method", "debt_rule_set")  # settings that come with a source
AT_ONCE = 50  # proposals held in memory
A_MOMENT = timedelta(minutes=1)  # lines of before were written just after the row


def proposal_differences(session: Session) -> Iterator[Found]:
    """Compare what was proposed, by whom, and who decided what."""
    proposed, decided = _proposals(session)
    rows = select(
        Proposal.id,
        Proposal.action,
        Proposal.payload,
        Proposal.payload_hash,
        Proposal.seen,
        Proposal.version,
        Proposal.state,
        Proposal.proposed_at,
        Proposal.proposed_by,
        Proposal.decided_at,
        Proposal.decided_by,
        Proposal.reason,
    ).order_by(Proposal.id)
    for row in session.execute(rows).yield_per(AT_ONCE):
        subject, line = f"proposal {row.id}", proposed.pop(str(row.id), None)
        if line is None:
            yield _not_told(subject)
            continue
        yield from _unlike(subject, _as_proposed(row, line))
        yield from _unlike(subject, _as_decided(row, decided.get(str(row.id))))
    for key in proposed:
        yield _missing(f"proposal {key}")


def _proposals(session: Session) -> tuple[dict[str, Row[Any]], dict[str, Row[Any]]]:
    proposed: dict[str, Row[Any]] = {}
    decided: dict[str, Row[Any]] = {}
    for line in session.execute(_lines("propose", *DECIDED)):
        (decided if line.action in DECIDED else proposed)[line.object_id] = line
    return proposed, decided


def _as_proposed(row: Row[Any], line: Row[Any]) -> Pairs:
    content = content_hash(row.payload, row.seen, row.version)
    yield "action", line.facts["action"], row.action
    yield "payload", line.facts["payload_hash"], content
    yield "payload_hash", line.facts["payload_hash"], row.payload_hash
    yield "proposed_by", line.recorded_by, row.proposed_by
    yield "proposed_at", line.recorded_at, _about(row.proposed_at, line.recorded_at)


def _as_decided(row: Row[Any], line: Row[Any] | None) -> Pairs:
    yield "state", DECIDED[line.action] if line else "waiting", row.state
    yield "decided_by", line.recorded_by if line else None, row.decided_by
    if line is None:
        return
    yield "decided_at", line.recorded_at, _about(row.decided_at, line.recorded_at)
    if "reason" in line.facts:
        yield "reason", line.facts["reason"], row.reason


def _about(found: datetime | None, told: datetime) -> datetime | None:
    """Give the instant of a line where the row's is next to it."""
    return told if found is not None and abs(found - told) <= A_MOMENT else found


def setting_differences(session: Session) -> Iterator[Found]:
    """Compare the value of every setting, and who approved it, with the line that set it."""
    told = _settings(session)
    rows = (
        select(Setting, CapitalSource.code)
        .outerjoin(CapitalSource, CapitalSource.id == Setting.source_id)
        .order_by(Setting.id)
    )
    for row, source in session.execute(rows):
        subject = f"setting {row.key} {row.valid_from} {source or ''}".strip()
        said = told.get((row.key, source, row.recorded_at, row.recorded_by))
        if not said:
            yield _not_told(subject)
            continue
        facts = said.pop(0)
        pairs = [("value", facts["value"], row.value)]
        if "valid_from" in facts:
            pairs.append(("valid_from", facts["valid_from"], row.valid_from.isoformat()))
        if "approved_by" in facts:
            pairs.append(("approved_by", facts["approved_by"], row.approved_by))
        yield from _unlike(subject, pairs)
    for (key, source, *_), left in told.items():
        for _facts in left:
            yield _missing(f"setting {key} {source or ''}".strip())


def _settings(session: Session) -> dict[Any, list[dict[str, Any]]]:
    """Give what was set, by key, source, instant and person, in the order it was."""
    told: dict[Any, list[dict[str, Any]]] = {}
    for line in session.execute(_lines("set_setting", "hold_reminders", "create_source")):
        made, facts = (line.recorded_at, line.recorded_by), line.facts
        if line.action == "create_source":
            for key in OF_SOURCE:
                since = {"value": facts[key], "valid_from": BEGINNING.isoformat()}
                told.setdefault((key, line.object_id, *made), []).append(since)
        elif line.action == "hold_reminders":
            held = {"value": facts["held"]}
            told.setdefault((line.object_id, None, *made), []).append(held)
        else:
            source = facts.get("source")
            told.setdefault((line.object_id, source, *made), []).append(facts)
    return told


def capital_differences(session: Session) -> Iterator[Found]:
    """Compare every movement of capital, and who approved it, with its line."""
    told: dict[Any, list[dict[str, Any]]] = {}
    for line in session.execute(_lines("move_capital")):
        key = line.object_id, line.recorded_at, line.recorded_by
        told.setdefault(key, []).append(line.facts)
    rows = (
        select(CapitalMovement, CapitalSource.code)
        .join(CapitalSource, CapitalSource.id == CapitalMovement.source_id)
        .order_by(CapitalMovement.id)
    )
    for row, source in session.execute(rows):
        subject = f"capital {source} {row.value_date} {row.number or row.id}"
        said = told.get((source, row.recorded_at, row.recorded_by))
        if not said:
            yield _not_told(subject)
            continue
        stands = {
            "date": row.value_date.isoformat(),
            "amount": row.amount.dong,
            "contributor": row.contributor,
            "reverses": row.reverses,
            "number": row.number,
            "approved_by": row.approved_by,
        }
        facts = said.pop(0)
        pairs = ((name, facts[name], found) for name, found in stands.items() if name in facts)
        yield from _unlike(subject, pairs)
    for (source, *_), left in told.items():
        for facts in left:
            yield _missing(f"capital {source} {facts['date']}")


def month_differences(session: Session) -> Iterator[Found]:
    """Compare the months that are closed, by whom, and the lock, with the lines of closes."""
    closes = {line.object_id: line for line in session.execute(_lines("close_month"))}
    last = max(closes, default=None)
    for row in session.scalars(select(Period).order_by(Period.month_end)):
        subject = f"period {row.month_end}"
        line = closes.pop(row.month_end.isoformat(), None)
        if line is None:
            yield _not_told(subject)
            continue
        pairs = [
            ("closed_at", line.recorded_at, row.closed_at),
            ("closed_by", line.recorded_by, row.closed_by),
            ("confirmed_by", line.facts["confirmed_by"], row.confirmed_by),
        ]
        yield from _unlike(subject, pairs)
    for key in closes:
        yield _missing(f"period {key}")
    through = session.scalar(select(Books.closed_through))
    stands = through.isoformat() if through else None
    yield from _unlike("books", [("closed_through", last, stands)])


def _lines(*actions: str) -> Select[Any]:
    return select(*LINE).where(AuditLine.action.in_(actions)).order_by(AuditLine.id)


def _unlike(subject: str, pairs: Pairs) -> Iterator[Found]:
    for name, expected, found in pairs:
        if expected != found:
            yield "audit", f"{subject} {name}", str(expected), str(found)


def _not_told(subject: str) -> Found:
    return "audit", subject, "told", "not told"


def _missing(subject: str) -> Found:
    return "audit", subject, "stands", "missing"
