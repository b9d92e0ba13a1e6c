"""`loanfund close`: months close in order, and what comes later is booked in an open one."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import create_engine, text

from tests.cli.conftest import run

pytestmark = pytest.mark.slow

PEOPLE = {"accountant": "accountant@example.vn", "manager": "manager@example.vn"}


@pytest.fixture
def staffed(book: Path) -> Path:
    for role, email in PEOPLE.items():
        assert run(book, "user", "add", email, "--role", role).exit_code == 0
    return book


def close(book: Path, day: str) -> Result:
    people = ("--as", PEOPLE["accountant"]), ("--approved-by", PEOPLE["manager"])
    return run(book, *people[0], "close", day, *people[1])


def rows(book: Path, question: str) -> list[tuple[object, ...]]:
    with create_engine(f"sqlite:///{book}").connect() as connection:
        return [tuple(row) for row in connection.execute(text(question))]


def test_a_close_freezes_every_loan_and_posts_provisions(staffed: Path) -> None:
    result = close(staffed, "2020-04-30")

    assert result.exit_code == 0, result.stderr
    # 46 + 24 loans with principal on 30/04/2020, and their sum (bacgiang-2020.expected.json).
    frozen = "FROM month_end_position WHERE principal_outstanding > 0"
    assert rows(staffed, f"SELECT count(*), sum(principal_outstanding) {frozen}") == [
        (70, 12_931_250_000 + 5_045_000_000)
    ]
    assert run(staffed, "verify").exit_code == 0


def test_the_general_provision_is_half_a_percent_of_groups_1_to_4(staffed: Path) -> None:
    close(staffed, "2020-04-30")

    # The Fund bears the risk of QHTPT only: 0,5 % × 12.931.250.000, all of it in groups 1 to 4.
    posted = rows(
        staffed,
        "SELECT debit, amount, value_date, booking_date FROM ledger_entry "
        "WHERE credit = 'general_provision'",
    )
    assert posted == [("provision_expense", 64_656_250, "2020-04-30", "2020-04-30")]


def test_the_specific_provision_of_group_3_is_a_quarter_beyond_the_collateral(
    staffed: Path,
) -> None:
    close(staffed, "2020-04-30")

    # One loan of QHTPT is in group 3 with 150.000.000 outstanding: R = (A − C) × 25 %.
    collateral = rows(
        staffed,
        "SELECT deductible_collateral FROM loan JOIN month_end_position ON loan_id = id "
        "WHERE final_group = 3 AND principal_outstanding = 150000000",
    )[0][0]
    assert isinstance(collateral, int)
    expected = max(0, 150_000_000 - collateral) * 25 // 100
    posted = rows(
        staffed, "SELECT amount FROM ledger_entry WHERE credit = 'specific_provision'"
    )
    assert posted == ([(expected,)] if expected else [])


def test_months_close_in_order_and_only_once(staffed: Path) -> None:
    close(staffed, "2020-03-31")

    again, gap = close(staffed, "2020-03-31"), close(staffed, "2020-05-31")
    following = close(staffed, "2020-04-30")

    assert (again.exit_code, gap.exit_code, following.exit_code) == (2, 2, 0)


def test_a_month_that_is_not_over_does_not_close(staffed: Path) -> None:
    assert close(staffed, "2020-06-30").exit_code == 2


def test_an_accountant_cannot_confirm_an_own_close(staffed: Path) -> None:
    me = PEOPLE["accountant"]

    result = run(staffed, "--as", me, "close", "2020-04-30", "--approved-by", me)

    assert result.exit_code == 2
    assert rows(staffed, "SELECT count(*) FROM period") == [(0,)]


def test_a_payment_of_a_closed_month_is_booked_in_the_open_one(staffed: Path) -> None:
    close(staffed, "2020-04-30")
    run(staffed, "repay", "08/2019/HĐTD-QHTPT", "2020-04-15", "1000000")

    booked = rows(
        staffed,
        "SELECT DISTINCT ledger_entry.booking_date FROM ledger_entry JOIN loan_event "
        "ON loan_event.id = event_id WHERE loan_event.number = 'TTG-2020/000002' "
        "AND ledger_entry.value_date <= '2020-04-30'",
    )
    assert booked == [("2020-06-01",)]
    assert run(staffed, "verify").exit_code == 0


def test_verify_compares_what_was_frozen_with_what_was_known_then(staffed: Path) -> None:
    close(staffed, "2020-04-30")
    run(staffed, "repay", "08/2019/HĐTD-QHTPT", "2020-04-15", "5000000")
    restated = run(staffed, "verify")
    with create_engine(f"sqlite:///{staffed}").begin() as connection:
        connection.execute(text("DROP TRIGGER month_end_position_refuses_update"))
        connection.execute(text("UPDATE month_end_position SET credit = 7 WHERE loan_id = 8"))

    tampered = run(staffed, "verify")

    assert (restated.exit_code, tampered.exit_code) == (0, 1)
    assert "08/2019/HĐTD-QHTPT 2020-04-30 credit" in tampered.stdout
