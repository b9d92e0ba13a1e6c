"""Settings hold from a day on, and are looked up as they were known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from loanfund.clock import SystemClock
from loanfund.domain.errors import InvalidInputError, NotFoundError
from loanfund.domain.portfolio import portfolio_json
from loanfund.models.audit import AuditLine
from loanfund.models.capital import CapitalSource
from loanfund.models.loan import Loan
from loanfund.models.position import CachedPosition
from loanfund.models.setting import Setting
from loanfund.queries._standing import Moment
from loanfund.queries.portfolio import portfolio_at
from loanfund.services._setting import SetSetting
from loanfund.services.reconcile import Report, bring_forward, reconcile_all
from loanfund.services.setting import set_setting
from loanfund.services.user import command_line
from loanfund.store.setting import load_settings
from tests.builders import Fund, a_loan, a_source
from tests.services.derived import (
    accounts_by_day,
    count_of,
    loan_json,
    portfolio_on,
    verified,
)
from tests.services.refusal import refusal_of

TODAY = date(2020, 6, 1)
Bring = Callable[..., Report]


def put(
    fund: Fund, key: str, value: Any, day: date = TODAY, source: str | None = None
) -> Setting:
    request = SetSetting(key=key, value=value, valid_from=day, source_code=source)
    return set_setting(fund.session, request, fund.accountant, fund.clock, fund.manager)


def name_on(fund: Fund, day: date) -> Any:
    return load_settings(fund.session).get("fund_name", day)


def test_a_value_holds_from_its_day_until_the_next(fund: Fund) -> None:
    put(fund, "fund_name", "Quỹ A", date(2020, 1, 1))
    put(fund, "fund_name", "Quỹ B", date(2020, 3, 1))

    days = [date(2019, 12, 31), date(2020, 1, 1), date(2020, 2, 29), date(2020, 3, 1)]
    assert [name_on(fund, day) for day in days] == [
        "Quỹ hỗ trợ phát triển hợp tác xã",
        "Quỹ A",
        "Quỹ A",
        "Quỹ B",
    ]


def test_of_one_day_the_value_recorded_last_holds(fund: Fund) -> None:
    put(fund, "fund_name", "Quỹ A", date(2020, 1, 1))
    put(fund, "fund_name", "Quỹ B", date(2020, 1, 1))

    assert name_on(fund, TODAY) == "Quỹ B"


def test_what_was_set_later_was_not_known_before(fund: Fund) -> None:
    put(fund, "fund_name", "Quỹ A", date(2020, 1, 1))
    then = SystemClock().now()
    put(fund, "fund_name", "Quỹ B", date(2020, 1, 1))

    assert load_settings(fund.session, then).get("fund_name", TODAY) == "Quỹ A"
    assert load_settings(fund.session).get("fund_name", TODAY) == "Quỹ B"


def test_a_row_names_who_set_it_and_who_approved_it(fund: Fund) -> None:
    row = put(fund, "fund_name", "Quỹ A")

    assert (row.recorded_by, row.approved_by) == (fund.accountant.user_id, fund.manager.user_id)
    line = fund.session.scalars(
        select(AuditLine).where(AuditLine.action == "set_setting")
    ).one()
    before = {"value": "Quỹ hỗ trợ phát triển hợp tác xã"}
    facts = {"value": "Quỹ A", "valid_from": "2020-06-01", "source": None}
    approved = {"approved_by": fund.manager.user_id}
    assert line.facts == {**facts, **approved, "before": before}


def test_the_operator_sets_settings_alone(fund: Fund) -> None:
    operator = command_line(fund.session, now=fund.clock.now())
    request = SetSetting(key="fund_name", value="Quỹ A", valid_from=TODAY)

    assert set_setting(fund.session, request, operator, fund.clock).approved_by is None


def test_the_method_of_a_source_counts_from_its_day_and_as_known(fund: Fund) -> None:
    """Of 100 million two months late the whole is overdue, or only what fell due: nothing."""
    a_loan(fund)
    then = SystemClock().now()
    put(fund, "overdue_method", "transferred_part", date(2020, 5, 1), "QUY")

    def overdue(day: date, moment: Moment) -> int:
        found = portfolio_at(fund.session, moment, TODAY)
        figures = portfolio_json(found, day, None)["total"]["overdue_ratio"]
        return int(figures["numerator"])

    april, may = date(2020, 4, 30), date(2020, 5, 31)
    assert overdue(april, Moment(april)) == 100_000_000
    assert overdue(may, Moment(may)) == 0
    assert overdue(may, Moment(may, then)) == 100_000_000


def test_the_rule_set_of_a_source_counts_from_its_day_and_as_known(fund: Fund) -> None:
    """100 days late is group 4 for micro-finance (90 to 179), group 3 for banks (91 to 180)."""
    a_loan(fund)
    day = date(2020, 5, 20)  # 100 days after 10/02
    then = SystemClock().now()
    put(fund, "debt_rule_set", "bank", date(2020, 5, 15), "QUY")

    def group(moment: Moment) -> list[str]:
        found = portfolio_at(fund.session, moment, TODAY)
        by_group = portfolio_json(found, day, None)["total"]["outstanding_by_group"]
        return [group for group, amount in by_group.items() if amount]

    assert group(Moment(day)) == ["3"]
    assert group(Moment(day, then)) == ["4"]
    assert loan_json(fund.session, "01/2020", day)["position"]["debt_group"] == 3
    assert loan_json(fund.session, "01/2020", date(2020, 5, 14))["position"]["debt_group"] == 4


@pytest.mark.parametrize("bring", [reconcile_all, bring_forward])
def test_holidays_move_due_dates_of_loans_that_follow_working_days(
    fund: Fund, sessions: sessionmaker[Session], bring: Bring
) -> None:
    """10/02/2020 is a Monday: interest is due then, or on Tuesday where that is a holiday."""
    a_loan(fund, working_day_rule="following", annual_rate="7.3")
    a_loan(fund, "02/2020", annual_rate="7.3")

    put(fund, "holidays", ["2020-02-10"], date(2020, 1, 1))
    bring(sessions, TODAY, fund.accountant, fund.clock)

    first = [
        loan_json(fund.session, number, TODAY)["charges"][0]
        for number in ("01/2020", "02/2020")
    ]
    assert [(one["due_date"], one["amount"]) for one in first] == [
        ("2020-02-11", 640_000),
        ("2020-02-10", 620_000),
    ]
    assert verified(fund) == []


def test_another_rule_set_lets_the_ledger_be_looked_at_from_its_day_on(
    fund: Fund, sessions: sessionmaker[Session]
) -> None:
    """By either set a loan leaves group 1 after ten days, so that nothing has to be posted."""
    a_loan(fund, annual_rate="7.3")
    before = accounts_by_day(fund.session)

    put(fund, "debt_rule_set", "bank", date(2020, 3, 1), "QUY")
    report = bring_forward(sessions, TODAY, fund.accountant, fund.clock)

    assert (report.posted, accounts_by_day(fund.session)) == (0, before)
    assert fund.session.scalars(select(Loan.reconciled_through)).one() == TODAY
    assert verified(fund) == []


def test_until_the_next_run_the_ledger_does_not_speak_of_days_that_a_setting_moves(
    fund: Fund,
) -> None:
    a_loan(fund)

    put(fund, "debt_rule_set", "bank", date(2020, 3, 1), "QUY")

    assert fund.session.scalars(select(Loan.reconciled_through)).one() == date(2020, 2, 29)
    assert count_of(fund.session, CachedPosition) == 0
    assert verified(fund) == []


def test_a_source_has_its_own_value_where_that_makes_sense(fund: Fund) -> None:
    a_source(fund, "VIEC")
    put(fund, "surplus", "principal", source="VIEC")

    book = load_settings(fund.session)
    found = {
        source.code: book.get("surplus", TODAY, source.id)
        for source in fund.session.scalars(select(CapitalSource))
    }
    assert found == {"QUY": "credit", "VIEC": "principal"}


@pytest.mark.parametrize(
    ("key", "value", "source", "reason"),
    [
        ("khong_co", 1, None, "unknown_setting"),
        ("fund_name", 5, None, "setting_value"),
        ("late_interest_rate", "10.5", None, "setting_value"),
        ("overdue_rate_multiplier", "1.5001", None, "setting_value"),
        ("holidays", ["2020-02-30"], None, "setting_value"),
        ("allocation_order", ["interest"], None, "setting_value"),
        ("debt_rule_set", "thirty", "QUY", "setting_value"),
        ("holidays", ["2020-02-10"], "QUY", "setting_not_per_source"),
    ],
)
def test_what_is_not_of_its_kind_is_refused(
    fund: Fund, key: str, value: Any, source: str | None, reason: str
) -> None:
    refusal = refusal_of(lambda: put(fund, key, value, source=source))

    assert (type(refusal), refusal.reason) == (InvalidInputError, reason)


def test_a_value_of_an_unknown_source_is_refused(fund: Fund) -> None:
    refusal = refusal_of(lambda: put(fund, "surplus", "credit", source="KHONG"))

    assert isinstance(refusal, NotFoundError)
    assert portfolio_on(fund.session, TODAY, TODAY)["total"]["loans"] == 0
