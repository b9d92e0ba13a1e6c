"""The chain of the audit log: every line hashes the one before it (security S-43, ADR 18).

Whoever edits, removes or swaps lines breaks the chain; whoever computes it anew, or cuts its
end off, contradicts a head that was printed or mailed before.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, NoReturn

from loanfund.domain.errors import InvalidInputError

BEGINNING = "0" * 64  # what the first line hashes
PRINTED = 24  # digits of a hash on paper: 96 bits, and no more to type
GROUP = 4
HEXADECIMAL = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """What a line of the log says; `facts` as JSON gives them back."""

    id: int
    recorded_at: datetime
    recorded_by: int | None
    action: str
    object_type: str
    object_id: str | None
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Head:
    """A line of the log by its id, and its hash, or at least the beginning of it."""

    line: int
    hash: str

    def printed(self) -> str:
        """Give as much of the hash as papers show, in groups."""
        return " ".join(self.hash[at : at + GROUP] for at in range(0, PRINTED, GROUP))


NO_LINE = Head(0, BEGINNING)


class BreakKind(StrEnum):
    """What is wrong with the chain."""

    CHANGED = "changed"  # a line does not say what it said, or another stands in its place
    MISSING = "missing"  # lines before this one are gone
    HEAD = "head"  # the last line is not the one that was written last


@dataclass(frozen=True, slots=True)
class ChainBreak:
    """One thing that is wrong, and at which line."""

    kind: BreakKind
    line: int


class Answer(StrEnum):
    """What the log says to a head that somebody typed."""

    SAME = "same"  # it is that line's
    MISTYPED = "mistyped"  # but for a digit or two it is: a slip, no change
    ELSEWHERE = "elsewhere"  # it is another line's: the number is a slip
    OTHER = "other"  # the line has another one, and no line has this: typed wrong, or rewritten
    CUT = "cut"  # there is no such line yet, or no more: typed wrong, or the end was cut off
    MISSING = "missing"  # the line is not there, though later ones are


SLIPS = 2  # digits that may differ of one who mistyped; of another hash nearly all do


@dataclass(slots=True)
class Typed:
    """A head that somebody typed, compared with each line that goes by."""

    head: Head
    stored: str = ""
    elsewhere: int = 0
    last: int = 0

    def look(self, line: int, stored: str) -> None:
        """Remember what is needed of a line."""
        self.last = line
        if line == self.head.line:
            self.stored = stored
        elif stored.startswith(self.head.hash):
            self.elsewhere = line

    @property
    def slips(self) -> int:
        """How many digits differ from those of the line."""
        pairs = zip(self.head.hash, self.stored, strict=False)
        return sum(typed != stored for typed, stored in pairs)

    @property
    def answer(self) -> Answer:
        """Part what was typed wrong from what is no more as it was printed."""
        if self.stored and self.slips <= SLIPS:
            return Answer.MISTYPED if self.slips else Answer.SAME
        if self.elsewhere:
            return Answer.ELSEWHERE
        if self.stored:
            return Answer.OTHER
        return Answer.CUT if self.head.line > self.last else Answer.MISSING


def plain_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Give facts as JSON keeps them; TypeError for a fraction, which databases round apart."""
    plain: dict[str, Any] = json.loads(json.dumps(facts), parse_float=_refuse_fraction)
    return plain


def _refuse_fraction(written: str) -> NoReturn:
    raise TypeError(f"a fact of the audit log is no binary fraction: {written}")


def canonical(entry: AuditEntry) -> str:
    """Give the one text of a line, the same from every database (ADR 18)."""
    at = entry.recorded_at.astimezone(UTC)
    line = {
        "action": entry.action,
        "at": f"{at:%Y-%m-%dT%H:%M:%S.%fZ}",
        "by": entry.recorded_by,
        "facts": entry.facts,
        "id": entry.id,
        "object": [entry.object_type, entry.object_id],
    }
    return json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def link(previous: str, entry: AuditEntry) -> str:
    """Give the hash of a line: SHA-256 of the one before it, a line feed and the line."""
    return sha256(f"{previous}\n{canonical(entry)}".encode()).hexdigest()


def read_head(line: str, code: str) -> Head:
    """Read what somebody typed from a paper; InvalidInputError names the field."""
    number = "".join(one for one in line if one not in " .,\N{NO-BREAK SPACE}")
    if not (number.isascii() and number.isdigit()) or len(number) > PRINTED:
        raise InvalidInputError("chain_line", field="line", typed=line)
    digits = "".join(one for one in code.lower() if one not in " -\N{NO-BREAK SPACE}")
    if not PRINTED <= len(digits) <= len(BEGINNING) or set(digits) - HEXADECIMAL:
        raise InvalidInputError("chain_code", field="code", typed=code, digits=PRINTED)
    return Head(int(number), digits)


def chain_breaks(
    lines: Iterable[tuple[AuditEntry, str]], head: Head, typed: Sequence[Typed] = ()
) -> Iterator[ChainBreak]:
    """Give what is wrong with the lines in the order of their ids, each with its stored hash.

    `head` is the one kept beside the log; `typed` look at each line, to be asked afterwards.
    """
    last = NO_LINE
    for entry, stored in lines:
        if link(last.hash, entry) != stored:
            is_gap = entry.id != last.line + 1
            yield ChainBreak(BreakKind.MISSING if is_gap else BreakKind.CHANGED, entry.id)
        for one in typed:
            one.look(entry.id, stored)
        last = Head(entry.id, stored)
    if last != head:
        yield ChainBreak(BreakKind.HEAD, max(last.line, head.line))
