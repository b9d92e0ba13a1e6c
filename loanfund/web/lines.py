"""Fields that hold a list as text, read line by line, each refused by its number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wtforms.validators import ValidationError

from loanfund.domain.errors import InvalidInputError, LoanFundError
from loanfund.domain.money import Money
from loanfund.domain.terms import PlannedInstalment
from loanfund.web.context import language, today
from loanfund.wording import explain
from loanfund.wording.reading import read_amount, read_day


def read_lines(typed: str, read: Callable[[str], Any]) -> list[Any]:
    """Read a text line by line, empty ones left out; ValidationError names one that cannot."""
    found = []
    for number, line in enumerate(typed.splitlines(), start=1):
        try:
            found += [read(line.strip())] if line.strip() else []
        except LoanFundError as error:
            why = InvalidInputError("plan_line", line=number, why=explain(error, language()))
            raise ValidationError(explain(why, language())) from error
    return found


def read_instalment(line: str) -> PlannedInstalment:
    """Read a day and an amount: `15/07/2020 50.000.000`."""
    day, _, amount = line.replace("\t", " ").partition(" ")
    return PlannedInstalment(read_day(day, today()), Money(read_amount(amount)))
