"""The sheet of a month worked by hand, and a batch with where its money went."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.collection_sheet import CollectionSheet, SheetLine
from loanfund.domain.errors import NotFoundError
from loanfund.domain.money import NOTHING, Money
from loanfund.queries.collection_batch import balances_now, collected, latest_batches
from loanfund.queries.collection_sheet import (
    AskedSheet,
    Entered,
    earlier_like,
    months_to_choose,
    sheet,
)
from loanfund.services.reversal import Reverse, reverse
from tests.books import a_small_book, the_2020_book
from tests.builders import Fund, a_borrower, a_loan, repaid
from tests.services.test_collection_sheet import AN, ANH, DANG, a_sheet, posted, row
from tests.statement_count import counting

MAY, JUNE, JULY = date(2020, 5, 1), date(2020, 6, 1), date(2020, 7, 1)
TODAY = date(2020, 6, 1)


@pytest.fixture
def book(session: Session, clock: FixedClock) -> Fund:
    return a_small_book(session, clock)


def seen(fund: Fund, month: date, day: date = TODAY, **more: str) -> CollectionSheet:
    asked = AskedSheet(month=month, day=day, **more)
    return sheet(fund.session, asked, TODAY)[0]


def line(found: CollectionSheet, contract: str) -> SheetLine:
    return next(one for one in found.lines if one.contract_number == contract)


def test_rows_stand_by_name_and_are_numbered(book: Fund) -> None:
    found = seen(book, JUNE)

    assert [(one.place, one.borrower, one.source) for one in found.lines] == [
        (1, "HTX An", "QUY"),
        (2, "Hợp tác xã Ánh Dương", "QUY"),
        (3, "HTX Đặng", "VIEC"),
    ]
    assert (found.as_of, found.month_end) == (TODAY, date(2020, 6, 30))


def test_arrears_dues_and_what_to_pay_of_every_kind(book: Fund) -> None:
    """Ánh: 200 million since 15/04, interest of February to April, penalties of May.

    Interest of 31, 29 and 31 days is 1 019 178, 953 425 and 1 019 178; overdue interest of 30
    days to 15/05 is 1 479 452, of 17 more days 838 356. Đặng owes of May 4 457 534 of
    principal, 542 466 of interest and 36 986 of penalties, to which 12 days add 13 189.
    """
    found = seen(book, JUNE)

    an, anh, dang = (line(found, one).to_collect for one in (AN, ANH, DANG))
    assert (an.arrears, an.due_interest, an.amount) == (NOTHING, Money(509_589), Money(509_589))
    assert anh.arrears_principal == Money(200_000_000)
    assert anh.arrears_interest == Money(2_991_781)
    assert anh.penalties == Money(1_479_452 + 838_356)
    assert anh.amount == Money(200_000_000 + 4_471_233 + 838_356)
    assert dang.arrears_principal == Money(4_457_534)
    assert (dang.arrears_interest, dang.penalties) == (Money(542_466), Money(36_986 + 13_189))
    assert dang.due_principal == Money(10_000_000)
    assert dang.amount == Money(4_457_534 + 579_452 + 13_189 + 10_000_000 + 509_589)
    assert found.total.amount == an.amount + anh.amount + dang.amount


def test_a_month_that_is_over_shows_what_came(book: Fund) -> None:
    found = seen(book, MAY)

    assert found.as_of == date(2020, 5, 31)
    an, dang = line(found, AN), line(found, DANG)
    assert (an.received, an.to_collect.amount) == (Money(493_151), NOTHING)
    assert dang.received == Money(5_542_466)


def test_next_month_can_be_asked_about_before_it_begins(book: Fund) -> None:
    found = seen(book, JULY)

    assert found.as_of == JULY
    an = line(found, AN).to_collect
    assert (an.arrears_interest, an.due_interest) == (Money(509_589), Money(493_151))


def test_source_and_area_narrow_the_sheet_and_number_it_anew(book: Fund) -> None:
    assert [one.contract_number for one in seen(book, JUNE, source="VIEC").lines] == [DANG]
    of_area = seen(book, JUNE, area="Yên Thế").lines
    assert [(one.place, one.contract_number) for one in of_area] == [(1, ANH), (2, DANG)]
    assert seen(book, JUNE, source="QUY", area="Hiệp Hòa").lines == ()


def test_a_loan_that_closed_this_month_stays_without_an_entry(book: Fund) -> None:
    a_borrower(book, "HTX Bình")
    a_loan(book, "04/2020", borrower="htx-binh", signed_on=date(2020, 5, 20), amount=1_000_000)
    repaid(book, "04/2020", TODAY, 2_000_000)

    closed = line(seen(book, JUNE), "04/2020")

    assert not closed.is_open
    assert (closed.received, closed.to_collect.amount) == (Money(2_000_000), NOTHING)
    assert "04/2020" not in [one.contract_number for one in seen(book, JULY).lines]


def test_the_sheet_follows_what_is_posted(book: Fund) -> None:
    posted(book, a_sheet())

    found = seen(book, JUNE)

    assert line(found, AN).received == Money(509_589)
    assert line(found, AN).to_collect.amount == NOTHING
    assert line(found, DANG).to_collect.amount == Money(15_559_764 - 5_000_000)
    assert line(found, AN).version > 0


def test_forty_eight_rows_ask_no_more_of_the_database_than_three(
    session: Session, engine: Engine, clock: FixedClock
) -> None:
    the_2020_book(session, clock)
    asked = AskedSheet(month=JUNE, day=TODAY)
    with counting(engine) as first:
        found, choices = sheet(session, asked, TODAY)
    with counting(engine) as again:
        sheet(session, asked, TODAY)

    assert len(found.lines) >= 48
    assert choices.sources
    assert len(first) <= 10
    assert len(again) < len(first)  # what was folded once is remembered


def test_months_to_choose_begin_with_the_next_one() -> None:
    found = months_to_choose(TODAY, date(2015, 3, 1))

    assert found[:3] == [JULY, JUNE, MAY]
    assert (len(found), found[-1]) == (14, date(2015, 3, 1))


def test_receipts_that_look_like_a_row_are_found_at_once(book: Fund) -> None:
    repaid(book, AN, TODAY, 509_589, reference="FT01")
    repaid(book, ANH, TODAY, 1_000_000, reference="FT02")
    rows = {one.contract_number: one.loan_id for one in seen(book, JUNE).lines}
    entered = [
        Entered(1, rows[AN], 1, TODAY, Money(509_589), None),
        Entered(2, rows[ANH], 2, TODAY, Money(7), "FT01"),
        Entered(3, rows[DANG], 3, TODAY, Money(7), None),
    ]

    alike, same = earlier_like(book.session, entered)

    assert {place: one.contract_number for place, one in alike.items()} == {1: AN}
    assert {place: [one.contract_number for one in found] for place, found in same.items()} == {
        2: [AN]
    }


def test_what_was_reversed_looks_like_nothing(book: Fund) -> None:
    sequence = repaid(book, AN, TODAY, 509_589, reference="FT01").result["event"]
    wrong = Reverse(contract_number=AN, sequence=sequence, reason="Nhầm")
    reverse(book.session, wrong, book.officer, book.clock)
    loan_id = line(seen(book, JUNE), AN).loan_id

    found = earlier_like(book.session, [Entered(1, loan_id, 1, TODAY, Money(509_589), "FT01")])

    assert found == ({}, {})


# Batches


def test_a_batch_shows_where_the_money_of_each_receipt_went(book: Fund) -> None:
    """Đặng's 5 000 000: 4 457 534 of principal, then 542 466 of interest, by the order §7.3."""
    done = posted(book, a_sheet(row(2, DANG, reference="FT9"), row(1, AN)))

    found = collected(book.session, done.result["batch"])

    assert (found.number, found.month, found.source) == ("BT-2020/000001", JUNE, None)
    assert (found.recorded_by, found.amount) == ("Lê An", Money(5_509_589))
    first, second = found.lines
    assert (first.place, first.borrower, first.receipt) == (1, "HTX An", "TTG-2020/000008")
    assert (second.place, second.method, second.reference) == (2, "bank", "FT9")
    assert second.parts is not None
    assert (second.parts.principal, second.parts.interest) == (Money(4_457_534), Money(542_466))
    assert found.parts == (NOTHING, Money(542_466), Money(4_457_534), Money(509_589))


def test_a_reversed_receipt_no_longer_counts(book: Fund) -> None:
    batch = posted(book, a_sheet()).result["batch"]
    anh = next(
        one for one in collected(book.session, batch).lines if one.contract_number == ANH
    )
    wrong = Reverse(contract_number=ANH, sequence=anh.sequence, reason="Nhầm")
    reverse(book.session, wrong, book.officer, book.clock)

    found = collected(book.session, batch)

    assert [one.contract_number for one in found.standing] == [AN, DANG]
    assert found.amount == Money(5_509_589)
    assert found.lines[1].parts is None
    assert found.lines[1].reversed_at is not None
    assert [(one.receipts, one.reversed) for one in latest_batches(book.session, JUNE)] == [
        (3, 1)
    ]
    assert latest_batches(book.session, MAY) == []


def test_balances_of_the_loans_of_a_batch_stand_by_loan(book: Fund) -> None:
    batch = posted(book, a_sheet()).result["batch"]

    found = balances_now(book.session, batch, TODAY)

    outstanding = sorted(one.principal_outstanding.dong for one in found.values())
    assert outstanding == [100_000_000, 100_000_000, 197_000_000]


def test_an_unknown_batch_is_not_found(session: Session) -> None:
    with pytest.raises(NotFoundError):
        collected(session, 1_000_000)
