"""What is stored of a borrower, with what finds it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from loanfund.domain.borrower import BorrowerFacts
from loanfund.domain.code import fold_code
from loanfund.wording import fold


def columns_of(facts: BorrowerFacts) -> dict[str, Any]:
    """Give the columns of what is known, names folded besides for who searches."""
    representative = facts.legal_representative
    return {
        **asdict(facts),
        "code_fold": fold_code(facts.code),
        "folded_name": fold(facts.name),
        "folded_representative": fold(representative) if representative else None,
    }
