"""A book with at least one row in every table that a test may try to spoil."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.money import Money
from loanfund.models.document import Document
from loanfund.models.proposal import Proposal
from loanfund.services import _proposable
from loanfund.services._capital import MoveCapital
from loanfund.services.collection_sheet import PostSheet, SheetRow, post_sheet
from loanfund.services.period import close_month
from loanfund.services.proposal import Decide, Propose, propose, send_back
from loanfund.services.reconcile import reconcile_loan
from loanfund.services.repayment import Repay
from tests.builders import Fund, a_loan, repaid
from tests.prepared import prepared
from tests.services.conftest import a_lender

AT = datetime(2020, 6, 1, 2, 0, tzinfo=UTC)


@pytest.fixture
@prepared
def filled(session: Session, clock: FixedClock) -> Fund:
    """A loan paid once and by a batch, a closed month, a paper, and a proposal sent back."""
    fund = a_lender(session, clock)
    a_loan(fund)
    repaid(fund, "01/2020", date(2020, 2, 10), 509_589)
    paid = Repay(contract_number="01/2020", value_date=date(2020, 3, 10), amount=Money(476_712))
    sheet = PostSheet(
        month=date(2020, 3, 1), source=None, rows=(SheetRow(1, paid),), key="k-sheet"
    )
    post_sheet(session, sheet, fund.officer, clock)
    reconcile_loan(session, "01/2020", date(2020, 1, 31), fund.accountant, clock)
    close_month(session, date(2020, 1, 31), fund.accountant, clock, fund.manager)
    session.add(
        Document(
            kind="statement",
            number="SK-2020/000001",
            code="0" * 12,
            loan_id=None,
            period_from=date(2020, 1, 1),
            period_to=date(2020, 1, 31),
            known_at=AT,
            content={},
            sha256="",
            file=b"%PDF",
            issued_at=AT,
            issued_by=fund.officer.user_id,
        )
    )
    session.flush()
    a_proposal_sent_back(fund)
    return fund


def a_proposal_sent_back(fund: Fund) -> None:
    """Let the accountant propose a withdrawal of capital, and the manager return it."""
    taken = MoveCapital(
        source_code="QUY", value_date=date(2020, 3, 1), amount=Money(-1), contributor="UBND"
    )
    asked = Propose(proposed=_proposable.capital_movement(taken))
    waiting = propose(fund.session, asked, fund.accountant, fund.clock)
    content = fund.session.get_one(Proposal, waiting).payload_hash
    answer = Decide(proposal_id=waiting, payload_hash=content, reason="Chưa có quyết định")
    send_back(fund.session, answer, fund.manager, fund.clock)
