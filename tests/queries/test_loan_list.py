"""The list of loans: found however typed, filtered, sorted as names are, added up."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.money import Money
from loanfund.queries._loan_row import Figure, LoanRow, Plain
from loanfund.queries._standing import Moment
from loanfund.queries.loan_list import (
    ALL,
    NO_AREA,
    PAGE_SIZE,
    SORT_NAMES,
    Asked,
    LoanList,
    loan_list,
)
from loanfund.services._contract import ContractFacts
from loanfund.services.contract import draft_contract
from loanfund.services.restructuring import Freeze, WriteOff, restructure
from tests.books import a_small_book, known_figures
from tests.builders import (
    A_YEAR_AT_SIX_PERCENT,
    Fund,
    a_borrower,
    a_contract,
    a_loan,
    repaid,
)

MAY = Moment(date(2020, 5, 31))
JUNE = Moment(date(2020, 6, 1))
AN, ANH, DANG = "01/2020/HĐTD", "02/2020/HĐTD", "03/2020/HĐTD"


def numbers(found: LoanList) -> list[str]:
    return [row.facts.contract_number for row in found.rows]


def the_row(session: Session, number: str, moment: Moment = JUNE) -> LoanRow:
    return loan_list(session, moment, Asked(q=number, status=ALL)).rows[0]


@pytest.fixture
def book(session: Session, clock: FixedClock) -> Fund:
    return a_small_book(session, clock)


def test_an_empty_book_says_so(session: Session) -> None:
    found = loan_list(session, JUNE, Asked())

    assert (found.is_book_empty, found.rows, found.pages) == (True, (), 1)


def test_names_stand_in_the_order_of_the_alphabet(book: Fund) -> None:
    a_borrower(book, "HTX Dũng")
    a_loan(book, "04/2020/HĐTD", borrower="htx-dung", amount=1_000_000)

    found = loan_list(book.session, JUNE, Asked())

    names = [row.facts.borrower for row in found.rows]
    assert names == ["HTX An", "Hợp tác xã Ánh Dương", "HTX Dũng", "HTX Đặng"]


TYPED: tuple[tuple[str, list[str]], ...] = (
    ("anh duong", [ANH]),
    ("Ánh Dương", [ANH]),
    ("duong anh", [ANH]),
    ("htx duong", [ANH]),
    ("HỢP TÁC XÃ dặng", [DANG]),
    ("hop tac", [ANH]),
    ("dang", [DANG]),
    ("đặng htx", [DANG]),
    ("ang", []),  # words are found by how they begin
    ("02/2020", [ANH]),
    ("022020hdtd", [ANH]),
    ("2/2020", [ANH]),
    ("02-2020-HĐTD", [ANH]),
    ("2409010000", [AN]),
    ("9010", [AN]),
    ("0204 3854", [ANH]),
    ("02043854321", [ANH]),
    ("an 2409010000", [AN]),
    ("an 02/2020", [ANH]),
    ("dang 02/2020", []),
    ("%", [AN, ANH, DANG]),  # punctuation asks for nothing
    ("' OR 1=1 --", []),
    ("x" * 5_000, []),
)


def test_a_loan_is_found_however_it_is_typed(book: Fund) -> None:
    for typed, expected in TYPED:
        assert numbers(loan_list(book.session, JUNE, Asked(q=typed))) == expected, typed


def test_where_loans_stand_is_said_in_plain_words(book: Fund) -> None:
    session = book.session

    assert [the_row(session, one, MAY).plain for one in (AN, ANH, DANG)] == [
        Plain.PAID_UP,
        Plain.OVERDUE,
        Plain.OVERDUE,
    ]
    assert the_row(session, ANH, Moment(date(2020, 2, 20))).plain is Plain.OWES_INTEREST
    assert the_row(session, AN, Moment(date(2020, 2, 9))).plain is Plain.PAID_UP


def test_on_its_due_date_interest_is_not_yet_owed(session: Session) -> None:
    a_small_book(session, FixedClock(date(2020, 6, 10)))

    row = the_row(session, AN, Moment(date(2020, 6, 10)))

    assert (row.plain, row.interest_to_pay) == (Plain.PAID_UP, Money(509_589))


def test_loans_before_and_after_they_run_are_listed_too(book: Fund) -> None:
    session, clock = book.session, book.clock
    repaid(book, AN, date(2020, 6, 1), 200_000_000)
    written_off = WriteOff(contract_number=ANH, value_date=date(2020, 6, 1))
    restructure(session, written_off, book.officer, clock, book.manager)
    a_contract(book, "09/2020", borrower="htx-an", signed_on=date(2020, 6, 1))
    terms = {"amount": 1_000_000, **A_YEAR_AT_SIX_PERCENT}
    facts = ContractFacts(
        contract_number="10/2020",
        borrower_code="htx-an",
        source_code="QUY",
        signed_on=date(2020, 6, 1),
        terms=terms,
    )
    draft_contract(session, facts, book.officer, clock)
    frozen = Freeze(contract_number=DANG, value_date=date(2020, 6, 1), until=date(2020, 9, 1))
    restructure(session, frozen, book.officer, clock, book.manager)

    found = loan_list(session, JUNE, Asked(status=ALL))

    assert {row.facts.contract_number: row.plain for row in found.rows} == {
        AN: Plain.CLOSED,
        ANH: Plain.WRITTEN_OFF,
        DANG: Plain.FROZEN,
        "09/2020": Plain.UNDISBURSED,
        "10/2020": Plain.DRAFT,
    }
    assert found.of_status["current"] == 3
    assert numbers(loan_list(session, JUNE, Asked())) == ["09/2020", "10/2020", DANG]
    assert "09/2020" not in numbers(loan_list(session, MAY, Asked(status=ALL)))
    frozen_debt = Asked(figure=Figure.BAD_DEBT, source="VIEC")
    assert loan_list(session, JUNE, frozen_debt).totals.part == Money(104_457_534)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (Asked(source="QUY"), [AN, ANH]),
        (Asked(source="' OR ''='"), []),
        (Asked(status="paid_up"), [AN]),
        (Asked(status="closed"), []),
        (Asked(group=4), [ANH]),
        (Asked(area="Yên Thế"), [ANH, DANG]),
        (Asked(sector="Vận tải"), [DANG]),
        (Asked(sector=NO_AREA), [ANH]),
        (Asked(area="Yên Thế", source="VIEC"), [DANG]),
        (Asked(figure=Figure.OVERDUE_PRINCIPAL), [ANH, DANG]),
        (Asked(figure=Figure.ON_TIME), [AN, DANG]),
        (Asked(figure=Figure.SOON), [DANG]),
    ],
    ids=str,
)
def test_filters_narrow_the_list(book: Fund, asked: Asked, expected: list[str]) -> None:
    assert numbers(loan_list(book.session, MAY, asked)) == expected


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("contract", [AN, ANH, DANG]),
        ("outstanding", [AN, DANG, ANH]),
        ("overdue", [DANG, ANH, AN]),  # nothing comes last both ways
        ("days", [DANG, ANH, AN]),
        ("next_due", [DANG, AN, ANH]),
        ("source", [AN, ANH, DANG]),
    ],
)
def test_columns_sort(book: Fund, sort: str, expected: list[str]) -> None:
    assert numbers(loan_list(book.session, MAY, Asked(sort=sort))) == expected


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("sort", SORT_NAMES)
def test_every_column_sorts_both_ways(book: Fund, sort: str, *, descending: bool) -> None:
    asked = Asked(sort=sort, descending=descending, figure=Figure.OUTSTANDING)

    assert sorted(numbers(loan_list(book.session, MAY, asked))) == [AN, ANH, DANG]


def test_totals_are_of_everything_that_was_found(book: Fund) -> None:
    found = loan_list(book.session, MAY, Asked(source="QUY"))

    assert found.totals.outstanding == Money(300_000_000)
    assert found.totals.overdue_principal == Money(200_000_000)
    # Ánh: three months' interest, the overdue interest of 15/05, and 16 days of it since.
    assert found.totals.interest_to_pay == Money(2_991_781 + 1_479_452 + 789_041)
    assert found.totals.to_pay == found.totals.overdue_principal + found.totals.interest_to_pay
    assert found.totals.part is None


def test_another_loan_of_the_borrower_makes_the_group_worse(book: Fund) -> None:
    a_loan(book, "04/2020/HĐTD", borrower="hop-tac-xa-anh-duong", amount=1_000_000)
    repaid(book, "04/2020/HĐTD", date(2020, 5, 20), 20_000)

    row = the_row(book.session, "04/2020", MAY)

    assert (row.own_group, row.final_group) == (1, 4)
    assert row.group_by_contagion


def test_filters_offer_what_there_is(book: Fund) -> None:
    offered = loan_list(book.session, JUNE, Asked(q="nothing like it")).choices

    assert offered.sources == (("QUY", "Nguồn QUY"), ("VIEC", "Nguồn VIEC"))
    assert offered.areas == ("Lục Ngạn", "Yên Thế")
    assert offered.sectors == ("Trồng trọt", "Vận tải", NO_AREA)


def test_a_long_list_comes_in_pages(read_2020: Session) -> None:
    expected = known_figures()["2020-05-31"]

    first = loan_list(read_2020, MAY, Asked(status=ALL))
    last = loan_list(read_2020, MAY, Asked(status=ALL, page=99))

    assert (first.count, first.pages, len(first.rows)) == (94, 2, PAGE_SIZE)
    assert (last.page, len(last.rows)) == (2, 44)
    assert not set(numbers(first)) & set(numbers(last))
    total = sum(one["outstanding"] for one in expected.values())
    assert first.totals.outstanding == last.totals.outstanding == Money(total)


def test_the_2020_book_by_group_is_known(read_2020: Session) -> None:
    expected = known_figures()["2020-05-31"]

    for source, known in expected.items():
        for group, amount in known["outstanding_by_own_group"].items():
            asked = Asked(source=source, group=int(group), figure=Figure.OUTSTANDING)
            assert loan_list(read_2020, MAY, asked).totals.part == Money(amount)
