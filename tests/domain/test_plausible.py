"""A wrong unit, a digit too many or a wrong year is asked about; what books hold is not."""

from dataclasses import replace
from datetime import date

import pytest

from loanfund.domain.beyond_dues import Asked, Limit
from loanfund.domain.book import Book
from loanfund.domain.book_problem import ProblemCode
from loanfund.domain.money import Money, Rate
from loanfund.domain.plausible import implausible_rows, life_of
from tests.domain.test_book_check import a_book, a_contract, a_disbursement, a_receipt

# Of the contract of the small book, where a test leaves its sheet out.
LIVES = {"01/2019": life_of(a_contract())}
Found = list[tuple[str | None, str | None, ProblemCode]]


def found(book: Book) -> Found:
    return [(one.sheet, one.column, one.code) for one in implausible_rows(book, LIVES)]


def test_a_usual_book_is_not_asked_about() -> None:
    assert found(a_book()) == []


@pytest.mark.parametrize(
    ("percent", "is_asked"), [("0.55", True), ("0.9999", True), ("1", False), ("30", False)]
)
def test_a_rate_below_one_or_above_thirty_percent_is_asked_about(
    percent: str, *, is_asked: bool
) -> None:
    book = Book(contracts=(replace(a_contract(), annual_rate=Rate.percent(percent)),))

    assert bool(found(book)) is is_asked


def test_amounts_filled_in_in_millions_are_asked_about() -> None:
    book = Book(
        contracts=(replace(a_contract(), amount=Money(500)),),
        disbursements=(replace(a_disbursement(), amount=Money(999_999)),),
        receipts=(replace(a_receipt(), amount=Money(999)),),
    )

    assert found(book) == [
        ("Hợp đồng", "Số tiền duyệt", ProblemCode.IMPLAUSIBLY_SMALL),
        ("Giải ngân", "Số tiền", ProblemCode.IMPLAUSIBLY_SMALL),
        ("Thu nợ", "Số tiền", ProblemCode.IMPLAUSIBLY_SMALL),
    ]


@pytest.mark.parametrize(  # signed on 01/03/2019 for 24 months
    ("day", "of_disbursement", "of_receipt"),
    [
        (date(2019, 2, 28), True, True),
        (date(2019, 3, 1), False, False),
        (date(2021, 3, 1), False, False),
        (date(2021, 3, 2), True, False),
        (date(2026, 3, 1), True, False),
        (date(2026, 3, 2), True, True),
    ],
)
def test_a_day_outside_the_life_of_the_contract_is_asked_about(
    day: date, *, of_disbursement: bool, of_receipt: bool
) -> None:
    lent = Book(
        contracts=(a_contract(),),
        disbursements=(replace(a_disbursement(), value_date=day),),
    )
    paid = Book(contracts=(a_contract(),), receipts=(replace(a_receipt(), value_date=day),))

    assert bool(found(lent)) is of_disbursement
    assert bool(found(paid)) is of_receipt


@pytest.mark.parametrize(
    ("amount", "due", "next_due", "expected"),
    [
        (3_000_000, 1_000_000, 0, False),
        (3_000_001, 1_000_000, 0, True),
        (3_000_001, 1_000_000, 2_000_000, False),  # three times the greater of the two
        (1, 0, 0, True),
        (90_000_000, 1_000_000, 0, False),  # the settlement amount
        (90_000_001, 50_000_000, 0, True),  # beyond it
    ],
)
def test_far_more_than_is_owed_is_asked_about(
    amount: int, due: int, next_due: int, *, expected: bool
) -> None:
    asked = Asked(Money(due), Money(next_due), Money(90_000_000))

    assert (asked.limit(Money(amount)) is not None) is expected


def test_a_little_more_than_settles_is_asked_about_only_where_it_is_typed() -> None:
    asked = Asked(Money(50_000_000), Money(0), Money(90_000_000))

    assert asked.limit(Money(90_000_001)) is Limit.SETTLEMENT
    assert not asked.is_far_below(Money(90_000_001))


@pytest.mark.parametrize(
    ("amount", "due", "next_due", "is_asked"),
    [
        (1_500, 1_630_964, 1_681_644, True),  # `1500` typed for 1.500.000
        (9_999, 0, 1_681_644, True),
        (10_000, 1_630_964, 1_681_644, False),
        (3_567, 3_567, 1_681_644, False),  # just what is due
        (1_500, 12_000, 15_000, False),  # not far from it
    ],
)
def test_next_to_nothing_of_what_is_due_is_asked_about(
    amount: int, due: int, next_due: int, *, is_asked: bool
) -> None:
    asked = Asked(Money(due), Money(next_due), Money(300_000_000))

    assert asked.limit(Money(amount)) is (Limit.TOO_LITTLE if is_asked else None)
