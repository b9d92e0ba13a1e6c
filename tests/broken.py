"""Loans broken by hand, as no program of ours stores them: ways in which one does not read."""

from __future__ import annotations

import json
from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.orm import Session

Break = Callable[[Session, str], None]


def _stored(kind: str, payload: object) -> Break:
    """Append the row of an event that is not what it says, and count the version up."""

    def apply(session: Session, contract: str) -> None:
        session.execute(
            text(
                "INSERT INTO loan_event (loan_id, sequence, type, value_date, amount, payload,"
                " recorded_at, recorded_by) SELECT loan_id, 1 + max(sequence), :kind,"
                " max(value_date), 5, :payload, max(recorded_at), max(recorded_by)"
                " FROM loan_event WHERE loan_id = (SELECT id FROM loan WHERE"
                " contract_number = :contract) GROUP BY loan_id"
            ),
            {"kind": kind, "payload": json.dumps(payload), "contract": contract},
        )
        _touch(session, contract)

    return apply


def _terms(session: Session, contract: str) -> None:
    session.execute(
        text(
            "DELETE FROM position WHERE loan_id = (SELECT id FROM loan WHERE"
            " contract_number = :contract)"
        ),
        {"contract": contract},
    )
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("ALTER TABLE loan DISABLE TRIGGER ALL"))
    session.execute(
        text("UPDATE loan SET repayment_method = 'balloon' WHERE contract_number = :contract"),
        {"contract": contract},
    )


def _touch(session: Session, contract: str) -> None:
    session.execute(
        text("UPDATE loan SET version = version + 1 WHERE contract_number = :contract"),
        {"contract": contract},
    )


_MONEY = {"id": "99", "date": "2020-06-01", "amount": 5}
WAYS: dict[str, Break] = {
    "unknown type": _stored("gift", {"type": "gift", **_MONEY}),
    "field missing": _stored("repayment", {"id": "99", "type": "repayment"}),
    "no object": _stored("repayment", ["repayment"]),
    "not of its kind": _stored("repayment", {"type": "repayment", **_MONEY, "amount": "5"}),
    "unknown rule set": _stored(
        "amend", {"id": "99", "type": "amend", "terms": {"debt_rule_set": "basel"}}
    ),
    "unknown method": _terms,
    "impossible": _stored("recovery", {"type": "recovery", **_MONEY}),
}
