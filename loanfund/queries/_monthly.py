"""Every loan at the ends of many months, with what each month collected (rules §10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy.orm import Session

from loanfund.domain.monthly import MonthEnd, monthly
from loanfund.domain.setting import SettingBook
from loanfund.models.loan import Loan
from loanfund.queries._memory import Memory, load_these, loan_keys
from loanfund.queries._month import movable
from loanfund.queries._standing import Moment

Months = tuple[MonthEnd | None, ...]

_remembered: Memory[Months] = Memory()


def months_of_loans(
    session: Session, settings: SettingBook, moment: Moment, ends: Sequence[date]
) -> dict[int, Months]:
    """Give each loan at some month ends in a row, oldest first; one fold a loan at most.

    Loans that were over before the first of these months are left out: nothing of them shows.
    """
    wanted = (Loan.state != "draft", *movable(ends[0].replace(day=1), moment))

    def fold(ids: Sequence[int]) -> Mapping[int, Months]:
        loans = load_these(session, settings, moment, ids, wanted)
        return {loan.id: monthly(loan.history(), ends, loan.rule_sets) for loan in loans}

    keys = loan_keys(session, settings, moment, *wanted)
    return _remembered.recall(
        {loan_id: (*key, ends[0], ends[-1]) for loan_id, key in keys.items()}, fold
    )
