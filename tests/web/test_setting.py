"""Settings as a page: what holds, its history, proposed by one and approved by another."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.domain.setting import GROUPS, SETTINGS
from loanfund.models.period import Books
from loanfund.models.proposal import Proposal
from loanfund.services._setting import SetSetting
from loanfund.services.setting import set_setting
from loanfund.store.setting import load_settings
from tests.builders import Fund, a_contract, a_lending_fund, a_loan
from tests.prepared import prepared
from tests.site import Browser, Site

HASH = re.compile(r'name="payload_hash"[^>]*value="([0-9a-f]{64})"')
KEY = re.compile(r'name="request_key"[^>]*value="([^"]+)"')
LIST = re.compile(r'<textarea[^>]*name="value"[^>]*>\r?\n?(.*?)</textarea>', re.DOTALL)
CHOICE = re.compile(
    r'<select[^>]*name="value"[^>]*>.*?<option selected value="([^"]*)"', re.DOTALL
)
LINE = re.compile(r'<input[^>]*name="value"[^>]* value="([^"]*)"')
SHOWN = re.compile(r'name="shown" value="([^"]*)"')
LATE, AHEAD = date(2020, 1, 1), date(2030, 1, 1)
NAME = {"value": "Quỹ Hà Bắc", "valid_from": "01/01/2030", "note": "QĐ 12"}
RULES = {"value": "bank", "valid_from": "01/03/2020", "source": "QUY"}


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    """A loan 112 days late, a contract not disbursed, a phone known and one that comes."""
    fund = a_lending_fund(session, clock)
    a_loan(fund)
    a_contract(fund, "02/2020")
    for day, phone in ((LATE, "0204 111"), (AHEAD, "0204 222")):
        asked = SetSetting(key="fund_phone", value=phone, valid_from=day)
        set_setting(session, asked, fund.accountant, clock, fund.manager)
    return fund


def said(browser: Browser, path: str) -> str:
    return plain(browser.get(path).text)


def plain(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def value_in(page: str) -> str:
    """Give what the field of the value holds: a list, a choice or a line."""
    found = LIST.search(page) or CHOICE.search(page) or LINE.search(page)
    assert found is not None
    return unescape(found[1])


def test_every_setting_stands_in_one_group() -> None:
    listed = [key for keys in GROUPS.values() for key in keys]

    assert sorted(listed) == sorted(SETTINGS)


@pytest.mark.usefixtures("fund")
def test_the_page_shows_what_holds_what_comes_and_who_decided(site: Site) -> None:
    page = said(site.sign_in(Role.AUDITOR), "/settings")

    assert "Điện thoại 0204 111 từ ngày 01/01/2020 Sẽ đổi từ 01/01/2030 0204 222" in page
    assert "01/01/2030 Cả Quỹ 0204 222 Hà Bình" in page
    assert "Vũ Cúc" in page
    assert "Hệ số lãi quá hạn 1,5 mặc định" in page
    assert "Đề nghị thay đổi" not in page


@pytest.mark.usefixtures("fund")
def test_who_may_see_and_who_may_propose(site: Site) -> None:
    staff = set(Role) - {Role.CLI, Role.COOPERATIVE}
    people = {role: site.sign_in(role) for role in staff}

    seen = {one for one in staff if people[one].get("/settings").status_code == 200}
    asked = {
        one for one in staff if people[one].get("/settings/fund_name/change").status_code == 200
    }

    assert seen == {Role.ACCOUNTANT, Role.MANAGER, Role.AUDITOR}
    assert asked == {Role.ACCOUNTANT}


@pytest.mark.usefixtures("fund")
def test_every_setting_has_a_form_whose_own_value_is_accepted(site: Site) -> None:
    accountant = site.sign_in(Role.ACCOUNTANT)
    day = {"valid_from": "01/06/2020", "source": ""}
    for key in SETTINGS:
        held = value_in(accountant.get(f"/settings/{key}/change").text)
        typed = {"value": held, **day, "act": "look"}
        answer = accountant.post(f"/settings/{key}/change", typed)
        assert answer.status_code == 200, (key, plain(answer.text))
        assert "Giá trị này giống giá trị đang áp dụng." in plain(answer.text), key


@pytest.mark.parametrize(
    ("source", "effect"),
    [("", "Không có: mỗi nguồn vốn đã có giá trị riêng"), ("QUY", "của 1 khoản vay")],
)
@pytest.mark.usefixtures("fund")
def test_a_value_that_no_source_takes_has_no_effect(
    site: Site, source: str, effect: str
) -> None:
    """The one source has had a rule set of its own since it was made."""
    accountant = site.sign_in(Role.ACCOUNTANT)
    typed = {**RULES, "source": source, "act": "look"}

    accountant.get("/settings/debt_rule_set/change")
    page = plain(accountant.post("/settings/debt_rule_set/change", typed).text)

    assert effect in page
    assert ("Số liệu có thể đổi" in page) is bool(source)


def test_one_proposes_another_approves_and_it_holds_from_its_day(
    site: Site, fund: Fund
) -> None:
    accountant, manager = site.sign_in(Role.ACCOUNTANT), site.sign_in(Role.MANAGER)
    form = accountant.get("/settings/fund_name/change").text
    key = {"request_key": KEY.search(form)[1]}  # type: ignore[index]

    shown = accountant.post("/settings/fund_name/change", {**NAME, **key, "act": "look"})
    key["shown"] = unescape(SHOWN.search(shown.text)[1])  # type: ignore[index]
    other = {**NAME, **key, "value": "Quỹ khác", "act": "propose"}
    not_seen = accountant.post("/settings/fund_name/change", other)
    before = fund.session.scalar(select(func.count(Proposal.id)))
    sent = accountant.post("/settings/fund_name/change", {**NAME, **key, "act": "propose"})
    again = accountant.post("/settings/fund_name/change", {**NAME, **key, "act": "propose"})

    assert "giấy tờ đã phát hành giữ nguyên" in plain(shown.text)
    assert not_seen.status_code == 200  # shows what this affects, and sends nothing
    assert before == 0
    assert sent.location == again.location
    address = sent.location
    assert address is not None
    shown_hash = HASH.search(manager.get(address).text)[1]  # type: ignore[index]
    manager.post(f"{address}/approve", {"payload_hash": shown_hash})
    fund.session.expire_all()
    book = load_settings(fund.session)
    assert book.get("fund_name", date(2029, 12, 31)) == "Quỹ hỗ trợ phát triển hợp tác xã"
    assert book.get("fund_name", AHEAD) == "Quỹ Hà Bắc"


@pytest.mark.usefixtures("fund")
def test_figures_that_move_are_told_with_their_day_and_loans(site: Site) -> None:
    accountant = site.sign_in(Role.ACCOUNTANT)
    accountant.get("/settings/debt_rule_set/change")

    shown = accountant.post("/settings/debt_rule_set/change", {**RULES, "act": "look"})

    assert "Số liệu có thể đổi từ ngày 01/03/2020, của 1 khoản vay" in plain(shown.text)
    assert "Tổ chức tài chính vi mô" in plain(shown.text)
    assert "Nợ xấu 100.000.000 100.000.000" in plain(shown.text)
    # Group 4 by the one rule set, 3 by the other: 50 % + 0,5 % of all, then 20 % + 0,75 %.
    assert "Dự phòng phải trích 50.500.000 20.750.000" in plain(shown.text)


@pytest.mark.usefixtures("fund")
def test_whoever_approves_other_rules_sees_what_they_move(site: Site) -> None:
    accountant, manager = site.sign_in(Role.ACCOUNTANT), site.sign_in(Role.MANAGER)
    address = "/settings/debt_rule_set/change"
    accountant.get(address)
    shown = accountant.post(address, {**RULES, "act": "look"})
    seen = {"shown": unescape(SHOWN.search(shown.text)[1])}  # type: ignore[index]

    sent = accountant.post(address, {**RULES, **seen, **accountant.key, "act": "propose"})

    page = said(manager, sent.location or "")
    for name, amount in (
        ("Nợ xấu toàn Quỹ sau khi đổi", "100.000.000"),
        ("Dự phòng phải trích trước khi đổi", "50.500.000"),
        ("Dự phòng phải trích sau khi đổi", "20.750.000"),
    ):
        assert f"{name} {amount}" in page, name


@pytest.mark.usefixtures("fund")
def test_one_account_number_is_one_accounts(site: Site) -> None:
    accountant = site.sign_in(Role.ACCOUNTANT)
    address = "/settings/account_numbers/change"
    accountant.get(address)
    typed = {"value": "Tiền mặt: 1111\nTiền gửi ngân hàng: 1111", "valid_from": "01/06/2020"}

    page = accountant.post(address, {**typed, "act": "look"})

    assert page.status_code == 422
    assert "Số hiệu tài khoản 1111 được ghi cho hai tài khoản" in plain(page.text)
    assert "Tiền gửi ngân hàng: 1111" in unescape(page.text)


@pytest.mark.parametrize(
    ("key", "typed", "field"),
    [
        ("debt_rule_set", RULES, "valid_from"),
        ("holidays", {"value": "02/01/2020", "valid_from": "01/01/2030"}, "value"),
    ],
)
def test_what_would_move_a_closed_month_is_refused_beside_its_field(
    site: Site, fund: Fund, key: str, typed: dict[str, str], field: str
) -> None:
    fund.session.execute(update(Books).values(closed_through=date(2020, 3, 31)))
    fund.session.commit()
    accountant = site.sign_in(Role.ACCOUNTANT)
    accountant.get(f"/settings/{key}/change")

    answer = accountant.post(f"/settings/{key}/change", {**typed, "act": "propose"})

    assert answer.status_code == 422
    assert "tháng đã khóa; hãy chọn ngày sau 31/03/2020" in plain(answer.text)
    assert f'id="{field}-error"' in answer.text
    assert fund.session.scalar(select(func.count(Proposal.id))) == 0


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("fund_name", " ", "Hãy điền ô này."),
        ("signatories", "Giám đốc", "Dòng 1: “Giám đốc” cần hai phần"),
        ("holidays", "02/09/2026\n31/02/2026", "Dòng 2: "),
        ("reminder_rules", "-7: thư tay", "“thư tay” không có trong danh sách"),
        ("allocation_order", "Gốc\nGốc", "Giá trị của thiết lập Thứ tự thu nợ trong hạn"),
        ("late_interest_rate", "11", "Lãi chậm trả lãi"),
        ("tolerance", "1.000.001", "số nguyên từ 0 đến 1000000"),
        ("overdue_rate_multiplier", "một", "“một”|một không phải"),
    ],
)
@pytest.mark.usefixtures("fund")
def test_bad_input_keeps_what_was_typed_and_names_its_field(
    site: Site, key: str, value: str, sentence: str
) -> None:
    accountant = site.sign_in(Role.ACCOUNTANT)
    accountant.get(f"/settings/{key}/change")
    day = {"valid_from": "31/12/2029", "source": ""}
    typed = {"value": value, **day, "note": "QĐ 7", "act": "propose"}

    answer = accountant.post(f"/settings/{key}/change", typed)

    assert answer.status_code == 422
    assert re.search(sentence, plain(answer.text)), plain(answer.text)
    assert 'id="value-error"' in answer.text
    assert all(one in unescape(answer.text) for one in (value.strip(), "31/12/2029", "QĐ 7"))


@pytest.mark.usefixtures("fund")
def test_an_unknown_setting_does_not_exist(site: Site) -> None:
    assert site.sign_in(Role.ACCOUNTANT).get("/settings/nothing/change").status_code == 404
