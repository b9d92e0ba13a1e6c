"""What is wrong with a row of a workbook, as a proposal keeps it."""

from __future__ import annotations

from typing import Any

from loanfund.domain.book_problem import BookProblem
from loanfund.domain.fact_json import dump_facts


def dump_problem(one: BookProblem) -> dict[str, Any]:
    """Give a problem as plain JSON: where it stands, and what is expected."""
    names = ("code", "sheet", "row", "column", "value")
    return {**{name: getattr(one, name) for name in names}, "facts": dump_facts(one.facts)}
