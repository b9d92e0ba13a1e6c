"""A notice of one loan (thông báo nợ): what is due, or overdue, on a day; as JSON and back."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from loanfund.domain.folded import FoldedLoan, fold_loan
from loanfund.domain.json_value import parse_text
from loanfund.domain.letter import Letter, LoanPart
from loanfund.domain.money import NOTHING, Money, total
from loanfund.domain.plain import from_json, to_json
from loanfund.domain.reminder import Due
from loanfund.domain.to_pay import ToPay
from loanfund.domain.working import Workings, due_days, workings

YEAR, PLACE = "{year}", "{n}"
LONGEST_PATTERN = 40
PLACEHOLDER = re.compile(r"\{n\}|\{year\}")

DUE_NOTICE, OVERDUE_NOTICE = "due_notice", "overdue_notice"
NOTICES = (DUE_NOTICE, OVERDUE_NOTICE)


def notice_kind(loan: LoanPart, day: date) -> str:
    """Give of which kind the notice of a loan is on a day."""
    return OVERDUE_NOTICE if loan.is_overdue(day) else DUE_NOTICE


def listed_dues(loan: LoanPart, day: date) -> tuple[Due, ...]:
    """Give what a notice lists: where anything is overdue all that is due, else what comes."""
    if notice_kind(loan, day) == DUE_NOTICE:
        return loan.dues
    return loan.due(day)


@dataclass(frozen=True, slots=True)
class Later:
    """What is to be paid on a later day if nothing is paid before, and how it comes about."""

    to_pay: ToPay
    workings: Workings


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a borrower is told about one loan on paper; overdue debt is to be paid by a day.

    `on_deadline` is what is to be paid on that day itself, if nothing is paid before.
    """

    told: Letter
    loan: LoanPart
    deadline: date
    workings: Workings
    on_deadline: Later | None = None

    @property
    def kind(self) -> str:
        """A loan with anything overdue gets the notice of overdue debt."""
        return notice_kind(self.loan, self.told.day)

    @property
    def goes_until(self) -> date:
        """The last day on which it may go: before its deadline, or while nothing is past."""
        if self.kind == OVERDUE_NOTICE:
            return self.deadline - timedelta(days=1)
        return min(due.due_date for due in self.dues)

    @property
    def dues(self) -> tuple[Due, ...]:
        """What the table lists."""
        return listed_dues(self.loan, self.told.day)

    @property
    def to_pay(self) -> Money:
        """What the notice asks for in all, as of its day."""
        day = self.told.day
        coming = [due.to_pay for due in self.dues if due.due_date > day]
        return self.loan.to_pay(day) + total(coming)


def parse_number_pattern(given: Any) -> str:
    """Read how a notice's number is written: `{n}/TB-QHT`, `{n}/{year}/TB`; ValueError.

    Beside `{n}`, once, and `{year}`, at most once, it has letters and `/.-` only, so that no
    two numbers of a year are ever written alike, whichever pattern wrote them.
    """
    pattern = parse_text(given)
    beside = PLACEHOLDER.split(pattern)
    is_plain = all(one.isalpha() or one in "/.-" for one in "".join(beside))
    counts = pattern.count(PLACE), pattern.count(YEAR)
    if len(pattern) > LONGEST_PATTERN or not is_plain or counts not in {(1, 0), (1, 1)}:
        raise ValueError(given)
    if not all(beside[1:-1]):  # the number stands apart from the year
        raise ValueError(given)
    return pattern


def written_number(pattern: str, number: int, year: int) -> str:
    """Write a number as papers show it, below ten with a nought: `01/TB-QHT`."""
    return pattern.replace(PLACE, f"{number:02d}").replace(YEAR, str(year))


def notice_of(told: Letter, loan: LoanPart, folded: FoldedLoan, deadline: date) -> Notice:
    """Give the notice of a loan that is folded through the day of the letter."""
    days = [due.due_date for due in listed_dues(loan, told.day)]
    found = workings(folded, days, with_penalties=bool(loan.penalties))
    notice = Notice(told=told, loan=loan, deadline=deadline, workings=found)
    if notice.kind != OVERDUE_NOTICE:
        return notice
    return replace(notice, on_deadline=_later(fold_loan(folded.history, deadline)))


def _later(folded: FoldedLoan) -> Later:
    asked = folded.to_pay()
    explained = workings(folded, due_days(folded), with_penalties=bool(asked.penalties))
    return Later(asked, explained)


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A notice that goes with a mail, as the mail names it; `count` is which time it is."""

    kind: str
    number: str
    count: int

    @property
    def file_name(self) -> str:
        """The name of its file."""
        plain = "-".join(re.findall(r"\w+", self.number))
        return f"Thong-bao_{plain}.pdf"


def beside_notices(told: Letter, noticed: Collection[str]) -> Letter | None:
    """Give what is left to say in a plain letter, beside the notices of these contracts."""
    loans = tuple(
        part
        for loan in told.loans
        if (part := _beside(told, loan) if loan.contract_number in noticed else loan).dues
    )
    return replace(told, loans=loans) if loans else None


def _beside(told: Letter, loan: LoanPart) -> LoanPart:
    listed = listed_dues(loan, told.day)
    left = tuple(due for due in loan.dues if due not in listed)
    return replace(loan, dues=left, penalties=NOTHING, from_credit=NOTHING)


def dump_notice(notice: Notice) -> dict[str, Any]:
    """Give the notice as JSON; `read_notice` undoes it."""
    alone = replace(notice.told, loans=(), beside=())  # a notice is about one loan
    plain: dict[str, Any] = to_json(replace(notice, told=alone))
    return plain


def read_notice(plain: Mapping[str, Any]) -> Notice:
    """Read a notice back from what was stored with its paper."""
    found = from_json(Notice, plain)
    return replace(found, told=replace(found.told, loans=(found.loan,)))
