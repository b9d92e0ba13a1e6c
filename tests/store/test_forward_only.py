"""On PostgreSQL the database itself keeps approved terms, and lets locks go forward only."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import delete, literal_column, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from loanfund.models.audit import AuditHead
from loanfund.models.base import Base
from loanfund.models.loan import Loan
from loanfund.models.period import Books
from loanfund.services._contract import Decide
from loanfund.services.contract import cancel_contract
from tests.builders import Fund, a_contract
from tests.services.drafts import a_draft

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.parametrize("engine", ["postgresql"], indirect=True),
]
LOAN = "01/2020"
MOVES = {"version", "reconciled_through", "state"}
TERMS = [one.name for one in Base.metadata.tables["loan"].columns if one.name not in MOVES]


def refused(session: Session, statement: Any) -> None:
    with pytest.raises(IntegrityError, match=r"stay|grows"), session.begin_nested():
        session.execute(statement)


@pytest.mark.parametrize("column", TERMS)
def test_no_term_of_an_approved_contract_changes(filled: Fund, column: str) -> None:
    """Whatever the type of the column: it takes the value of another, or nothing."""
    session = filled.session
    kind = session.scalar(
        text(
            "SELECT udt_name FROM information_schema.columns"
            " WHERE table_name = 'loan' AND column_name = :column"
        ),
        {"column": column},
    )
    other = {
        "text": "md5(random()::text)",
        "int8": "coalesce({0}, 0) + 1",
        "int4": "coalesce({0}, 0) + 1",
        "date": "{0} + 1",
        "jsonb": """'{{"rổ": 1}}'""",
        "timestamptz": "coalesce({0}, now()) + interval '1 s'",
        "bool": "NOT {0}",
    }[str(kind)].format(column)

    approved = update(Base.metadata.tables["loan"]).where(Loan.contract_number == LOAN)
    refused(session, approved.values({column: literal_column(other)}))


@pytest.mark.parametrize(
    "backwards", [{"version": 0}, {"state": "draft"}], ids=["version", "state"]
)
def test_an_approved_contract_does_not_go_back(filled: Fund, backwards: dict[str, Any]) -> None:
    approved = Loan.contract_number == LOAN

    refused(filled.session, update(Loan).where(approved).values(**backwards))
    refused(filled.session, delete(Loan).where(approved))


def test_a_draft_changes_and_an_approved_contract_can_be_cancelled(filled: Fund) -> None:
    session = filled.session
    a_draft(filled, contract_number="02/2020")
    session.execute(update(Loan).where(Loan.state == "draft").values(purpose="Xưởng"))
    a_contract(filled, "03/2020")

    cancelled = Decide(contract_number="03/2020", reason="Không giải ngân")
    cancel_contract(session, cancelled, filled.officer, filled.clock)

    states = select(Loan.state).order_by(Loan.contract_number)
    assert list(session.scalars(states)) == ["approved", "draft", "cancelled"]
    refused(session, update(Loan).where(Loan.state == "cancelled").values(state="approved"))


@pytest.mark.parametrize("day", [None, date(2019, 12, 31)])
def test_a_closed_month_stays_closed(filled: Fund, day: date | None) -> None:
    session = filled.session
    assert session.scalar(select(Books.closed_through)) == date(2020, 1, 31)

    refused(session, update(Books).values(closed_through=day))
    refused(session, delete(Books))
    session.execute(update(Books).values(closed_through=date(2020, 2, 29)))


def test_the_audit_log_only_grows(filled: Fund) -> None:
    session = filled.session
    refused(session, update(AuditHead).values(line=AuditHead.line - 1))
    refused(session, update(AuditHead).values(hash="0" * 64))
    refused(session, delete(AuditHead))
