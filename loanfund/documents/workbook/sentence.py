"""What is wrong with a workbook, as a sentence: where, what stands there, what is expected."""

from __future__ import annotations

from loanfund.domain.book_problem import BookProblem
from loanfund.domain.errors import LoanFundError
from loanfund.wording import explain, text


def sentence(problem: BookProblem, language: str) -> str:
    """Give e.g. `Sheet “Thu nợ”, row 12, column “Số tiền”, “1.234.567”: …`."""
    parts = [
        text(f"workbook.{name}", language, **{name: found})
        for name, found in (
            ("sheet", problem.sheet),
            ("row", problem.row),
            ("column", problem.column),
            ("value", problem.value),
        )
        if found is not None
    ]
    error = problem.facts.get("error")
    if isinstance(error, LoanFundError):
        what = explain(error, language)
    else:
        what = text(f"workbook.problem.{problem.code}", language, **problem.facts)
    place = ", ".join(parts)
    return f"{place}: {what}" if place else what[:1].upper() + what[1:]
