"""Portfolio figures of section 10 and contagion of section 9, worked by hand."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from loanfund.domain.money import Money
from loanfund.domain.portfolio import (
    LoanFigures,
    Ratio,
    SourceFigures,
    final_groups,
    portfolio,
    portfolio_json,
)
from loanfund.domain.setting import OverdueMethod

MILLION = 1_000_000


def a_source(
    code: str, capital: int, *, method: str = "whole_debt", bears_risk: bool = True
) -> SourceFigures:
    return SourceFigures(
        code=code,
        name=f"Nguồn {code}",
        capital=Money(capital * MILLION),
        overdue_method=OverdueMethod(method),
        bears_risk=bears_risk,
    )


def a_loan(loan: str, outstanding: int, group: int | None = 1, **other: Any) -> LoanFigures:
    """A loan of borrower 1 from QHT; amounts in million đồng."""
    amounts = ("principal_overdue", "interest_open", "written_off_unrecovered")
    facts: dict[str, Any] = {
        "borrower": 1,
        "source": "QHT",
        "bears_risk": True,
        "days_past_due": 0,
        "in_freeze": False,
        **dict.fromkeys(amounts, 0),
        **other,
    }
    facts |= {name: Money(facts[name] * MILLION) for name in amounts}
    return LoanFigures(
        loan=loan,
        principal_outstanding=Money(outstanding * MILLION),
        own_group=group,
        **facts,
    )


def test_a_borrowers_worst_loan_infects_the_others() -> None:
    loans = [
        a_loan("A", 10, 1, borrower=1),
        a_loan("B", 10, 4, borrower=1),
        a_loan("C", 10, 2, borrower=2),
    ]

    assert final_groups(loans) == {"A": 4, "B": 4, "C": 2}


@pytest.mark.parametrize(
    ("infecting", "why"),
    [
        ({"bears_risk": False, "source": "QGVL"}, "entrusted capital does not infect"),
        ({"outstanding": 0}, "only interest is open"),
        ({"group": None, "outstanding": 0}, "written off or closed"),
    ],
)
def test_what_does_not_infect(infecting: dict[str, Any], why: str) -> None:
    other = {"outstanding": 10, "group": 5, **infecting}

    groups = final_groups([a_loan("A", 10, 1), a_loan("B", **other)])

    assert groups["A"] == 1, why
    assert groups.get("B") == other["group"]


def test_entrusted_capital_is_not_infected() -> None:
    loans = [a_loan("A", 10, 1, bears_risk=False, source="QGVL"), a_loan("B", 10, 5)]

    assert final_groups(loans) == {"A": 1, "B": 5}


def test_a_loan_with_interest_only_is_infected_all_the_same() -> None:
    loans = [a_loan("A", 0, 1), a_loan("B", 10, 3)]

    assert final_groups(loans) == {"A": 3, "B": 3}


def test_the_figures_of_a_source_that_counts_the_whole_debt() -> None:
    loans = [
        a_loan("A", 500, 1, borrower=1, interest_open=2),
        # 1 day late: overdue debt, group 1, and PAR 0.
        a_loan("B", 200, 1, borrower=2, days_past_due=1, principal_overdue=20),
        # 31 days late: PAR 0 and PAR 30, group 3.
        a_loan("C", 100, 3, borrower=3, days_past_due=31, principal_overdue=100),
        # Group 1 by itself, group 3 with borrower 3's other loan.
        a_loan("D", 50, 1, borrower=3),
        # Written off 40, of which 10 came back: 30 million of capital are gone, no debt counts.
        a_loan("E", 0, None, borrower=4, written_off_unrecovered=30, interest_open=9),
    ]

    found = portfolio([a_source("QHT", 1000)], loans)

    figures = found.sources[0].figures
    assert found.final_groups == {"A": 1, "B": 1, "C": 3, "D": 3}
    assert figures.outstanding == Money(850 * MILLION)
    assert figures.loans == 4
    assert figures.undisbursed == Money(120 * MILLION)  # 1000 − 850 − 30
    assert figures.utilisation.percent == "85.00"
    assert figures.interest_open == Money(2 * MILLION)
    assert figures.overdue_principal == Money(120 * MILLION)
    assert figures.overdue_debt == Money(300 * MILLION)  # B and C, whole
    assert figures.overdue_ratio.percent == "35.29"  # 300 / 850 = 35.294…
    assert figures.overdue_principal_ratio.percent == "14.12"  # 120 / 850 = 14.117…
    assert figures.bad_debt_ratio.percent == "17.65"  # 150 / 850 = 17.647…
    assert figures.by_group == {
        1: Money(700 * MILLION),
        2: Money(0),
        3: Money(150 * MILLION),
        4: Money(0),
        5: Money(0),
    }
    assert figures.at_risk == {
        0: Money(300 * MILLION),
        30: Money(100 * MILLION),
        90: Money(0),
    }


def test_the_figures_of_a_source_that_counts_the_transferred_part() -> None:
    loans = [
        a_loan("A", 500, 5, source="QGVL", days_past_due=200, principal_overdue=120),
        # Frozen: all of it is bad debt, none of it overdue, though 30 had been transferred.
        a_loan("B", 80, 1, source="QGVL", in_freeze=True, principal_overdue=30),
        # Due that very day, or within the tolerance: nothing of it counts as overdue.
        a_loan("C", 420, 1, source="QGVL", principal_overdue=10),
    ]

    found = portfolio(
        [a_source("QGVL", 2000, method="transferred_part", bears_risk=False)], loans
    )

    figures = found.sources[0].figures
    assert figures.overdue_ratio == Ratio(Money(120 * MILLION), Money(1000 * MILLION))
    assert figures.bad_debt_ratio == Ratio(Money(200 * MILLION), Money(1000 * MILLION))
    assert figures.overdue_principal_ratio.numerator == Money(160 * MILLION)


def test_the_total_sums_what_each_source_counts_its_own_way() -> None:
    sources = [
        a_source("QHT", 1000),
        a_source("QGVL", 500, method="transferred_part", bears_risk=False),
    ]
    loans = [
        a_loan("A", 300, 1, days_past_due=5, principal_overdue=50),
        a_loan(
            "B",
            200,
            2,
            source="QGVL",
            bears_risk=False,
            days_past_due=15,
            principal_overdue=40,
        ),
    ]

    total = portfolio(sources, loans).total

    assert total.capital == Money(1500 * MILLION)
    assert total.loans == 2
    assert total.overdue_debt == Money(340 * MILLION)  # A whole, of B the transferred part
    assert total.bad_debt == Money(40 * MILLION)
    assert total.overdue_ratio.percent == "68.00"  # 340 / 500


def test_contagion_looks_beyond_the_sources_asked_for() -> None:
    loans = [a_loan("A", 100, 1, source="QHT"), a_loan("B", 100, 4, source="QPT")]

    found = portfolio([a_source("QHT", 100)], loans)

    assert found.sources[0].figures.bad_debt == Money(100 * MILLION)
    assert found.total.outstanding == Money(100 * MILLION)


@pytest.mark.parametrize(
    ("numerator", "denominator", "percent"),
    [
        (1, 3, "33.33"),
        (2, 3, "66.67"),
        (1, 8, "12.50"),
        (1, 20_000, "0.01"),  # 0.005 %, half up
        (1, 20_001, "0.00"),
        (13_300, 14_390, "92.43"),  # 92.425…
        (0, 7, "0.00"),
        (0, 0, None),
        (5, 0, None),
    ],
)
def test_a_percentage_has_two_decimals_half_up(
    numerator: int, denominator: int, percent: str | None
) -> None:
    assert Ratio(Money(numerator), Money(denominator)).percent == percent


def test_the_json_of_section_12() -> None:
    # The example of section 12: 12.7 billion in group 1 not late, 300 million late in group 1,
    # 150 million each in groups 3 and 4, the last 91 days late.
    loans = [
        a_loan("A", 12_700, 1, borrower=1),
        a_loan("B", 300, 1, borrower=2, days_past_due=9),
        a_loan("C", 150, 3, borrower=3, days_past_due=31),
        a_loan("D", 150, 4, borrower=4, days_past_due=91),
    ]
    known_at = datetime(2020, 6, 1, 1, 0, tzinfo=UTC)

    shown = portfolio_json(
        portfolio([a_source("QHT", 14_390)], loans), date(2020, 5, 31), known_at
    )

    figures = {
        "capital": 14_390_000_000,
        "outstanding": 13_300_000_000,
        "loans": 4,
        "undisbursed": 1_090_000_000,
        "utilisation": "92.43",
        "overdue_principal": 0,
        "interest_open": 0,
        "overdue_ratio": {
            "numerator": 600_000_000,
            "denominator": 13_300_000_000,
            "percent": "4.51",
        },
        "overdue_principal_ratio": {
            "numerator": 0,
            "denominator": 13_300_000_000,
            "percent": "0.00",
        },
        "bad_debt_ratio": {
            "numerator": 300_000_000,
            "denominator": 13_300_000_000,
            "percent": "2.26",
        },
        "outstanding_by_group": {
            "1": 13_000_000_000,
            "2": 0,
            "3": 150_000_000,
            "4": 150_000_000,
            "5": 0,
        },
        "par": {"0": 600_000_000, "30": 300_000_000, "90": 150_000_000},
    }
    assert shown == {
        "as_of": "2020-05-31",
        "known_at": "2020-06-01T01:00:00+00:00",
        "sources": [{"source": "QHT", **figures}],
        "total": figures,
    }


def test_a_fund_without_loans_shows_no_percentages() -> None:
    shown = portfolio_json(portfolio([], []), date(2020, 5, 31), None)

    assert shown["known_at"] is None
    assert shown["sources"] == []
    assert shown["total"]["outstanding"] == 0
    assert shown["total"]["utilisation"] is None
    assert shown["total"]["overdue_ratio"] == {
        "numerator": 0,
        "denominator": 0,
        "percent": None,
    }
