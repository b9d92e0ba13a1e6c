"""Every named CHECK of the schema refuses what it says, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from loanfund.domain.money import Money, Rate
from loanfund.models.base import Base
from tests.builders import Fund

AT = datetime(2020, 6, 1, 2, 0, tzinfo=UTC)
OFF_BALANCE = {"debit": "off_balance_interest", "credit": "off_balance_contra"}

# Constraint: what a row that was right must say to break it, and nothing else.
BREAKS: dict[str, dict[str, Any]] = {
    "ck_account_mail_kind": {"kind": "greeting"},
    "ck_account_mail_state": {"state": "lost"},
    "ck_audit_head_one_row": {"id": 2},
    "ck_books_one_row": {"id": 2},
    "ck_borrower_kind": {"kind": "company"},
    "ck_capital_movement_amount_not_zero": {"amount": Money(0)},
    "ck_capital_movement_maker_is_not_checker": {"approved_by": "recorded_by"},
    "ck_collection_batch_row_place_positive": {"place": 0},
    "ck_dispatch_state": {"state": "lost"},
    "ck_job_run_state": {"state": "lost"},
    "ck_ledger_entry_accounts": {"debit": "petty_cash"},
    "ck_ledger_entry_amount_positive": {"amount": Money(0)},
    "ck_ledger_entry_debit_is_not_credit": {"debit": "bank", "credit": "bank"},
    "ck_ledger_entry_memo_against_memo": {"debit": "off_balance_interest", "credit": "bank"},
    "ck_loan_amount_positive": {"amount": Money(0)},
    "ck_loan_annual_rate_not_negative": {"annual_rate": Rate(-1)},
    "ck_loan_event_amount_positive": {"amount": Money(0)},
    "ck_loan_event_maker_is_not_checker": {"approved_by": "recorded_by"},
    "ck_loan_event_sequence_positive": {"sequence": 0},
    "ck_loan_maker_is_not_checker": {"approved_by": "recorded_by"},
    "ck_loan_state": {"state": "active"},
    "ck_login_failure_failures_not_negative": {"failures": -1},
    "ck_login_failure_kind": {"kind": "device"},
    "ck_message_channel": {"channel": "pigeon"},
    "ck_message_state": {"state": "lost"},
    "ck_period_maker_is_not_checker": {"confirmed_by": "closed_by"},
    "ck_position_span": {"as_of": date(2020, 6, 2), "valid_through": date(2020, 6, 1)},
    "ck_proposal_decided": {"decided_at": None},
    "ck_proposal_maker_is_not_checker": {"decided_by": "proposed_by"},
    "ck_proposal_state": {"state": "lost"},
    "ck_reminder_channel": {"channel": "pigeon"},
    "ck_reminder_pause_reason": {"reason": "whim"},
    "ck_reminder_state": {"state": "lost"},
    "ck_setting_maker_is_not_checker": {"approved_by": "recorded_by"},
    "ck_user_language": {"language": "fr"},
    "ck_user_role": {"role": "owner"},
}
ONE_ROW = {"audit_head", "books"}  # no other row can be added to them that was right
# What makes a copy of a row another row, where the key or a unique column would refuse it.
OTHERWISE: dict[str, dict[str, Any]] = {
    "borrower": {"code": "khac", "code_fold": "khac"},
    "capital_movement": {"number": "TTG-1", "reverses": None},
    "loan": {"contract_number": "khác", "code_fold": "khác"},
    "loan_event": {"sequence": 99, "number": None, "idempotency_key": None},
    "period": {"month_end": date(2020, 2, 29)},
    "user": {"email": "khac@quy.example.vn"},
}
# Rows of tables in which the book as filled has none, or none that another row can be like.
SAMPLES: dict[str, dict[str, Any]] = {
    "account_mail": {
        "email": "khac@quy.example.vn",
        "kind": "reset",
        "state": "planned",
        "attempts": 0,
        "facts": {},
        "runner": "",
        "recorded_at": AT,
    },
    "collection_batch_row": {"event_id": None, "batch_id": None, "place": 9},
    "job_run": {
        "job": "interest",
        "slot": date(2020, 6, 1),
        "state": "done",
        "attempt": 1,
        "runner": "x",
        "recorded_at": AT,
        "total": 0,
        "done": 0,
        "skipped": 0,
        "failed": 0,
        "reasons": [],
        "result": {},
    },
    "login_failure": {
        "kind": "account",
        "subject_hash": "x",
        "failures": 1,
        "last_failed_at": AT,
    },
    "message": {
        "borrower_id": None,
        "channel": "email",
        "day": date(2020, 6, 1),
        "state": "planned",
        "attempts": 0,
        "runner": "",
        "recorded_at": AT,
    },
    "dispatch": {
        "document_id": None,
        "message_id": None,
        "state": "waiting",
        "year": 2020,
        "number": "09/TB-QHT",
    },
    "reminder_pause": {
        "borrower_id": None,
        "reason": "dispute",
        "last_day": date(2020, 6, 30),
        "recorded_at": AT,
        "recorded_by": None,
    },
    "reminder": {
        "loan_id": None,
        "due_date": date(2020, 6, 1),
        "rule": 0,
        "channel": "email",
        "schedule_version": 1,
        "send_on": date(2020, 6, 1),
        "state": "planned",
        "recorded_at": AT,
    },
}


def named_checks() -> dict[str, str]:
    return {
        str(constraint.name): table.name
        for table in Base.metadata.sorted_tables
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }


def another_row(session: Session, name: str) -> dict[str, Any]:
    """A row like one that stands, as it may be added."""
    if name in SAMPLES:
        return {key: _meant(session, name, key, value) for key, value in SAMPLES[name].items()}
    table = Base.metadata.tables[name]
    row = dict(session.execute(select(table)).mappings().first() or {})
    if "id" in row and name not in ONE_ROW:
        del row["id"]
    return row | OTHERWISE.get(name, {})


def _meant(session: Session, name: str, column: str, value: Any) -> Any:
    """Give the value, or for a key that no sample can know the first, made if need be."""
    if value is not None:
        return value
    (key,) = Base.metadata.tables[name].c[column].foreign_keys
    first, other = select(key.column).order_by(key.column), key.column.table.name
    if session.scalar(first) is None:
        add(session, other, another_row(session, other))
    return session.scalar(first)


def add(session: Session, name: str, row: dict[str, Any]) -> None:
    with session.begin_nested():
        session.execute(insert(Base.metadata.tables[name]).values(row))


def test_every_named_check_is_tried() -> None:
    assert set(named_checks()) == set(BREAKS)


@pytest.mark.parametrize("check", sorted(BREAKS))
def test_what_a_check_forbids_is_refused(filled: Fund, check: str) -> None:
    session, name = filled.session, named_checks()[check]
    row = another_row(session, name)
    if name == "position":  # one row a loan: it must go before another comes
        session.execute(Base.metadata.tables[name].delete())
    if name not in ONE_ROW:
        with_room = session.begin_nested()
        add(session, name, row)  # so that nothing else can be what refuses the other
        with_room.rollback()
    broken = {column: row.get(value, value) for column, value in BREAKS[check].items()}

    with pytest.raises(IntegrityError, match=check):
        add(session, name, row | broken)


def test_a_memo_transfer_is_allowed(filled: Fund) -> None:
    row = another_row(filled.session, "ledger_entry") | OFF_BALANCE

    add(filled.session, "ledger_entry", row)


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("loan", {"contract_number": None}),
        ("borrower", {"code": None}),
        ("loan_event", {"sequence": None}),
        ("user", {"email": None}),
    ],
)
def test_what_must_be_unique_is_not_added_twice(
    filled: Fund, name: str, same: dict[str, None]
) -> None:
    row = another_row(filled.session, name)
    table = Base.metadata.tables[name]
    stands = dict(filled.session.execute(select(table)).mappings().first() or {})

    with pytest.raises(IntegrityError):
        add(filled.session, name, row | {column: stands[column] for column in same})


def test_a_voucher_number_is_given_once_a_kind(filled: Fund) -> None:
    session = filled.session
    table = Base.metadata.tables["loan_event"]
    numbered = session.execute(select(table).where(table.c.number.is_not(None))).mappings()
    row = {**dict(numbered.first() or {}), "sequence": 99, "idempotency_key": None}
    del row["id"]

    with pytest.raises(IntegrityError, match=r"ix_loan_event_number|loan_event\.number"):
        add(session, "loan_event", row)
