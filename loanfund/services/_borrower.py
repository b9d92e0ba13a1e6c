"""What is stored of a borrower, with what finds it, its area and sector as they are kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.borrower import BorrowerFacts
from loanfund.domain.code import fold_code
from loanfund.models.borrower import Borrower
from loanfund.wording import fold

FREE = ("area", "sector")  # typed freely, and then chosen among


def columns_of(facts: BorrowerFacts) -> dict[str, Any]:
    """Give the columns of what is known, names folded besides for who searches."""
    representative = facts.legal_representative
    return {
        **asdict(facts),
        "code_fold": fold_code(facts.code),
        "folded_name": fold(facts.name),
        "folded_representative": fold(representative) if representative else None,
    }


@dataclass(frozen=True, slots=True)
class KeptNames:
    """How areas and sectors are spelled in the book, by field and by what spellings share."""

    known: dict[tuple[str, str], str]

    def in_kept_spelling(self, facts: BorrowerFacts) -> BorrowerFacts:
        """Give the facts with area and sector as the book spells them; a new one is kept."""
        spelled = {
            name: self.known.setdefault((name, _shared(typed)), " ".join(typed.split()))
            for name in FREE
            if (typed := getattr(facts, name))
        }
        return replace(facts, **spelled)


def kept_names(session: Session, *, but: str = "") -> KeptNames:
    """Give the areas and sectors of all borrowers but one, by its code; the usual spelling."""
    query = select(Borrower.area, Borrower.sector).where(Borrower.code != but)
    counted = Counter(
        (name, spelling)
        for row in session.execute(query)
        for name in FREE
        if (spelling := getattr(row, name))
    )
    rare_first = sorted(counted, key=lambda one: (counted[one], one))
    return KeptNames({(name, _shared(spelling)): spelling for name, spelling in rare_first})


def _shared(typed: str) -> str:
    """Give what spellings of one name share: letter case, width and spaces aside."""
    return " ".join(fold_code(typed).split())
