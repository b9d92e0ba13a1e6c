"""A notice of one loan (thông báo nợ): what is due, or overdue, on a day; as JSON and back."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from typing import Any

from loanfund.domain.json_value import parse_text
from loanfund.domain.money import Money, total
from loanfund.domain.reminder import Cited, Due, Letter, LoanPart
from loanfund.domain.statement_parts import Borrower, Fund, Signatory

YEAR, PLACE = "{year}", "{n}"
LONGEST_PATTERN = 40
PLACEHOLDER = re.compile(r"\{n\}|\{year\}")

DUE_NOTICE, OVERDUE_NOTICE = "due_notice", "overdue_notice"
NOTICES = (DUE_NOTICE, OVERDUE_NOTICE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a borrower is told about one loan on paper; overdue debt is to be paid by a day."""

    told: Letter
    loan: LoanPart
    deadline: date

    @property
    def kind(self) -> str:
        """A loan with anything overdue gets the notice of overdue debt."""
        return OVERDUE_NOTICE if self.loan.overdue(self.told.day) else DUE_NOTICE

    @property
    def dues(self) -> tuple[Due, ...]:
        """What the table lists: where anything is overdue all that is due, else what comes."""
        if self.kind == DUE_NOTICE:
            return self.loan.dues
        return tuple(due for due in self.loan.dues if due.due_date <= self.told.day)

    @property
    def to_pay(self) -> Money:
        """What the notice asks for in all."""
        asked = total([due.to_pay for due in self.dues])
        return asked + self.loan.penalties if self.kind == OVERDUE_NOTICE else asked


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
    listed = Notice(told=told, loan=loan, deadline=told.day).dues
    return replace(loan, dues=tuple(due for due in loan.dues if due not in listed))


def dump_notice(notice: Notice) -> dict[str, Any]:
    """Give the notice as JSON; `read_notice` undoes it."""
    plain: dict[str, Any] = _plain(notice)
    plain["told"]["loans"] = []  # the others have notices of their own
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, Money):
        return value.dong
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


def read_notice(plain: Mapping[str, Any]) -> Notice:
    """Read a notice back from what was stored with its paper."""
    told = plain["told"]
    fund = {**told["fund"]}
    fund["signatories"] = tuple(Signatory(**one) for one in fund["signatories"])
    loan = _loan(plain["loan"])
    letter = Letter(
        fund=Fund(**fund),
        superior=told["superior"],
        bank_account=told["bank_account"],
        borrower=Borrower(**told["borrower"]),
        day=date.fromisoformat(told["day"]),
        loans=(loan,),
    )
    return Notice(told=letter, loan=loan, deadline=date.fromisoformat(plain["deadline"]))


def _loan(plain: Mapping[str, Any]) -> LoanPart:
    money = ("penalties", "penalty_a_day", "principal_outstanding")
    return LoanPart(
        **{
            **plain,
            **{name: Money(plain[name]) for name in money},
            "contract_date": date.fromisoformat(plain["contract_date"]),
            "dues": _dues(plain["dues"]),
            "earlier": tuple(
                Cited(one["number"], date.fromisoformat(one["day"])) for one in plain["earlier"]
            ),
        }
    )


def _dues(plain: Sequence[Mapping[str, Any]]) -> tuple[Due, ...]:
    return tuple(
        Due(
            due_date=date.fromisoformat(one["due_date"]),
            principal=Money(one["principal"]),
            interest=Money(one["interest"]),
            credit=Money(one["credit"]),
        )
        for one in plain
    )
