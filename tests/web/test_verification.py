"""Anybody checks a paper by its code: what it is worth, and never whose it is (S21)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.documents.layout import imprint
from loanfund.documents.voucher import render_voucher
from loanfund.domain.issue import Issue
from loanfund.domain.permission import Role
from loanfund.domain.rate_limit import LIMITS, Limit, Use
from loanfund.domain.voucher import AnyVoucher
from loanfund.models.document import Document
from loanfund.models.loan import Loan
from loanfund.queries.verification import read_code
from loanfund.services.reversal import Reverse, reverse
from loanfund.services.statement import IssueStatement, issue_statement
from loanfund.services.voucher import PrintVoucher, print_voucher
from tests.builders import Fund, a_borrower, a_fund, a_loan, a_source, repaid
from tests.conftest import TODAY
from tests.jobs.owing import letters_planned
from tests.papers import words_of
from tests.prepared import prepared
from tests.site import Site
from tests.web.one_number import AMOUNT, NBSP, loan_ids
from tests.web.test_repayment import hidden, plain

NUMBER, PAID = "01/2020", 1_000_000
TOTALS = {
    "statement": ("Dư nợ gốc", "Phải trả", "Số tiền tất toán"),
    "bank_receipt": ("Số tiền:", "Dư nợ gốc sau"),
    "overdue_notice": ("Tổng số tiền phải trả", "Nếu trả ngày"),
}


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    """A hundred million lent on 10/01/2020, and one payment that reaches no principal."""
    fund = a_fund(session, clock)
    a_source(fund)
    a_borrower(fund, "HTX Đồng Tâm")
    a_loan(fund, NUMBER)
    repaid(fund, NUMBER, date(2020, 3, 10), PAID)
    return fund


def stated(fund: Fund) -> Document:
    """Issue a statement through May."""
    asked = IssueStatement(contract_number=NUMBER, period_to=date(2020, 5, 31))
    number = issue_statement(fund.session, asked, fund.officer, fund.clock, lambda *_: b"%PDF")
    return fund.session.scalars(select(Document).where(Document.number == number)).one()


def render(voucher: AnyVoucher, issue: Issue) -> bytes:
    return render_voucher(voucher, imprint(issue, "https://quy.example.vn"))


def receipt(fund: Fund) -> Document:
    asked = PrintVoucher(contract_number=NUMBER, sequence=2)
    number = print_voucher(fund.session, asked, fund.officer, fund.clock, render)
    return fund.session.scalars(select(Document).where(Document.number == number)).one()


def test_a_stranger_sees_that_a_statement_counts_and_no_name(site: Site, fund: Fund) -> None:
    paper = stated(fund)

    answer = site.stranger().get(f"/verify/{paper.code}")
    page = plain(answer)

    assert answer.status_code == 200
    assert "hợp lệ" in page
    assert paper.number in page
    assert "31/05/2020" in page
    assert "100.000.000 đ" in page.replace("\N{NO-BREAK SPACE}", " ")
    assert "1.000.000 đ" in page.replace("\N{NO-BREAK SPACE}", " ")
    assert "Đồng Tâm" not in answer.text
    assert NUMBER not in answer.text
    assert fund.officer.name not in answer.text


def test_a_code_may_be_typed_as_it_is_read(site: Site, fund: Fund) -> None:
    code = stated(fund).code
    typed = code.lower().replace("0", "o").replace("1", "l")
    grouped = f"{typed[:4]}-{typed[4:8]}-{typed[8:]}"

    answer = site.stranger().get(f"/verify?code={grouped}")

    assert answer.headers["Location"] == f"/verify/{code}"


def test_the_same_statement_is_issued_once(fund: Fund) -> None:
    """A payment makes it another; taken back, it is a third: the first one was replaced."""
    first, again = stated(fund), stated(fund)
    repaid(fund, NUMBER, date(2020, 5, 20), PAID)
    second = stated(fund)
    undo = Reverse(contract_number=NUMBER, sequence=3, reason="Tiền không về")
    reverse(fund.session, undo, fund.officer, fund.clock)

    assert again.number == first.number
    numbers = [first.number, second.number, stated(fund).number]
    assert numbers == ["SK-2020/000001", "SK-2020/000002", "SK-2020/000003"]


@pytest.fixture
def papers(site: Site, fund: Fund) -> list[Document]:
    """A statement, a receipt and a notice of overdue debt, each as pages make it."""
    a_loan(fund, "02/2020", signed_on=date(2020, 1, 17))
    letters_planned(fund, TODAY, TODAY)
    officer = site.sign_in(Role.OFFICER)
    loan_id = loan_ids(fund.session)[NUMBER]
    sent = hidden(officer.get(f"/loan/{loan_id}/statement").text)
    officer.post(f"/loan/{loan_id}/statement", sent)
    receipt(fund)
    officer.get("/reminders")
    officer.post("/letters")
    found = fund.session.scalars(select(Document)).all()
    assert {one.kind for one in found} == set(TOTALS)
    return list(found)


def test_a_page_states_the_totals_of_its_paper_and_no_other_amount(
    site: Site, papers: list[Document]
) -> None:
    for paper in papers:
        page = plain(site.stranger().get(f"/verify/{paper.code}")).replace(NBSP, " ")
        facts = page.partition("<dl")[2].partition("</dl>")[0]
        stated, words = set(re.findall(AMOUNT, facts)), words_of(paper.file)

        assert stated <= set(re.findall(r"[\d.]+", words)), paper.kind
        for label in TOTALS[paper.kind]:
            total = re.search(f"{label}.*?{AMOUNT}", words, re.IGNORECASE)
            assert total is not None
            assert total[1] in stated, (paper.kind, label)


def test_a_paper_bears_the_day_of_the_fund_and_the_clock_is_at_its_foot(
    site: Site, papers: list[Document], clock: FixedClock
) -> None:
    """The demonstration's day stands still in 2020; instants are those of the machine."""
    manager, year = site.sign_in(Role.MANAGER), str(clock.now().year)
    reports = [manager.get(path).data for path in ("/loans.pdf", "/overdue.pdf")]
    assert year != str(TODAY.year)
    for file in [*(paper.file for paper in papers), *reports]:
        words = re.sub(r"(?:Kết xuất lúc|điểm kết xuất) [\d/]+", "", words_of(file))
        assert year not in words, words
        assert f"năm {TODAY.year}" in words


def test_a_later_statement_of_the_period_replaces_the_first(site: Site, fund: Fund) -> None:
    first = stated(fund)
    repaid(fund, NUMBER, date(2020, 5, 20), PAID)
    second, browser = stated(fund), site.stranger()

    assert f"Chứng từ thay thế: {second.number}" in plain(browser.get(f"/verify/{first.code}"))
    assert "và còn hiệu lực." in plain(browser.get(f"/verify/{second.code}"))

    repaid(fund, NUMBER, date(2020, 6, 1), PAID)  # after the period: its figures still hold
    assert "và còn hiệu lực." in plain(browser.get(f"/verify/{second.code}"))
    undo = Reverse(contract_number=NUMBER, sequence=3, reason="Tiền không về")
    reverse(fund.session, undo, fund.officer, fund.clock)
    told = plain(browser.get(f"/verify/{second.code}"))
    assert "và còn hiệu lực." not in told
    assert "sổ của kỳ này đã thay đổi từ khi phát hành" in told


def test_a_receipt_taken_back_is_voided(site: Site, fund: Fund) -> None:
    paper = receipt(fund)
    browser = site.stranger()
    assert "và còn hiệu lực." in plain(browser.get(f"/verify/{paper.code}"))

    undo = Reverse(contract_number=NUMBER, sequence=2, reason="Tiền không về")
    reverse(fund.session, undo, fund.officer, fund.clock)

    assert "đã bị hủy" in plain(browser.get(f"/verify/{paper.code}"))


WORDS = ("đã thay thế", "không còn khớp", "đã hủy")


def marks(page: str, numbers: Iterable[str]) -> dict[str, str]:
    """Give the word that a list has beside each paper that it names."""
    found = {}
    for row in re.split(r"<(?:li|tr)\b", page):
        named = re.search(r"\w+-2020/\d{6}", re.sub(r"<[^>]+>", " ", row))
        if named and named.group() in numbers:
            found[named.group()] = next((one for one in WORDS if one in row), "hợp lệ")
    return found


def test_every_list_of_papers_says_of_each_what_its_code_says(site: Site, fund: Fund) -> None:
    """A statement replaced, one overtaken by the books; a receipt that was taken back."""
    papers = [stated(fund), receipt(fund)]
    repaid(fund, NUMBER, date(2020, 5, 20), PAID)
    papers.append(stated(fund))
    for sequence in (3, 2):
        undo = Reverse(contract_number=NUMBER, sequence=sequence, reason="Tiền không về")
        reverse(fund.session, undo, fund.officer, fund.clock)
    asked = IssueStatement(contract_number=NUMBER, period_to=date(2020, 4, 30))
    number = issue_statement(fund.session, asked, fund.officer, fund.clock, lambda *_: b"%PDF")
    papers.append(fund.session.scalars(select(Document).where(Document.number == number)).one())
    loan, borrower = fund.session.execute(select(Loan.id, Loan.borrower_id)).one()
    officer = site.sign_in(Role.OFFICER)
    own = site.sign_in(Role.COOPERATIVE, borrower_id=borrower)

    said = {
        one.number: next(
            word
            for word in (*WORDS, "hợp lệ")
            if f">{word}<" in site.stranger().get(f"/verify/{one.code}").text
        )
        for one in papers
    }
    assert list(said.values()) == ["đã thay thế", "đã hủy", "không còn khớp", "hợp lệ"]
    statements = {number: word for number, word in said.items() if number.startswith("SK")}
    assert marks(officer.get(f"/borrower/{borrower}").text, said) == said
    assert marks(officer.get(f"/loan/{loan}?tab=statements").text, statements) == statements
    assert marks(own.get(f"/my/loan/{loan}/statement").text, statements) == statements


@pytest.mark.parametrize("typed", ["AAAABBBBCCC", "SK-2020/000081", "AAAABBBBCCCCD"])
def test_what_is_no_code_is_not_called_forged(site: Site, typed: str) -> None:
    answer = site.stranger().client.get(
        "/verify", query_string={"code": typed}, base_url=site.base_url, follow_redirects=True
    )

    assert "không phải mã kiểm tra" in plain(answer)
    assert "không phải do Quỹ phát hành" not in plain(answer)


def test_a_code_may_come_with_its_whole_address() -> None:
    for around in ("https://quy.example.vn/verify/", " http://127.0.0.1:8000/verify/"):
        assert read_code(f"{around}0aab-bbbc-cccd/") == "0AABBBBCCCCD"


def test_an_unknown_code_says_what_to_do(site: Site) -> None:
    browser = site.stranger()

    answer = browser.get("/verify/AAAA-BBBB-CCCC")

    assert answer.status_code == 404
    assert "Không có chứng từ nào mang mã AAAABBBBCCCC" in plain(answer)
    assert browser.get("/verify").status_code == 200


def test_guessing_is_limited_a_network(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIMITS, Use.VERIFICATION, Limit(2, LIMITS[Use.VERIFICATION].per))
    browser = site.stranger()

    answers = [browser.get(f"/verify/{guess:012d}").status_code for guess in range(3)]

    assert answers == [404, 404, 429]
