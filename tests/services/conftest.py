"""A fund with one source of a thousand million and one borrower, for the tests of services."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from loanfund.clock import Clock, FixedClock
from tests.builders import Fund, a_lending_fund
from tests.prepared import prepared


@pytest.fixture
def fund(session: Session, clock: FixedClock) -> Fund:
    """On each database in turn; what a test does is taken back."""
    return a_lender(session, clock)


@prepared
def a_lender(session: Session, clock: Clock) -> Fund:
    return a_lending_fund(session, clock)
