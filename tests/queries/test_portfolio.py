"""The portfolio of any day, as known at any instant, worked by hand."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock, SystemClock
from loanfund.domain.errors import InvalidInputError, NotFoundError
from loanfund.domain.money import Money
from loanfund.domain.portfolio import portfolio_json
from loanfund.domain.setting import OverdueMethod
from loanfund.models.position import CachedPosition
from loanfund.queries._standing import Moment
from loanfund.queries.portfolio import portfolio_at
from loanfund.services._capital import MoveCapital
from loanfund.services._contract import Decide
from loanfund.services.capital import move_capital
from loanfund.services.contract import cancel_contract
from loanfund.services.restructuring import Amend, Freeze, WriteOff, restructure
from loanfund.services.reversal import Reverse, reverse
from tests.books import a_small_book
from tests.builders import Fund, a_borrower, a_contract, a_loan, a_source, disbursed, repaid
from tests.services.conftest import a_lender
from tests.services.derived import AT_20_000_A_DAY, days_between, portfolio_on

LOAN = "01/2020"
TODAY = date(2020, 6, 1)
MAY = date(2020, 5, 31)


def at(fund: Fund, day: date, known_at: datetime | None = None) -> dict[str, Any]:
    found = portfolio_at(fund.session, Moment(day, known_at), TODAY)
    return portfolio_json(found, day, known_at)


def total(fund: Fund, day: date, known_at: datetime | None = None) -> dict[str, Any]:
    found: dict[str, Any] = at(fund, day, known_at)["total"]
    return found


@pytest.fixture
def small(session: Session, clock: FixedClock) -> Fund:
    return a_small_book(session, clock)


@pytest.fixture
def fund(session: Session, clock: FixedClock) -> Fund:
    return a_lender(session, clock)


def test_a_source_that_counts_the_whole_debt(small: Fund) -> None:
    """An owes 100 and is paid up; Ánh owes 200, due since 15/02: 106 days late on 31/05."""
    figures = at(small, MAY)["sources"][0]

    assert figures == {
        "source": "QUY",
        "capital": 1_000_000_000,
        "outstanding": 300_000_000,
        "loans": 2,
        "undisbursed": 700_000_000,
        "utilisation": "30.00",
        "overdue_principal": 200_000_000,
        # 31 days to 15/02, 29 to 15/03, 31 to 15/04, at 200.000.000 × 6 % / 365 a day.
        "interest_open": 1_019_178 + 953_425 + 1_019_178,
        "overdue_ratio": ratio(200_000_000, 300_000_000, "66.67"),
        "overdue_principal_ratio": ratio(200_000_000, 300_000_000, "66.67"),
        "bad_debt_ratio": ratio(200_000_000, 300_000_000, "66.67"),
        "outstanding_by_group": by_group({1: 100_000_000, 4: 200_000_000}),
        "par": {"0": 200_000_000, "30": 200_000_000, "90": 200_000_000},
    }


def test_a_source_that_counts_what_was_transferred(small: Fund) -> None:
    """Đặng paid 15 of 120 million: April's 10 and, of May's, 5 less what interest took."""
    figures = at(small, MAY)["sources"][1]

    # In arrears since 05/05, so principal came first: 5.542.466 of May's 10 million.
    assert (figures["source"], figures["outstanding"]) == ("VIEC", 120_000_000 - 15_542_466)
    assert figures["overdue_principal"] == 10_000_000 - 5_542_466
    overdue = ratio(4_457_534, 104_457_534, "4.27")
    assert figures["overdue_ratio"] == figures["bad_debt_ratio"] == overdue
    assert figures["undisbursed"] == 500_000_000 - 104_457_534


def ratio(numerator: int, denominator: int, percent: str) -> dict[str, object]:
    return {"numerator": numerator, "denominator": denominator, "percent": percent}


def by_group(amounts: dict[int, int]) -> dict[str, int]:
    return {str(group): amounts.get(group, 0) for group in range(1, 6)}


def test_the_sources_sum_to_the_total_on_every_day(small: Fund) -> None:
    summed = (
        "capital",
        "outstanding",
        "loans",
        "undisbursed",
        "overdue_principal",
        "interest_open",
    )
    for day in days_between(date(2020, 1, 1), TODAY, step=19):
        found = at(small, day)
        for name in summed:
            assert found["total"][name] == sum(one[name] for one in found["sources"])
        for one in (*found["sources"], found["total"]):
            assert sum(one["outstanding_by_group"].values()) == one["outstanding"]


def test_capital_is_what_is_lent_and_what_is_left(small: Fund) -> None:
    """K = O + undisbursed, and what came back is there again (rules §10)."""
    for day in days_between(date(2020, 1, 1), TODAY, step=19):
        for one in at(small, day)["sources"]:
            assert one["capital"] == one["outstanding"] + one["undisbursed"]


def test_the_cache_says_what_the_fold_says_on_every_day(small: Fund) -> None:
    days = days_between(date(2020, 5, 1), TODAY, step=3)
    cached = [at(small, day) for day in days]

    small.session.execute(delete(CachedPosition))

    assert [at(small, day) for day in days] == cached


def test_before_anything_was_lent_there_is_nothing(small: Fund) -> None:
    figures = total(small, date(2020, 1, 9))

    assert (figures["loans"], figures["outstanding"]) == (0, 0)
    assert figures["bad_debt_ratio"]["percent"] is None


def test_a_day_after_the_business_date_is_refused(small: Fund) -> None:
    with pytest.raises(InvalidInputError, match="after_business_date"):
        at(small, date(2020, 6, 2))


def test_one_source_is_shown_alone_but_contagion_looks_at_all(fund: Fund) -> None:
    a_source(fund, "KHAC")
    a_loan(fund)
    a_loan(fund, "02/2020", source="KHAC", signed_on=date(2020, 5, 20))

    found = portfolio_at(fund.session, Moment(TODAY), TODAY, "KHAC")

    assert [one.source.code for one in found.sources] == ["KHAC"]
    # Its own loan is not late; the borrower's other is 112 days late: group 4.
    assert found.total.by_group[4] == found.total.outstanding == Money(100_000_000)


def test_contagion_stops_at_capital_whose_risk_another_bears(fund: Fund) -> None:
    a_source(fund, "UY", bears_risk=False)
    a_loan(fund)
    a_loan(fund, "02/2020", source="UY", signed_on=date(2020, 5, 20))

    assert at(fund, TODAY)["sources"][1]["outstanding_by_group"] == by_group({1: 100_000_000})


def test_an_unknown_source_is_not_found(small: Fund) -> None:
    with pytest.raises(NotFoundError):
        portfolio_at(small.session, Moment(TODAY), TODAY, "KHONG")


def test_a_written_off_loan_is_gone_from_the_debt_but_not_from_the_capital(fund: Fund) -> None:
    a_loan(fund)
    lost = WriteOff(contract_number=LOAN, value_date=date(2020, 5, 1))
    restructure(fund.session, lost, fund.officer, fund.clock, fund.manager)

    figures = total(fund, TODAY)

    assert (figures["loans"], figures["outstanding"]) == (0, 0)
    assert figures["undisbursed"] == 900_000_000


def test_a_frozen_loan_shows_so_while_the_day_lies_in_the_freeze(fund: Fund) -> None:
    a_source(fund, "UY", overdue_method=OverdueMethod.TRANSFERRED_PART)
    a_loan(fund, source="UY")
    frozen = Freeze(contract_number=LOAN, value_date=date(2020, 3, 1), until=date(2020, 4, 1))
    restructure(fund.session, frozen, fund.officer, fund.clock, fund.manager)

    days = [date(2020, 2, 29), date(2020, 3, 1), date(2020, 3, 31), date(2020, 4, 1)]
    bad = [at(fund, day)["sources"][1]["bad_debt_ratio"]["numerator"] for day in days]

    assert bad == [0, 100_000_000, 100_000_000, 0]


# As known


def test_what_was_recorded_later_was_not_known(fund: Fund) -> None:
    nothing = SystemClock().now()
    a_loan(fund, **AT_20_000_A_DAY)
    lent = SystemClock().now()
    repaid(fund, LOAN, date(2020, 2, 10), 620_000)
    paid = SystemClock().now()
    undo = Reverse(contract_number=LOAN, sequence=2, reason="Ghi nhầm")
    reverse(fund.session, undo, fund.officer, fund.clock)
    taken_back = SystemClock().now()
    amended = Amend(contract_number=LOAN, terms={"annual_rate": "3.65"})
    restructure(fund.session, amended, fund.officer, fund.clock, fund.manager)

    open_interest = [
        total(fund, date(2020, 2, 29), known)["interest_open"]
        for known in (nothing, lent, paid, taken_back, None)
    ]

    assert open_interest == [0, 620_000, 0, 620_000, 310_000]
    assert total(fund, date(2020, 2, 29), nothing)["loans"] == 0


def test_capital_that_came_on_record_later_was_not_known(fund: Fund) -> None:
    then = SystemClock().now()
    given = MoveCapital(
        source_code="QUY", value_date=date(2020, 1, 1), amount=Money(5), contributor="UBND"
    )
    move_capital(fund.session, given, fund.accountant, fund.clock, fund.manager)

    assert total(fund, TODAY, then)["capital"] == 1_000_000_000
    assert total(fund, TODAY)["capital"] == 1_000_000_005


def test_a_contract_cancelled_since_stands_where_it_was_known_to_stand(fund: Fund) -> None:
    """INV-17: the same question has the same answer for ever."""
    a_loan(fund)
    then = SystemClock().now()
    before = total(fund, TODAY, then)
    undo = Reverse(contract_number=LOAN, sequence=1, reason="Chưa giải ngân")
    reverse(fund.session, undo, fund.officer, fund.clock)
    cancel_contract(fund.session, Decide(contract_number=LOAN), fund.officer, fund.clock)

    assert before["outstanding"] == 100_000_000
    assert total(fund, TODAY, then) == before
    assert total(fund, TODAY)["outstanding"] == 0


def test_the_same_question_has_the_same_answer_after_anything_else(small: Fund) -> None:
    then = SystemClock().now()
    days = days_between(date(2020, 1, 9), TODAY, step=24)
    before = [json.dumps(at(small, day, then)) for day in days]

    a_borrower(small, "HTX Mới")
    a_contract(small, "09/2020", borrower="htx-moi")
    disbursed(small, "09/2020", date(2020, 2, 1), 50_000_000)
    repaid(small, "02/2020/HĐTD", date(2020, 2, 20), 30_000_000)
    undo = Reverse(contract_number="01/2020/HĐTD", sequence=2, reason="Ghi nhầm")
    reverse(small.session, undo, small.officer, small.clock)

    assert [json.dumps(at(small, day, then)) for day in days] == before
    assert at(small, TODAY, then)["total"] != portfolio_on(small.session, TODAY, TODAY)["total"]
