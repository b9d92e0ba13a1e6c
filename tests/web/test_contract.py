"""Contracts as pages: the schedule while typing, drafts, what stops them, submitted once."""

import re
from html import unescape

import pytest
from sqlalchemy import select

from loanfund.clock import FixedClock
from loanfund.domain.money import Money
from loanfund.domain.permission import Role
from loanfund.models.capital import CapitalSource
from loanfund.models.loan import Loan
from loanfund.models.proposal import Proposal
from loanfund.services.proposal import Decide, approve
from loanfund.wording import vnd
from tests.books import a_small_book
from tests.people import a_user
from tests.site import Browser, Site

# 120 million in 12 equal parts at one percent a month from 10/06/2020. By hand, at 12 % a year:
# 120.000.000 × 0,12 × 30 / 365 = 1.183.561,64 on 10/07; 110.000.000 × 0,12 × 31 / 365 =
# 1.121.095,89 on 10/08.
TYPED = {
    "contract_number": "09/2020/HĐTD",
    "borrower": "htx-an",
    "source": "QUY",
    "signed_on": "10/06/2020",
    "amount": "120tr",
    "rate": "1",
    "rate_per": "month",
    "repayment_method": "equal_principal",
    "term_months": "12",
    "interest_every_months": "1",
    "principal_every_months": "1",
    "principal_grace_months": "0",
    "purpose": "Mua xe tải",
    "jobs": "7",
}
HIDDEN = re.compile(r'name="(request_key|version)"[^>]*value="([^"]*)"')
CELL = re.compile(r"<td[^>]*>([^<]*)</td>")


@pytest.fixture
def officer(site: Site, clock: FixedClock) -> Browser:
    with site.sessions() as session:
        a_small_book(session, clock)
    browser = site.sign_in(Role.OFFICER)
    browser.get("/contract/new?borrower=htx-an")
    return browser


def kept(officer: Browser, **changes: str) -> str:
    """Save a draft, and give the address of its page."""
    sent = officer.post("/contract/new", {**TYPED, **changes, "act": "save"})
    assert sent.status_code == 302, sent.text
    return str(sent.location)


def hidden(page: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in HIDDEN.findall(page)}


def test_the_schedule_follows_what_is_typed_and_writes_nothing(
    site: Site, officer: Browser
) -> None:
    shown = officer.client.get(
        "/contract/preview", base_url=site.base_url, query_string=TYPED
    ).text

    cells = [one.strip() for one in CELL.findall(shown)]
    assert cells[:6] == [
        "1",
        "10/07/2020",
        "10.000.000",
        "1.183.562",
        "11.183.562",
        "110.000.000",
    ]
    assert cells[6:11] == ["2", "10/08/2020", "10.000.000", "1.121.096", "11.121.096"]
    # 12 a year is 1 a month as a twelfth, and 12 × 30 / 365 = 0,98630… for 30 days.
    assert "12 %/năm = 1 %/tháng (năm chia 12) = 0,9863 % cho 30 ngày" in shown
    with site.sessions() as session:
        assert (
            session.scalar(select(Loan).where(Loan.contract_number == "09/2020/HĐTD")) is None
        )


def test_the_button_shows_the_schedule_without_a_script_and_keeps_what_was_typed(
    officer: Browser,
) -> None:
    shown = officer.post("/contract/new", {**TYPED, "act": "preview"})

    assert shown.status_code == 200
    assert "1.183.562" in shown.text
    assert 'value="Mua xe tải"' in shown.text


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"amount": "nhiều"}, "nhiều"),
        ({"term_months": ""}, "Hãy điền ô này"),
        ({"repayment_method": "custom", "principal_plan": "15/07/2020 abc"}, "Dòng 1"),
        ({"contract_number": "01/2020/HĐTD"}, "01/2020/HĐTD"),
        ({"rate": "9"}, "Lãi suất cao nhất"),
    ],
)
def test_what_cannot_be_is_refused_with_everything_still_typed(
    officer: Browser, changes: dict[str, str], says: str
) -> None:
    shown = officer.post("/contract/new", {**TYPED, **changes, "act": "save"})

    assert shown.status_code == 422
    assert says in unescape(shown.text)
    assert 'value="Mua xe tải"' in shown.text


@pytest.mark.parametrize(
    ("typed", "tolerated"), [("", 1_000), ("0", 0), ("2.000", 2_000)], ids=str
)
def test_a_contract_may_tolerate_otherwise_than_the_fund(
    site: Site, officer: Browser, typed: str, tolerated: int
) -> None:
    page = officer.get(kept(officer, tolerance=typed)).text

    with site.sessions() as session:
        query = select(Loan.tolerance).where(Loan.contract_number == "09/2020/HĐTD")
        assert session.scalars(query).one() == Money(tolerated)
    assert f"<dt>Dung sai nợ quá hạn</dt><dd>{vnd(tolerated)}</dd>" in page


def test_a_debt_that_is_overdue_stands_beside_the_new_contract(officer: Browser) -> None:
    page = officer.get("/contract/new?borrower=hop-tac-xa-anh-duong").text

    # The interest due on 15/02/2020 is the oldest unpaid: 14 + 31 + 30 + 31 + 1 days on 01/06.
    assert "quá hạn 107 ngày: gốc quá hạn 200.000.000" in page


def test_a_draft_is_submitted_once_and_approved_by_another_person(
    site: Site, officer: Browser, clock: FixedClock
) -> None:
    path = kept(officer)
    page = officer.get(path).text
    assert "Dự thảo" in page
    asked = {**hidden(page), "note": "Hồ sơ đủ"}

    sent = [officer.post(f"{path}/submit", asked) for _ in range(2)]

    assert [one.status_code for one in sent] == [302, 302]
    assert "đang chờ lãnh đạo duyệt" in officer.get(path).text
    with site.sessions() as session:
        proposal = session.scalars(select(Proposal)).one()
        named = select(CapitalSource.name).where(CapitalSource.code == "QUY")
        source = session.scalars(named).one()
        shown = site.sign_in(Role.AUDITOR).get(f"/proposals/{proposal.id}").text
        for said in ("Ngày thực tế, năm 365 ngày", ">1,5</dd>", source):
            assert said in shown
        decision = Decide(proposal_id=proposal.id, payload_hash=proposal.payload_hash)
        approve(session, decision, a_user(session, Role.MANAGER), clock)
        row = session.scalars(select(Loan).where(Loan.contract_number == "09/2020/HĐTD")).one()
        assert (row.state, row.jobs, row.annual_rate.text) == ("approved", 7, "12")
    assert "Đã duyệt" in officer.get(path).text
    assert officer.get(f"{path}/edit").location == path


def test_more_than_the_source_has_left_is_said_and_cannot_be_submitted(
    site: Site, officer: Browser
) -> None:
    # Of 1.000 million 100 and 200 are lent: 700 are left.
    path = kept(officer, amount="701tr")
    page = officer.get(path).text
    assert "chỉ còn 700.000.000" in page

    refused = officer.post(f"{path}/submit", hidden(page))

    assert refused.status_code == 422
    with site.sessions() as session:
        assert session.scalar(select(Proposal)) is None


@pytest.mark.parametrize(
    ("odd", "asked"),
    [
        ({"rate": "0,6", "rate_per": "year"}, "đây có phải lãi suất tháng không?"),
        ({"rate": "72", "rate_per": "year"}, "đây có phải lãi suất tháng không?"),
        ({"amount": "120"}, "có phải đã ghi theo triệu đồng không?"),
        ({"overdue_rate_multiplier": "150"}, "cao hơn 150 % lãi suất trong hạn"),
    ],
)
def test_terms_that_nobody_means_are_asked_about_and_explained_to_who_approves(
    site: Site, officer: Browser, odd: dict[str, str], asked: str
) -> None:
    query = {**TYPED, **odd}
    shown = officer.client.get("/contract/preview", base_url=site.base_url, query_string=query)
    page = kept(officer, **odd)
    form = hidden(officer.get(page).text)

    bare = officer.post(f"{page}/submit", form)
    told = officer.post(f"{page}/submit", form | {"note": "Theo quyết định 5/QĐ-UBND"})

    assert asked in shown.text
    assert asked in bare.text
    assert bare.status_code == 422
    assert "hãy ghi vì sao" in bare.text
    assert told.status_code == 302
    with site.sessions() as session:
        proposal = session.scalars(select(Proposal.id)).one()
    decided = site.sign_in(Role.MANAGER).get(f"/proposals/{proposal}").text
    assert asked in decided
    assert "Theo quyết định 5/QĐ-UBND" in decided


def test_terms_as_they_usually_are_are_not_asked_about(officer: Browser) -> None:
    page = officer.get(kept(officer)).text

    assert "hãy ghi vì sao" not in page
    assert "150 %" not in page


def test_a_changed_draft_takes_its_proposal_back(site: Site, officer: Browser) -> None:
    path = kept(officer)
    officer.post(f"{path}/submit", hidden(officer.get(path).text))
    form = officer.get(f"{path}/edit").text
    assert 'value="120.000.000"' in form

    sent = officer.post(
        f"{path}/edit", {**TYPED, **hidden(form), "amount": "90tr", "act": "save"}
    )

    assert sent.status_code == 302, sent.text
    page = officer.get(path).text
    assert "đã được rút" in page
    assert "90.000.000" in page
    with site.sessions() as session:
        assert session.scalars(select(Proposal.state)).one() == "withdrawn"


def test_a_draft_changed_by_another_person_meanwhile_is_not_overwritten(
    officer: Browser,
) -> None:
    path = kept(officer)
    first = officer.get(f"{path}/edit").text
    officer.post(f"{path}/edit", {**TYPED, **hidden(first), "amount": "90tr", "act": "save"})

    late = officer.post(
        f"{path}/edit", {**TYPED, **hidden(first), "amount": "80tr", "act": "save"}
    )

    assert late.status_code == 422
    assert "80" in late.text
    assert "90.000.000" in officer.get(path).text


def test_a_contract_that_will_not_be_is_cancelled_with_the_reason(officer: Browser) -> None:
    path = kept(officer)
    seen = hidden(officer.get(path).text)

    without = officer.post(f"{path}/cancel", {**seen, "reason": ""})
    sent = officer.post(f"{path}/cancel", {**seen, "reason": "Khách rút hồ sơ"})

    assert (without.status_code, sent.status_code) == (422, 302)
    assert "Đã hủy" in officer.get(path).text


@pytest.mark.parametrize("role", [Role.ACCOUNTANT, Role.MANAGER, Role.AUDITOR])
def test_others_of_the_staff_read_a_contract_and_draft_none(
    site: Site, officer: Browser, role: Role
) -> None:
    path = kept(officer)
    browser = site.sign_in(role)

    assert browser.get(path).status_code == 200
    assert browser.get("/contract/new").status_code == 403
    assert browser.get(f"{path}/edit").status_code == 403
    assert browser.post(f"{path}/submit", {}).status_code == 403


def test_a_borrower_is_found_without_diacritics(officer: Browser) -> None:
    page = officer.get("/contract/new?q=anh+duong").text

    assert "/contract/new?borrower=hop-tac-xa-anh-duong" in page
    assert "/contract/new?borrower=htx-an" not in page


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("09/2020/hđtd", "Số hợp đồng 09/2020/HĐTD đã có"),
        ("０９/2020/HÐTD", "Số hợp đồng 09/2020/HĐTD đã có"),
        ("10/2020 (2)", "có ký tự không dùng được ( ())"),
    ],
)
def test_a_number_that_is_taken_or_none_is_refused_beside_its_field(
    officer: Browser, number: str, said: str
) -> None:
    kept(officer)

    answer = officer.post("/contract/new", {**TYPED, "contract_number": number, "act": "save"})

    beside = re.search(r'id="contract_number-error">([^<]*)<', answer.text)
    assert answer.status_code == 422
    assert beside is not None
    assert said in unescape(beside[1])
