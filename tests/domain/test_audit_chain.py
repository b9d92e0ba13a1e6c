"""The chain of the audit log by hand, and every edit, deletion, swap and cut in it found."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import pytest

from loanfund.domain.audit_chain import (
    BEGINNING,
    NO_LINE,
    Answer,
    AuditEntry,
    BreakKind,
    ChainBreak,
    Head,
    Typed,
    canonical,
    chain_breaks,
    link,
    plain_facts,
    read_head,
)
from loanfund.domain.errors import InvalidInputError

AT = datetime(2020, 6, 1, 9, 0, 0, 5, tzinfo=timezone(timedelta(hours=7)))
FIRST = AuditEntry(
    id=1,
    recorded_at=AT,
    recorded_by=3,
    action="record_repayment",
    object_type="loan",
    object_id="01/2020/HĐTD",
    facts={"number": "PT-2020/000001", "events": [{"type": "repayment", "amount": 620_000}]},
)
# Written out by hand: keys in order, no blanks, letters as they are, the instant in UTC.
FIRST_TEXT = (
    '{"action":"record_repayment","at":"2020-06-01T02:00:00.000005Z","by":3,"facts":{"events":'
    '[{"amount":620000,"type":"repayment"}],"number":"PT-2020/000001"},"id":1,'
    '"object":["loan","01/2020/HĐTD"]}'
)
Chain = list[tuple[AuditEntry, str]]


def a_chain(length: int) -> Chain:
    lines: Chain = []
    last = BEGINNING
    for number in range(1, length + 1):
        entry = replace(FIRST, id=number, facts={"number": number})
        last = link(last, entry)
        lines.append((entry, last))
    return lines


def head_of(lines: Chain) -> Head:
    entry, last = lines[-1]
    return Head(entry.id, last)


def breaks(lines: Chain, head: Head) -> list[ChainBreak]:
    return list(chain_breaks(lines, head))


def answer(lines: Chain, typed: Head) -> Answer:
    """What a log with which nothing is wrong says to a head that somebody typed."""
    compared = Typed(typed)
    assert list(chain_breaks(lines, head_of(lines), [compared])) == []
    return compared.answer


def test_a_line_is_one_text_and_its_hash_follows_from_the_one_before() -> None:
    assert canonical(FIRST) == FIRST_TEXT
    assert link(BEGINNING, FIRST) == sha256(f"{'0' * 64}\n{FIRST_TEXT}".encode()).hexdigest()
    in_utc = replace(FIRST, recorded_at=AT.astimezone(UTC))
    assert link(BEGINNING, in_utc) == link(BEGINNING, FIRST)


def test_a_whole_chain_has_no_break_whatever_ids_are_left_out() -> None:
    """Before there was a chain, a transaction rolled back left a gap on PostgreSQL."""
    lines = a_chain(3)
    late = replace(FIRST, id=7)
    lines.append((late, link(lines[-1][1], late)))

    assert breaks(lines, head_of(lines)) == []
    assert {answer(lines, head_of(lines[:2])), answer(lines, head_of(lines))} == {Answer.SAME}
    assert breaks([], NO_LINE) == []


CHANGES: dict[str, Any] = {
    "recorded_at": AT + timedelta(microseconds=1),
    "recorded_by": None,
    "action": "reverse",
    "object_type": "user",
    "object_id": None,
    "facts": {"number": 9},
}


@pytest.mark.parametrize("field", CHANGES)
@pytest.mark.parametrize("place", range(4))
def test_an_edit_of_any_field_of_any_line_is_found(field: str, place: int) -> None:
    lines = a_chain(4)
    entry, stored = lines[place]
    lines[place] = replace(entry, **{field: CHANGES[field]}), stored

    assert breaks(lines, head_of(lines)) == [ChainBreak(BreakKind.CHANGED, place + 1)]


@pytest.mark.parametrize("place", range(3))
def test_an_edit_whose_line_was_hashed_anew_is_found_at_the_next(place: int) -> None:
    lines = a_chain(4)
    entry, before = lines[place][0], lines[place - 1][1] if place else BEGINNING
    other = replace(entry, action="reverse")
    lines[place] = other, link(before, other)

    assert breaks(lines, head_of(lines)) == [ChainBreak(BreakKind.CHANGED, place + 2)]


@pytest.mark.parametrize("place", range(3))
def test_a_line_taken_out_is_found_at_the_next(place: int) -> None:
    lines = a_chain(4)
    del lines[place]

    assert breaks(lines, head_of(lines)) == [ChainBreak(BreakKind.MISSING, place + 2)]


@pytest.mark.parametrize("place", range(3))
def test_two_lines_that_changed_places_are_found(place: int) -> None:
    lines = a_chain(4)
    (one, one_hash), (two, two_hash) = lines[place : place + 2]
    lines[place] = replace(two, id=one.id), two_hash
    lines[place + 1] = replace(one, id=two.id), one_hash

    found = {one.line for one in breaks(lines, head_of(lines))}

    assert found >= {place + 1, place + 2}


def test_a_cut_end_is_found_by_the_head_and_a_cut_head_by_what_was_printed() -> None:
    lines = a_chain(4)
    printed = head_of(lines)
    cut = lines[:2]

    assert breaks(cut, printed) == [ChainBreak(BreakKind.HEAD, 4)]
    assert breaks(cut, head_of(cut)) == []  # from inside nobody can tell
    assert answer(cut, printed) is Answer.CUT


def test_a_chain_computed_anew_contradicts_what_was_printed() -> None:
    printed = head_of(a_chain(3))
    lines: Chain = []
    last = BEGINNING
    for entry, _ in a_chain(4):
        forged = replace(entry, recorded_by=4)
        last = link(last, forged)
        lines.append((forged, last))

    assert breaks(lines, head_of(lines)) == []
    assert answer(lines, printed) is Answer.OTHER


def test_what_was_typed_wrong_is_no_change_of_the_log() -> None:
    lines = a_chain(12)
    code = lines[6][1][:24]
    slip = ("0" if code[0] != "0" else "1") + code[1:]
    swapped = code[1] + code[0] + code[2:]

    assert code[0] != code[1]
    assert answer(lines, Head(7, slip)) is Answer.MISTYPED
    assert answer(lines, Head(7, swapped)) is Answer.MISTYPED
    for line in (6, 70, 8):  # the number is the slip
        assert answer(lines, Head(line, code)) is Answer.ELSEWHERE
    assert answer(lines, Head(7, "ab" * 12)) is Answer.OTHER
    assert answer(lines, Head(70, "ab" * 12)) is Answer.CUT
    late = replace(FIRST, id=30)
    lines.append((late, link(lines[-1][1], late)))
    assert answer(lines, Head(20, "ab" * 12)) is Answer.MISSING


def test_what_is_printed_is_read_back_however_it_is_typed() -> None:
    head = head_of(a_chain(1))
    shown = head.printed()

    assert len(shown.split()) == 6
    for typed in (shown, shown.upper().replace(" ", "-"), shown.replace(" ", ""), head.hash):
        found = read_head("1", typed)
        assert answer(a_chain(1), found) is Answer.SAME
    assert read_head("12.345", shown).line == 12_345


@pytest.mark.parametrize(
    ("line", "code", "reason"),
    [
        ("", "a" * 24, "chain_line"),
        ("một", "a" * 24, "chain_line"),
        ("9" * 30, "a" * 24, "chain_line"),
        ("1", "a" * 23, "chain_code"),
        ("1", "a" * 65, "chain_code"),
        ("1", "x" * 24, "chain_code"),
        ("1", "", "chain_code"),
    ],
)
def test_what_nobody_printed_is_refused(line: str, code: str, reason: str) -> None:
    with pytest.raises(InvalidInputError, match=reason):
        read_head(line, code)


def test_facts_are_kept_as_json_gives_them_back_and_hold_no_fraction() -> None:
    assert plain_facts({"loans": ("a", "b"), "by": {7: True}}) == {
        "loans": ["a", "b"],
        "by": {"7": True},
    }
    with pytest.raises(TypeError, match="fraction"):
        plain_facts({"rate": 6.5})
