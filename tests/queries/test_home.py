"""The month at a glance, worked by hand, and every figure equal to the list behind it."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock, end_of_day
from loanfund.domain.money import NOTHING, Money
from loanfund.queries._loan_row import RETURNING, Figure
from loanfund.queries._standing import Moment
from loanfund.queries.home import Column, Home, home
from loanfund.queries.loan_list import ALL, Asked, loan_list
from tests.books import a_small_book, known_figures
from tests.builders import a_lending_fund, a_loan, repaid
from tests.statement_count import counting

MAY = Moment(date(2020, 5, 31))
JUNE = Moment(date(2020, 6, 1))


NAMED_OTHERWISE = {Figure.WRITTEN_OFF: "written_off_unrecovered"}


def column(found: Home, code: str) -> Column:
    return next(one for one in found.sources if one.code == code)


def part(found: Column, figure: Figure) -> Money:
    """Give a figure of a column by the name that lists know it by."""
    name = NAMED_OTHERWISE.get(figure, figure.value)
    holder = found.month if hasattr(found.month, name) else found.figures
    amount: Money = getattr(holder, name)
    return amount


def test_an_empty_book_says_so(session: Session) -> None:
    found = home(session, MAY)

    assert not found.has_loans
    assert (found.sources, found.coming, found.later) == ((), (), None)
    assert found.total.on_time_ratio.percent is None


def test_capital_and_debt_by_source(session: Session, clock: FixedClock) -> None:
    a_small_book(session, clock)

    found = home(session, MAY)

    own, other = column(found, "QUY").figures, column(found, "VIEC").figures
    assert (own.capital, own.outstanding) == (Money(1_000_000_000), Money(300_000_000))
    assert (own.undisbursed, own.loans) == (Money(700_000_000), 2)
    assert other.outstanding == Money(104_457_534)
    assert found.total.figures.outstanding == Money(404_457_534)


def test_overdue_and_bad_debt_as_each_source_counts_them(
    session: Session, clock: FixedClock
) -> None:
    a_small_book(session, clock)

    found = home(session, MAY)

    own, other = column(found, "QUY").figures, column(found, "VIEC").figures
    assert (own.overdue_principal, own.bad_debt) == (Money(200_000_000), Money(200_000_000))
    assert (own.bad_debt_ratio.percent, other.bad_debt_ratio.percent) == ("66.67", "4.27")
    assert (other.overdue_principal, other.bad_debt) == (Money(4_457_534), Money(4_457_534))


def test_due_and_collected_in_a_month_that_is_over(session: Session, clock: FixedClock) -> None:
    """Ánh's overdue interest of 15/05: 200 million × 9 % × 30 days. Đặng's of 20/05: 36 986."""
    a_small_book(session, clock)

    found = home(session, MAY)

    own, other = column(found, "QUY"), column(found, "VIEC")
    assert own.month.due == Money(493_151 + 1_479_452)
    assert (own.month.on_time, own.on_time_ratio.percent) == (Money(493_151), "25.00")
    assert other.month.due_principal == Money(10_000_000)
    assert other.month.due_interest == Money(542_466 + 36_986)
    assert other.month.on_time == Money(5_542_466)
    assert found.total.month.due == own.month.due + other.month.due
    assert (found.total.month.late, found.total.month.ahead) == (NOTHING, NOTHING)


def test_what_is_still_coming_in_the_month_is_due(session: Session, clock: FixedClock) -> None:
    """In June: An 509 589, Ánh 1 528 767, Đặng 10 million, 509 589 and 17 586."""
    a_small_book(session, clock)

    found = home(session, JUNE)

    assert column(found, "QUY").month.due == Money(509_589 + 1_528_767)
    assert column(found, "VIEC").month.due == Money(10_000_000 + 509_589 + 17_586)
    assert found.total.month.on_time == NOTHING


def test_late_money_stands_beside(session: Session) -> None:
    fund = a_small_book(session, FixedClock(date(2020, 6, 3)))
    repaid(fund, "03/2020/HĐTD", date(2020, 6, 2), 5_000_000)

    found = home(session, Moment(date(2020, 6, 3)))

    month = column(found, "VIEC").month
    # Arrears of 4 457 534 and 542 466 from May are exactly what came.
    assert (month.late, month.on_time, month.received) == (
        Money(5_000_000),
        NOTHING,
        Money(5_000_000),
    )


def test_the_week_ahead_by_day_and_name(session: Session, clock: FixedClock) -> None:
    a_small_book(session, clock)

    found = home(session, MAY)

    assert [(one.day, one.borrower, one.amount) for one in found.coming] == [
        (date(2020, 6, 5), "HTX Đặng", Money(10_509_589))
    ]
    assert found.coming_total == Money(10_509_589)
    assert home(session, Moment(date(2020, 5, 10))).coming == ()  # An has paid this day's


def test_on_the_day_itself_what_is_open_is_shown(session: Session) -> None:
    a_small_book(session, FixedClock(date(2020, 6, 10)))

    found = home(session, Moment(date(2020, 6, 10)))

    assert [(one.day.day, one.borrower, one.amount) for one in found.coming] == [
        (10, "HTX An", Money(509_589)),
    ]


def test_where_the_week_is_empty_the_next_dues_are_named(session: Session) -> None:
    a_small_book(session, FixedClock(date(2020, 5, 21)))

    found = home(session, Moment(date(2020, 5, 21)))

    assert found.coming == ()
    assert found.later == (date(2020, 6, 5), 1, Money(10_509_589))


def test_what_was_known_earlier_can_be_asked(session: Session, clock: FixedClock) -> None:
    a_small_book(session, clock)

    found = home(session, Moment(MAY.as_of, end_of_day(date(2020, 5, 1))))

    assert not found.has_loans


def test_every_figure_is_the_sum_of_its_list(session: Session, clock: FixedClock) -> None:
    a_small_book(session, clock)

    for moment in (MAY, JUNE, Moment(date(2020, 4, 20))):
        found = home(session, moment)
        for one in (*found.sources, found.total):
            for figure in set(Figure) - RETURNING - {Figure.SOON, *TO_PAY}:
                asked = Asked(figure=figure, source=one.code, status=ALL)
                total = loan_list(session, moment, asked).totals.part
                assert total == part(one, figure), (moment, figure)
        soon = loan_list(session, moment, Asked(figure=Figure.SOON, status=ALL))
        assert soon.totals.part == found.coming_total, moment


# No tile of this page; see tests/web/test_one_number.py.
TO_PAY = {Figure.INTEREST_TO_PAY, Figure.TO_PAY, Figure.OVERDUE_TO_PAY}


@pytest.mark.slow
@pytest.mark.parametrize("day", ["2019-12-31", "2020-04-30", "2020-05-30", "2020-05-31"])
def test_the_2020_book_has_its_known_figures(read_2020: Session, day: str) -> None:
    expected = known_figures()
    moment = Moment(date.fromisoformat(day))

    found = home(read_2020, moment)

    for code, known in expected[day].items():
        figures = column(found, code).figures
        names = ("capital", "outstanding", "undisbursed", "overdue_principal", "interest_open")
        assert {name: getattr(figures, name).dong for name in names} == {
            name: known[name] for name in names
        }
        assert figures.loans == known["loans"]
        assert figures.at_risk[0].dong == known["outstanding_of_loans_overdue"]
    for figure in (Figure.BAD_DEBT, Figure.DUE, Figure.ON_TIME, Figure.LATE, Figure.AHEAD):
        for one in (*found.sources, found.total):
            asked = Asked(figure=figure, source=one.code, status=ALL)
            assert loan_list(read_2020, moment, asked).totals.part == part(one, figure)


def test_the_2020_book_says_what_the_half_year_report_printed(read_2020: Session) -> None:
    found = home(read_2020, MAY)

    assert column(found, "QVL").figures.bad_debt_ratio.percent == "1.24"
    assert column(found, "QHTPT").figures.loans == 48


def test_the_book_takes_a_handful_of_queries_however_many_loans(
    session: Session, clock: FixedClock, engine: Engine
) -> None:
    fund = a_lending_fund(session, clock)
    first = date(2020, 1, 10)
    a_loan(fund, "00", amount=10_000_000)
    counts = []
    for loans in (1, 6):
        for number in range(loans):
            day = first + timedelta(days=number)
            a_loan(fund, f"{loans}-{number}", signed_on=day, amount=10_000_000)
        session.expire_all()
        for moment in (JUNE, MAY):
            with counting(engine) as sent:
                home(session, moment)
            counts.append(len(sent))

    assert counts[:2] == counts[2:]
    assert max(counts) <= 10
