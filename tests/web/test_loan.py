"""The page of a loan: who sees it, on which day, and in both languages."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import Clock, FixedClock
from loanfund.domain.money import Money
from loanfund.domain.permission import Role
from loanfund.models.loan import Loan
from loanfund.web.loan import parts_said
from loanfund.wording import LANGUAGES
from tests.builders import (
    Fund,
    a_borrower,
    a_contract,
    a_fund,
    a_lending_fund,
    a_loan,
    a_source,
    repaid,
)
from tests.conftest import TODAY
from tests.prepared import prepared
from tests.site import Site

MARKUP = "HTX <script>alert(1)</script> & Con"


@pytest.fixture
def loan_id(session: Session, clock: FixedClock) -> int:
    a_loan_once_paid(session, clock)
    return id_of(session, "01/2020")


@prepared
def a_loan_once_paid(session: Session, clock: Clock) -> Fund:
    """One loan of 100 million with one payment of the interest of the first month."""
    fund = a_lending_fund(session, clock)
    a_loan(fund)
    repaid(fund, "01/2020", TODAY.replace(month=2, day=10), 509_589, note="đủ lãi tháng 1")
    return fund


def id_of(session: Session, number: str) -> int:
    return session.scalars(select(Loan.id).where(Loan.contract_number == number)).one()


def path(loan_id: int, query: str = "") -> str:
    return f"/loan/{loan_id}{query}"


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.OFFICER, 200),
        (Role.ACCOUNTANT, 200),
        (Role.MANAGER, 200),
        (Role.AUDITOR, 200),
        (Role.ADMIN, 403),
    ],
)
def test_staff_sees_loans_and_the_administrator_does_not(
    site: Site, loan_id: int, role: Role, status: int
) -> None:
    assert site.sign_in(role).get(path(loan_id)).status_code == status


@pytest.mark.parametrize("below", ["", "/repay", "/statement", "/propose/freeze"])
def test_pages_of_a_loan_lie_below_the_loans(site: Site, loan_id: int, below: str) -> None:
    page = site.sign_in(Role.OFFICER).get(path(loan_id, below)).text

    assert 'aria-current="page">Khoản vay' in page


def test_only_who_records_repayments_is_offered_to(site: Site, loan_id: int) -> None:
    pages = [
        site.sign_in(role).get(path(loan_id)).text for role in (Role.OFFICER, Role.MANAGER)
    ]

    assert ["/repay" in page for page in pages] == [True, False]


def test_a_stranger_is_asked_to_sign_in(site: Site, loan_id: int) -> None:
    answer = site.stranger().get(path(loan_id))

    assert answer.headers["Location"] == f"/sign-in?next=/loan/{loan_id}"


@pytest.mark.parametrize("tail", ["2147483648", "0", "x", "-1"])
def test_what_is_no_loan_is_not_found(site: Site, loan_id: int, tail: str) -> None:
    assert loan_id
    assert site.sign_in(Role.OFFICER).get(f"/loan/{tail}").status_code == 404


def test_the_position_is_said_in_words(site: Site, loan_id: int) -> None:
    page = site.sign_in(Role.OFFICER).get(path(loan_id)).text.replace("\N{NO-BREAK SPACE}", " ")

    assert "HTX Đồng Tâm còn nợ gốc 100.000.000 đ." in page
    assert "Quá hạn 83 ngày; phải trả 1.479.452 đ (lãi 1.479.452 đ)." in page
    assert "Lãi tính từ 10/05/2020 đến 01/06/2020 là 361.644 đ, chưa đến hạn." in page
    assert "Kỳ tới ngày 10/06/2020: 509.589 đ (lãi 509.589 đ)." in page
    assert "Vì sao nhóm 3?" in page
    assert "TTG-2020/000001" in page
    assert "101.841.096 đ" in page  # 100,000,000 + 1,479,452 + 361,644


def test_what_credit_takes_away_is_said_in_words_without_a_minus(app: Flask) -> None:
    parts = (("interest", Money(2_986_599)), ("credit", Money(-2_986_599)))

    with app.test_request_context():
        assert parts_said(parts) == "lãi 2.986.599\xa0đ, trừ tiền thừa 2.986.599\xa0đ"


def test_a_page_of_another_day_says_which(site: Site, loan_id: int) -> None:
    browser = site.sign_in(Role.OFFICER)

    then = browser.get(path(loan_id, "?as_of=2020-02-10")).text
    later = browser.get(path(loan_id, "?as_of=10/06/2020")).text
    today = browser.get(path(loan_id)).text

    assert "Số liệu tại 10/02/2020" in then
    assert "Không có khoản nào đến hạn phải trả." in then
    assert "Số liệu dự kiến cho ngày 10/06/2020" in later
    assert "Quá hạn 92 ngày" in later
    assert "Số liệu tại" not in today


def test_a_page_as_known_earlier_leaves_out_what_came_later(
    site: Site, loan_id: int, session: Session
) -> None:
    browser = site.sign_in(Role.OFFICER)
    recorded_at = session.get_one(Loan, loan_id).recorded_at

    then = browser.get(path(loan_id, f"?known_at={recorded_at.isoformat()}"))

    assert then.status_code == 200
    assert "chưa giải ngân" in then.text
    assert "như đã biết lúc" in then.text
    assert browser.get(path(loan_id, "?known_at=2019-01-01")).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "?as_of=31/02/2020",
        "?as_of=3020-01-01",
        "?known_at=x",
        "?known_at=2020-01-01T10:00:00",
        "?pay_on=x",
    ],
)
def test_a_day_that_is_none_is_refused_with_a_sentence(
    site: Site, loan_id: int, query: str
) -> None:
    answer = site.sign_in(Role.OFFICER).get(path(loan_id, query))

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text or "<strong>" in answer.text


def test_a_settlement_is_quoted_for_any_day(site: Site, loan_id: int) -> None:
    page = site.sign_in(Role.OFFICER).get(path(loan_id, "?pay_on=20/06/2020")).text

    # 100,000,000 + 1,479,452 + 509,589 + 10 days 164,384
    assert "102.153.425" in page
    assert "dự kiến" in page


def test_names_and_notes_are_text_and_never_markup(
    site: Site, session: Session, clock: FixedClock
) -> None:
    fund = a_fund(session, clock)
    a_source(fund)
    a_borrower(fund, MARKUP, code="x")
    a_loan(fund, "1", borrower="x")
    typed = {"note": "<b>đậm</b>", "payer": '"><u>', "reference": "<s>"}
    repaid(fund, "1", TODAY, 1_000_000, **typed)
    browser = site.sign_in(Role.OFFICER)
    loan = id_of(session, "1")

    pages = [
        browser.get(path(loan, tail)).text
        for tail in ("", "/repay", "/receipt/2", "/receipt/2/reverse", "/statement")
    ]

    tags = ("<script>", "<b>đậm", '"><u>', "<s>")
    for page in pages:
        assert "HTX &lt;script&gt;alert(1)&lt;/script&gt; &amp; Con" in page
        assert not [tag for tag in tags if tag in page]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_of_a_loan_has_its_words(
    site: Site, session: Session, clock: FixedClock, language: str
) -> None:
    fund = a_fund(session, clock)
    numbers = loans_in_every_state(fund)
    browser = site.sign_in(Role.OFFICER)
    browser.get("/password")
    browser.post("/language", {"language": language})

    for number in numbers:
        answer = browser.get(path(id_of(session, number)))
        assert answer.status_code == 200, number
        assert f'<html lang="{language}">' in answer.text


def test_money_after_a_settlement_is_told_and_does_not_move_its_day(
    site: Site, session: Session, clock: FixedClock
) -> None:
    fund = a_lending_fund(session, clock)
    a_loan(fund, "settled", signed_on=date(2019, 3, 1), term_months=1)
    repaid(fund, "settled", date(2019, 4, 1), 100_509_589)
    repaid(fund, "settled", TODAY, 500_000)
    row = session.scalars(select(Loan)).one()
    officer = site.sign_in(Role.OFFICER)

    loan, of_borrower = (
        officer.get(address).text.replace("\N{NO-BREAK SPACE}", " ")
        for address in (path(row.id), f"/borrower/{row.borrower_id}")
    )

    assert "đã tất toán ngày 01/04/2019" in loan
    assert all("Quỹ đang giữ tiền thừa 500.000 đ" in page for page in (loan, of_borrower))


def loans_in_every_state(fund: Fund) -> list[str]:
    """Make loans that were never disbursed, paid early, settled and paid late."""
    a_source(fund)
    a_borrower(fund)
    a_contract(fund, "approved")
    a_loan(fund, "late")
    a_loan(fund, "settled", amount=10_000_000)
    repaid(fund, "settled", TODAY, 11_000_000)
    a_loan(fund, "today", signed_on=TODAY.replace(day=1, month=5))
    a_loan(fund, "fresh", signed_on=TODAY)
    a_loan(fund, "late-rate", late_interest_rate="10", day_count="30E/360")
    repaid(fund, "late-rate", TODAY, 100_000)
    return ["approved", "late", "settled", "today", "fresh", "late-rate"]
