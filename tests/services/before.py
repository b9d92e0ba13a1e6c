"""Proposals as they were before the program kept what their makers saw."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from loanfund.models.proposal import Proposal
from loanfund.store.request_key import fingerprint
from tests.builders import Fund


def alter(fund: Fund, number: int, values: dict[str, Any]) -> None:
    """Change a row as only who owns the tables can."""
    session: Session = fund.session
    on_table = " ON proposal" if session.get_bind().dialect.name == "postgresql" else ""
    session.execute(text(f"DROP TRIGGER proposal_stays{on_table}"))
    session.execute(update(Proposal).where(Proposal.id == number).values(**values))
    session.flush()
    session.expire_all()


def of_before(fund: Fund, number: int) -> None:
    """Make a proposal one of before the program kept what was seen."""
    payload = fund.session.get_one(Proposal, number).payload
    alter(fund, number, {"seen": None, "payload_hash": fingerprint(payload)})
