"""What commands answer about the 2020 book, as rules §12 writes it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from loanfund.clock import SystemClock
from loanfund.db import make_engine, make_sessions
from tests.broken import WAYS
from tests.cli.conftest import answer, run

# The half-year report 23/BC-LM of 18/06/2020.
REPORT = {
    "QHTPT": (14_390_000_000, 13_300_000_000, 48),
    "QVL": (5_129_000_000, 5_000_000_000, 23),
}


def test_the_portfolio_has_the_figures_of_the_report(book: Path) -> None:
    figures = answer(run(book, "portfolio", "--as-of", "2020-05-31", "--json"))

    assert (figures["as_of"], figures["known_at"]) == ("2020-05-31", None)
    found = {
        one["source"]: (one["capital"], one["outstanding"], one["loans"])
        for one in figures["sources"]
    }
    assert found == REPORT
    assert figures["sources"][1]["undisbursed"] == 129_000_000
    assert figures["sources"][1]["bad_debt_ratio"] == {
        "numerator": 62_000_000,
        "denominator": 5_000_000_000,
        "percent": "1.24",
    }


def test_the_portfolio_names_a_loan_that_it_cannot_read(book: Path) -> None:
    """It is told beside the figures, which programs read as before."""
    engine = make_engine(f"sqlite:///{book}")
    contract = "01/2019/HĐTD-QHTPT"
    with make_sessions(engine)() as session:
        WAYS["unknown type"](session, contract)
        session.commit()
    engine.dispose()

    result = run(book, "portfolio", "--as-of", "2020-05-31", "--json")

    assert answer(result)["sources"][0]["loans"] == 47
    assert contract in result.stderr


def test_the_portfolio_has_every_field_of_the_rules(book: Path) -> None:
    figures = answer(run(book, "portfolio", "--as-of", "2020-05-31", "--json"))

    assert figures["sources"][0] == {
        "source": "QHTPT",
        "capital": 14_390_000_000,
        "outstanding": 13_300_000_000,
        "loans": 48,
        "undisbursed": 1_090_000_000,
        "utilisation": "92.43",
        "overdue_principal": 0,
        "interest_open": 6_112_603,
        "overdue_ratio": _ratio(600_000_000, "4.51"),
        "overdue_principal_ratio": _ratio(0, "0.00"),
        "bad_debt_ratio": _ratio(300_000_000, "2.26"),
        "outstanding_by_group": {
            "1": 13_000_000_000,
            "2": 0,
            "3": 150_000_000,
            "4": 150_000_000,
            "5": 0,
        },
        "par": {"0": 600_000_000, "30": 300_000_000, "90": 150_000_000},
    }
    assert figures["total"]["outstanding"] == 18_300_000_000
    assert figures["total"].keys() == figures["sources"][0].keys() - {"source"}


def _ratio(numerator: int, percent: str) -> dict[str, object]:
    return {"numerator": numerator, "denominator": 13_300_000_000, "percent": percent}


def test_one_source_may_be_asked_for(book: Path) -> None:
    figures = answer(
        run(book, "portfolio", "--as-of", "2020-05-31", "--source", "QVL", "--json")
    )

    assert [one["source"] for one in figures["sources"]] == ["QVL"]
    assert figures["total"]["outstanding"] == 5_000_000_000


def test_an_unknown_source_is_refused_as_json(book: Path) -> None:
    result = run(book, "portfolio", "--source", "KHONG", "--json")

    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["code"] == "not_found"


def test_a_day_after_the_business_date_is_refused_for_the_portfolio(book: Path) -> None:
    result = run(book, "portfolio", "--as-of", "2020-06-02", "--json")

    assert (result.exit_code, json.loads(result.stdout)["error"]["code"]) == (
        2,
        "invalid_input",
    )


def test_the_table_shows_the_ratios_with_a_decimal_comma(book: Path) -> None:
    result = run(book, "portfolio", "--as-of", "31/05/2020")

    assert "1,24\N{NO-BREAK SPACE}%" in result.stdout
    assert "13.300.000.000\N{NO-BREAK SPACE}đ" in result.stdout


def test_before_anything_was_recorded_nothing_was_known(book: Path) -> None:
    figures = answer(run(book, "portfolio", "--known-at", "2020-05-31", "--json"))

    assert figures["sources"] == []
    assert figures["total"]["loans"] == 0
    assert figures["total"]["bad_debt_ratio"]["percent"] is None


def test_what_was_recorded_later_is_not_known_at_an_instant_before(book: Path) -> None:
    before = SystemClock().now()
    loan = "08/2019/HĐTD-QHTPT"
    run(book, "repay", loan, "2020-05-31", "100000000", "--method", "cash", "--meant", "sold")

    now = answer(run(book, "loan", loan, "--json"))["position"]
    then = answer(run(book, "loan", loan, "--known-at", before.isoformat(), "--json"))[
        "position"
    ]

    assert then["principal_outstanding"] == 300_000_000
    assert then["interest_open"] == 1_627_397  # 300.000.000 × 6,6 % × 30 / 365, unpaid
    assert now["interest_open"] == 0
    later = (before + timedelta(days=1)).isoformat()
    assert answer(run(book, "loan", loan, "--known-at", later, "--json"))["position"] == now


def test_an_instant_without_zone_is_refused(book: Path) -> None:
    result = run(book, "portfolio", "--known-at", "2020-05-31T10:00:00", "--json")

    assert result.exit_code == 2
    assert "zone" in json.loads(result.stdout)["error"]["message"]


def test_a_loan_is_shown_as_the_rules_say_with_its_names(book: Path) -> None:
    loan = answer(run(book, "loan", "71/2019/HĐTD-QVL", "--as-of", "2020-05-31", "--json"))

    assert (loan["contract"], loan["source"]) == ("71/2019/HĐTD-QVL", "QVL")
    assert loan["borrower"].startswith("HTX ")
    assert loan["debt_group_final"] == loan["position"]["debt_group"] == 4
    assert loan["position"]["days_past_due"] == 137
    assert {"schedule", "charges", "transactions", "position"} < loan.keys()
    line = loan["charges"][0]["lines"][0]
    assert line == {
        "from": "2018-01-15",
        "to": "2018-02-15",
        "days": 31,
        "balance": 62_000_000,
        "annual_rate": "7.92",
        "amount": "417047.67",  # 62.000.000 × 7,92 % × 31 / 365
    }


def test_an_unknown_loan_is_refused(book: Path) -> None:
    result = run(book, "loan", "00/0000")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "There is no such loan.\n"
