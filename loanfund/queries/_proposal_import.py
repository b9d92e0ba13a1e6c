"""What a workbook that waits for its approval would add."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy.orm import Session

from loanfund.domain.fact_json import load_facts
from loanfund.domain.report import Said
from loanfund.queries._proposal_line import Line, Payload, Stood


def import_says(_session: Session, payload: Payload) -> Iterator[Said]:
    """Say which file, and how many rows it adds."""
    facts = {"file": payload["file"], "rows": sum(payload["added"].values())}
    yield Said("proposal.says.import", facts)


def import_lines(_session: Session, payload: Payload, _stood: Stood) -> Iterator[Line]:
    """Give what is added of each kind, and what it adds up to, as both saw it."""
    yield Line(label=Said("import.fingerprint"), after=payload["book"]["sha256"])
    for kind, rows in payload["added"].items():
        if rows:
            yield Line(label=Said(f"import.{kind}"), after=rows)
    sums = tuple(Said(one["key"], load_facts(one["facts"])) for one in payload["told"])
    yield Line(label=Said("proposal.line.sums"), after=sums)
    odd = payload.get("implausible", ())
    if odd:
        yield Line(label=Said("proposal.line.implausible"), after=tuple(map(_odd, odd)))
    if payload["meant"]:
        yield Line(label=Said("proposal.line.meant"), after=payload["meant"])


def refused_rows(result: Mapping[str, Any]) -> tuple[Said, ...]:
    """Name each row for which a workbook was refused when it was to be approved."""
    return tuple(map(_odd, result.get("problems", ())))


def _odd(one: Mapping[str, Any]) -> Said:
    """Name an implausible value: its place, what stands there, and why it is odd."""
    facts = load_facts(one["facts"])
    facts |= {"value": one["value"]}
    what = Said(f"workbook.problem.{one['code']}", facts)
    place = {name: one[name] for name in ("sheet", "row", "column", "value")}
    return Said("proposal.implausible", {**place, "what": what})
