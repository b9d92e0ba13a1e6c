"""How the program refused, for tests that look at it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from loanfund.domain.errors import LoanFundError


def refusal_of(act: Callable[[], object]) -> LoanFundError:
    with pytest.raises(LoanFundError) as refusal:
        act()
    return refusal.value
