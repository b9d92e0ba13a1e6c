"""Every loan at the ends of many months and in the current one, with what was collected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy.orm import Session

from loanfund.domain.calendar import add_months, month_ends
from loanfund.domain.monthly import Months, monthly
from loanfund.domain.setting import SettingBook
from loanfund.models.loan import Loan
from loanfund.queries._memory import Memory, load_these, loan_keys
from loanfund.queries._month import movable
from loanfund.queries._standing import Moment
from loanfund.store.unreadable import leaving_out

MONTHS = 13

_remembered: Memory[Months] = Memory()


def last_month_ends(as_of: date) -> list[date]:
    """Give the last thirteen month ends through a day, oldest first."""
    following = as_of + timedelta(days=1)
    last = following.replace(day=1) - timedelta(days=1)
    return month_ends(add_months(last.replace(day=1), 1 - MONTHS), last)


def months_of_loans(
    session: Session, settings: SettingBook, moment: Moment
) -> dict[int, Months]:
    """Give each loan at the last month ends and so far; one fold a loan at most.

    Loans that were over before the first of these months are left out: nothing of them shows.
    """
    ends = last_month_ends(moment.as_of)
    wanted = (Loan.state != "draft", *movable(ends[0].replace(day=1), moment))

    def fold(ids: Sequence[int]) -> Mapping[int, Months]:
        months = {}
        for loan in load_these(session, settings, moment, ids):
            with leaving_out(session, loan):
                history = loan.history()
                months[loan.id] = monthly(history, ends, moment.as_of, loan.rule_sets)
        return months

    keys = loan_keys(session, settings, moment, *wanted)
    return _remembered.recall(
        {loan_id: (*key, moment.as_of) for loan_id, key in keys.items()}, fold
    )
