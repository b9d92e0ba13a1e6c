"""The overview worked by hand, against a naive sum over all loans, and as it was known."""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock, SystemClock
from loanfund.domain.money import NOTHING, Money, total
from loanfund.domain.portfolio import GROUPS
from loanfund.domain.terms import Surplus
from loanfund.queries._loan_row import Figure
from loanfund.queries._monthly import last_month_ends
from loanfund.queries._standing import Moment
from loanfund.queries.dashboard import (
    Scope,
    Today,
    choices,
    dashboard,
    first_lent,
    returning,
)
from loanfund.queries.dashboard_months import Months, dashboard_months
from loanfund.queries.loan_list import ALL, NO_AREA, Asked, loan_list
from tests.books import a_small_book, known_figures
from tests.builders import a_borrower, a_lending_fund, a_loan, repaid
from tests.naive import Row, rows_on
from tests.statement_count import counting

MAY = Moment(date(2020, 5, 31))
JUNE = Moment(date(2020, 6, 1))
ALL_OF_IT = Scope()


def test_the_thirteen_month_ends_end_with_the_last_one_that_is_over() -> None:
    of_june, of_may = last_month_ends(date(2020, 6, 1)), last_month_ends(date(2020, 5, 31))

    assert of_june == of_may
    assert (len(of_june), of_june[0], of_june[-1]) == (
        *(13, date(2019, 5, 31), date(2020, 5, 31)),
    )
    assert last_month_ends(date(2020, 5, 30))[-1] == date(2020, 4, 30)


def test_an_empty_book_has_no_figures(session: Session) -> None:
    found, months = (
        dashboard(session, JUNE, ALL_OF_IT),
        dashboard_months(session, JUNE, Scope()),
    )

    assert (found.outstanding, found.loans, found.bad_debt.percent) == (NOTHING, 0, None)
    assert first_lent(session) is None
    assert [debt.total for debt in months.debts] == [NOTHING] * 13
    assert all(one.due == NOTHING for one in months.collected)


def test_debt_by_group_at_month_ends(session: Session, clock: FixedClock) -> None:
    """Ánh owes interest since 15/02: 14 days in February, 45, 75, then 106. Đặng 26 in May."""
    a_small_book(session, clock)

    months = dashboard_months(session, JUNE, ALL_OF_IT)

    groups = [[amount.dong for amount in debt.by_group.values()] for debt in months.debts]
    assert groups[:8] == [[0] * 5] * 8
    assert groups[8:] == [
        [300_000_000, 0, 0, 0, 0],
        [100_000_000, 200_000_000, 0, 0, 0],
        [220_000_000, 0, 200_000_000, 0, 0],
        [210_000_000, 0, 200_000_000, 0, 0],
        [100_000_000, 104_457_534, 0, 200_000_000, 0],
    ]
    assert months.debts[-1].worse.numerator == Money(304_457_534)


def test_bad_debt_is_counted_as_each_source_does(session: Session, clock: FixedClock) -> None:
    a_small_book(session, clock)

    months = dashboard_months(session, JUNE, ALL_OF_IT)

    of_may = months.debts[-1].bad_debt
    assert months.sources == ("QUY", "VIEC")
    assert {name: ratio.numerator.dong for name, ratio in of_may.items()} == {
        "": 204_457_534,
        "QUY": 200_000_000,
        "VIEC": 4_457_534,
    }
    assert of_may["QUY"].percent == "66.67"


def test_due_and_collected_by_month(session: Session, clock: FixedClock) -> None:
    """An's interest, and of Ánh 200 million with 1 019 178, 953 425, 1 019 178 of interest."""
    a_small_book(session, clock)

    months = dashboard_months(session, JUNE, ALL_OF_IT)

    by_month = {f"{one.month_end:%m}": one for one in months.collected if one.due}
    assert by_month["02"].due == Money(509_589 + 1_019_178)
    assert by_month["02"].on_time == Money(509_589)
    assert by_month["04"].due == Money(509_589 + 201_019_178 + 10_611_507)
    assert by_month["04"].rate.percent == "5.24"
    current = months.collected[-1]
    assert (current.month_end, current.through) == (date(2020, 6, 30), date(2020, 6, 1))
    assert current.due == Money(509_589 + 1_528_767 + 10_000_000 + 509_589 + 17_586)
    assert months.last_whole.month_end == date(2020, 5, 31)


def test_arrears_by_age_and_portfolio_at_risk(session: Session, clock: FixedClock) -> None:
    a_small_book(session, clock)

    found = dashboard(session, MAY, ALL_OF_IT)

    assert {span.name: (part.amount.dong, part.loans) for span, part in found.by_age} == {
        "0": (100_000_000, 1),
        "1-30": (104_457_534, 1),
        "31-90": (0, 0),
        "91-180": (200_000_000, 1),
        "181-360": (0, 0),
        "361-": (0, 0),
    }
    assert [one.debt.numerator.dong for one in found.at_risk] == [
        *(304_457_534, 200_000_000, 200_000_000),
    ]
    assert (found.late_loans, found.overdue.percent) == (2, "50.55")


def test_principal_returns_as_the_plans_say(session: Session, clock: FixedClock) -> None:
    """An's 100 million on 10/01/2021; Đặng's 10 million a month, the last with the rest."""
    a_small_book(session, clock)

    found = {span.name: amount.dong for span, amount in returning(session, MAY, ALL_OF_IT)}

    assert found == {
        "0": 204_457_534,
        "1-30": 10_000_000,
        "31-90": 20_000_000,
        "91-180": 30_000_000,
        "181-365": 140_000_000,
        "366-": 0,
    }


def test_capital_is_that_of_whole_sources(session: Session, clock: FixedClock) -> None:
    a_small_book(session, clock)

    found = dashboard(session, MAY, Scope(source="QUY", area="Lục Ngạn"))

    assert [one.source.code for one in found.sources] == ["QUY"]
    assert found.capital.undisbursed == Money(700_000_000)
    assert found.outstanding == Money(100_000_000)


def test_loans_without_area_or_sector_are_a_part_of_their_own(
    session: Session, clock: FixedClock
) -> None:
    fund = a_small_book(session, clock)
    a_borrower(fund, "HTX Vô Danh")
    a_loan(fund, "04/2020", borrower="htx-vo-danh", amount=50_000_000)

    found = dashboard(session, JUNE, ALL_OF_IT)

    assert {part.name: part.amount.dong for part in found.areas}[NO_AREA] == 50_000_000
    assert NO_AREA in choices(session).areas
    only = dashboard(session, JUNE, Scope(area=NO_AREA, sector=NO_AREA))
    assert (only.outstanding, only.loans) == (Money(50_000_000), 1)


def test_what_was_known_earlier_can_be_asked(session: Session, clock: FixedClock) -> None:
    """Ánh's debt is settled in the books after all, with a day in March."""
    fund = a_small_book(session, clock)
    before = SystemClock().now()
    repaid(fund, "02/2020/HĐTD", date(2020, 3, 16), 150_000_000, surplus=Surplus.PRINCIPAL)

    then = dashboard_months(session, Moment(JUNE.as_of, before), ALL_OF_IT)
    now = dashboard_months(session, JUNE, ALL_OF_IT)

    assert [debt.total.dong for debt in then.debts[-3:]] == [
        *(420_000_000, 410_000_000, 404_457_534),
    ]
    left = 200_000_000 - (150_000_000 - 1_019_178 - 953_425)
    assert now.debts[-3].total == Money(220_000_000 + left)
    assert dashboard(session, Moment(JUNE.as_of, before), ALL_OF_IT).outstanding == Money(
        404_457_534
    )
    assert dashboard(session, JUNE, ALL_OF_IT).outstanding < Money(404_457_534 - 100_000_000)


def test_what_was_folded_once_is_not_read_again_until_something_is_recorded(
    session: Session, clock: FixedClock, engine: Engine
) -> None:
    fund = a_small_book(session, clock)
    dashboard_months(session, JUNE, ALL_OF_IT)

    with counting(engine) as warm:
        dashboard_months(session, JUNE, ALL_OF_IT)
    repaid(fund, "02/2020/HĐTD", date(2020, 3, 16), 150_000_000)
    with counting(engine) as after:
        found = dashboard_months(session, JUNE, ALL_OF_IT)

    assert not [one for one in warm if "payload" in one]
    assert len([one for one in after if "loan_event.payload" in one]) == 1
    assert found.debts[-3].worse.numerator == NOTHING  # Ánh is not past due in March then


def test_the_overview_takes_a_handful_of_queries_however_many_loans(
    session: Session, clock: FixedClock, engine: Engine
) -> None:
    fund = a_lending_fund(session, clock)
    counts = []
    for loans in (1, 6):
        for number in range(loans):
            day = date(2020, 1, 10) + timedelta(days=number)
            a_loan(fund, f"{loans}-{number}", signed_on=day, amount=10_000_000)
        session.expire_all()
        for ask in (dashboard, dashboard_months, returning):
            with counting(engine) as sent:
                ask(session, JUNE, ALL_OF_IT)
            counts.append(len(sent))

    assert counts[:3] == counts[3:]
    assert sum(counts[:3]) <= 25


# The 2020 book.


@pytest.mark.slow
def test_the_2020_book_has_its_known_figures_at_month_ends(read_2020: Session) -> None:
    expected = known_figures()

    months = dashboard_months(read_2020, JUNE, ALL_OF_IT)

    known = {debt.day.isoformat(): debt for debt in months.debts}
    for day in expected.keys() & known.keys():
        for code, figures in expected[day].items():
            assert known[day].bad_debt[code].denominator.dong == figures["outstanding"]
    assert len(expected.keys() & known.keys()) >= 3
    assert [months.debts[-1].bad_debt[code].percent for code in ("QHTPT", "QVL")] == [
        *("2.26", "1.24"),
    ]


@pytest.mark.slow
def test_any_filters_give_what_a_naive_sum_gives(read_2020: Session) -> None:
    """INV-36: thirty drawn parts of the book, and the whole."""
    every = rows_on(read_2020, {*last_month_ends(JUNE.as_of), JUNE.as_of})
    offered = choices(read_2020)
    draw = random.Random(20200601)  # noqa: S311 -- nothing secret in it
    scopes = [
        Scope(
            source=draw.choice(["", *(code for code, _ in offered.sources), "XYZ"]),
            area=draw.choice(["", "", *offered.areas, NO_AREA]),
            sector=draw.choice(["", "", *offered.sectors, NO_AREA]),
        )
        for _ in range(30)
    ]

    for scope in (ALL_OF_IT, *scopes):
        rows = [
            row
            for row in every
            if scope.source in {"", row.source}
            and scope.area in {"", row.area}
            and scope.sector in {"", row.sector}
        ]
        assert_months_are(dashboard_months(read_2020, JUNE, scope), rows)
        assert_today_is(dashboard(read_2020, JUNE, scope), rows)
        back = total([amount for _, amount in returning(read_2020, JUNE, scope)])
        assert back.dong == sum(row.outstanding for row in rows if row.day == JUNE.as_of)


def assert_months_are(months: Months, rows: Sequence[Row]) -> None:
    for debt in months.debts:
        for group, amount in debt.by_group.items():
            owing = [row for row in rows if row.day == debt.day and row.group == group]
            assert amount.dong == sum(row.outstanding for row in owing), (debt.day, group)
    for one in months.collected:
        found = [row.collection for row in rows if row.day == one.through and row.collection]
        for name in ("due", "on_time", "late", "ahead"):
            expected = sum(getattr(each, name).dong for each in found)
            assert getattr(one, name).dong == expected, (one.through, name)


def assert_today_is(found: Today, every: Sequence[Row]) -> None:
    """By age, area and sector: each as the naive sum, and all of them the whole (INV-19)."""
    rows = [row for row in every if row.day == JUNE.as_of and row.outstanding]
    assert found.outstanding.dong == sum(row.outstanding for row in rows)
    assert found.loans == len(rows)
    for span, part in found.by_age:
        assert part.amount.dong == sum(
            row.outstanding for row in rows if span.holds(row.days)
        ), span
    for name, parts in (("area", found.areas), ("sector", found.sectors)):
        assert {part.name: (part.amount.dong, part.loans) for part in parts} == {
            value: (
                sum(row.outstanding for row in rows if getattr(row, name) == value),
                sum(getattr(row, name) == value for row in rows),
            )
            for value in {getattr(row, name) for row in rows}
        }


def test_every_partition_adds_up_to_the_whole(session: Session, clock: FixedClock) -> None:
    """INV-19: by source, area, sector, group and age."""
    a_small_book(session, clock)

    found, months = dashboard(session, MAY, ALL_OF_IT), dashboard_months(session, MAY, Scope())

    whole = found.outstanding
    by_source = [each.figures.outstanding for each in found.sources]
    parts = (found.areas, found.sectors, found.borrowers, [part for _, part in found.by_age])
    assert whole == Money(404_457_534) == months.debts[-1].total == total(by_source)
    assert [total([part.amount for part in each]) for each in parts] == [whole] * 4
    assert total([amount for _, amount in returning(session, MAY, ALL_OF_IT)]) == whole


@pytest.mark.slow
def test_every_number_is_the_sum_of_the_list_behind_it(read_2020: Session) -> None:
    scope = Scope(source="QHTPT", sector="Vận tải")
    found, months = dashboard(read_2020, JUNE, scope), dashboard_months(read_2020, JUNE, scope)
    debt, month = months.debts[-2], months.collected[-2]

    def listed(figure: str, day: date = JUNE.as_of, **more: Any) -> Money | None:
        asked = Asked(
            figure=Figure(figure), source=scope.source, sector=scope.sector, status=ALL, **more
        )
        return loan_list(read_2020, Moment(day), asked).totals.part

    assert debt.by_group == {
        group: listed("outstanding", debt.day, group=group) for group in GROUPS
    }
    assert listed("bad_debt", debt.day) == debt.bad_debt["QHTPT"].numerator
    for name in ("due", "on_time", "late", "ahead"):
        assert listed(name, month.through) == getattr(month, name)
    for span, part in found.by_age:
        assert listed("outstanding", late=span) == part.amount
    for span, amount in returning(read_2020, JUNE, scope)[1:]:
        assert listed(f"returns_{span.name}") == amount
    for part in found.borrowers:
        assert listed("outstanding", borrower=part.borrower) == part.amount
