"""What a workbook adds up to, by capital source."""

from dataclasses import replace
from datetime import date

from loanfund.domain.book import Book
from loanfund.domain.book_sums import Range, Sums, sums_by_source
from loanfund.domain.money import Money, Rate
from tests.domain.test_book_check import a_contract, a_receipt


def test_each_source_has_its_own_sums_and_ranges() -> None:
    first = a_contract()
    second = replace(
        a_contract(3, "02/2019"),
        signed_on=date(2018, 5, 1),
        amount=Money(10_000_000),
        annual_rate=Rate.percent("7.2"),
        term_months=12,
    )
    other = replace(a_contract(4, "03/2019"), source="QVL")
    paid = replace(a_receipt(), contract="99/2018", amount=Money(7))
    book = Book(contracts=(first, second, other), receipts=(paid,))

    own, lent = sums_by_source(book, {"99/2018": "QVL"})

    assert own.source == "QHT"
    assert own.approved == Sums(
        rows=2,
        amount=Money(100_000_000),
        amounts=Range(Money(10_000_000), Money(90_000_000)),
        days=Range(date(2018, 5, 1), date(2019, 3, 1)),
    )
    assert own.rates == Range(Rate.percent("6.6"), Rate.percent("7.2"))
    assert own.terms == Range(12, 24)
    assert own.disbursed is own.received is None
    assert lent.approved is not None
    assert lent.approved.rows == 1
    assert lent.received is not None
    assert (lent.received.rows, lent.received.amount) == (1, Money(7))
