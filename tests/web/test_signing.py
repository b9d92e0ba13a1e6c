"""The page of notices to be signed: ticked, approved, printed in one file, signed and sent."""

from __future__ import annotations

import re
from datetime import date

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.message import Dispatch, Message
from loanfund.queries.signing import notices_in_step
from loanfund.services._notice import Issuer
from loanfund.services._setting import SetSetting
from loanfund.services.setting import set_setting
from loanfund.services.signing import approve_notices
from loanfund.store.message import TO_APPROVE
from tests.browser import LiveSite, window
from tests.builders import Fund, a_loan, repaid
from tests.jobs.owing import SIGNED, an_owing_fund, letters_planned, printed
from tests.papers import a_pdf, pages_of
from tests.people import a_user
from tests.prepared import prepared
from tests.site import Browser, Site

NOTICED = date(2020, 6, 23)  # 15 days after the due
TICKS = re.compile(r'name="(notice-\d+)"')
PAGE = "/notices/signing"


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    """Three borrowers with a due on 8 June; the first owes on two contracts."""
    fund = an_owing_fund(session, clock)
    a_loan(fund, "91/2020/HĐTD", borrower="htx-so-1", signed_on=SIGNED)
    asked = SetSetting(key="notices_signed", value=True, valid_from=date(2020, 1, 1))
    set_setting(session, asked, fund.accountant, clock, fund.manager)
    letters_planned(fund, NOTICED, NOTICED)
    return fund


@pytest.fixture
def officer(site: Site, fund: Fund) -> Browser:
    """The officer, who has had the letters printed: four notices are to be approved."""
    assert fund.clock is not None
    officer = site.sign_in(Role.OFFICER)
    officer.get("/reminders")
    answer = officer.post("/letters", {})
    assert answer.headers["Location"].endswith("/reminders")
    assert "4 thông báo chờ lãnh đạo duyệt và ký" in officer.get("/reminders").text
    return officer


def ticked(browser: Browser, step: str) -> dict[str, str]:
    """The ticks of one of the page's forms, as it shows them at first."""
    forms = re.findall(r'<form class="pile".*?</form>', browser.get(PAGE).text, re.DOTALL)
    form = next(one for one in forms if f'id="{step}-reason"' in one)
    return dict.fromkeys(TICKS.findall(form), "on")


def states(fund: Fund) -> list[tuple[str, str]]:
    query = select(Dispatch.number, Message.state).join(
        Message, Message.id == Dispatch.message_id
    )
    return [(row[0], row[1]) for row in fund.session.execute(query.order_by(Dispatch.number))]


def test_notices_are_approved_printed_signed_and_handed_over(
    site: Site, officer: Browser, fund: Fund
) -> None:
    manager = site.sign_in(Role.MANAGER)
    first_page = manager.get("/").text
    assert "Thông báo: 4 chờ duyệt, 0 chờ ký." in first_page
    assert "chờ duyệt" in officer.get("/notices").text
    assert "Lãnh đạo duyệt các thông báo này." in officer.get(PAGE).text
    ticks = ticked(manager, "to_approve")
    assert len(ticks) == 4

    assert manager.post(f"{PAGE}/approved", dict(list(ticks.items())[:3])).status_code == 302
    manager.post(f"{PAGE}/approved", dict(list(ticks.items())[:3]))  # twice is once
    assert [state for _, state in states(fund)] == ["to_sign"] * 3 + ["to_approve"]
    assert "chờ ký" in officer.get("/notices").text
    file = officer.get(f"{PAGE}.pdf")
    assert file.mimetype == "application/pdf"
    said = " ".join(pages_of(file.data))
    assert [f"0{number}/TB-QHT" in said for number in (1, 2, 3, 4)] == [True] * 3 + [False]
    asked = officer.post(f"{PAGE}/signed", ticked(officer, "to_sign"))
    assert "Ghi 3 thông báo là đã ký?" in asked.text
    sure = {"sure": "3"}
    answer = officer.post(f"{PAGE}/signed", ticked(officer, "to_sign") | sure)
    officer.post(f"{PAGE}/signed", dict(list(ticks.items())[:3]) | sure)

    batch = officer.get(answer.headers["Location"]).text
    assert "01/TB-QHT" in batch
    assert batch.count('type="checkbox"') == 3
    assert [state for _, state in states(fund)] == ["printed"] * 3 + ["to_approve"]
    assert "Thông báo: 1 chờ duyệt, 0 chờ ký." in officer.get("/today").text


def test_what_changed_since_it_was_seen_is_not_approved_but_issued_anew(
    site: Site, officer: Browser, fund: Fund, clock: FixedClock
) -> None:
    manager = site.sign_in(Role.MANAGER)
    ticks = ticked(manager, "to_approve")
    repaid(fund, "02/2020/HĐTD", clock.today(), 100_000)

    manager.post(f"{PAGE}/approved", ticks)

    page = officer.get(PAGE).text
    assert "05/TB-QHT" in page
    assert "03/TB-QHT" not in page
    assert "Không gửi 03/TB-QHT như đã thấy: sổ đã khác." in manager.get(PAGE).text
    assert len(ticked(officer, "to_sign")) == 3


def test_whoever_ticks_nothing_or_gives_no_reason_is_told_so_and_keeps_what_was_typed(
    site: Site, officer: Browser, fund: Fund
) -> None:
    manager = site.sign_in(Role.MANAGER)
    ticks = ticked(manager, "to_approve")
    some = dict(list(ticks.items())[:1])

    nothing = manager.post(f"{PAGE}/approved", {})
    typed = officer.post(f"{PAGE}/discarded", {"to_approve-reason": "Đã hẹn trả"})
    unsaid = officer.post(f"{PAGE}/discarded", {**some, "to_approve-reason": ""})

    assert [one.status_code for one in (nothing, typed, unsaid)] == [422] * 3
    assert "Chọn ít nhất một thông báo." in nothing.text
    assert "Chọn ít nhất một thông báo." in typed.text
    assert "Đã hẹn trả" in typed.text
    assert unsaid.text.count("checked") == 1
    assert {state for _, state in states(fund)} == {"to_approve"}
    officer.post(f"{PAGE}/discarded", {**some, "to_approve-reason": "Đã hẹn trả"})
    officer.post(f"{PAGE}/discarded", {**some, "to_approve-reason": "Đã hẹn trả"})
    assert states(fund)[0] == ("01/TB-QHT", "cancelled")
    assert "không gửi" in officer.get("/notices?state=unsent").text


def test_a_manager_is_told_which_notices_are_for_another(site: Site, fund: Fund) -> None:
    manager = site.sign_in(Role.MANAGER)
    manager.get("/reminders")
    manager.post("/letters", {})

    answer = manager.post(f"{PAGE}/approved", ticked(manager, "to_approve"))

    assert answer.status_code == 422
    assert "Có thông báo do chính anh/chị lập." in answer.text
    assert {state for _, state in states(fund)} == {"to_approve"}


def test_the_page_says_that_nothing_waits_and_english_is_spoken(site: Site, fund: Fund) -> None:
    assert fund.clock is not None
    officer = site.sign_in(Role.OFFICER)

    assert "Không có thông báo nào chờ duyệt hay chờ ký." in officer.get(PAGE).text
    assert officer.get(f"{PAGE}.pdf").headers["Location"].endswith(PAGE)
    officer.post("/language", {"language": "en"})
    assert "No notice waits to be approved or signed." in officer.get(PAGE).text


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_reads_well(
    browser: Chromium, live_site: LiveSite, clock: FixedClock, width: int
) -> None:
    with live_site.sessions() as session:
        fund = an_owing_fund(session, clock)
        asked = SetSetting(key="notices_signed", value=True, valid_from=date(2020, 1, 1))
        set_setting(session, asked, fund.accountant, clock, fund.manager)
        letters_planned(fund, NOTICED, NOTICED)
        printed(fund)
        first, *_ = notices_in_step(session, TO_APPROVE)
        issuer = Issuer(fund.manager, clock, lambda *_: a_pdf("notice"))
        approve_notices(session, [first.paper_id], issuer)
        a_user(session, Role.MANAGER)
    with window(browser, live_site.address, width=width) as opened:
        opened.enter(Role.MANAGER)
        for address, seen in (("/", "2 chờ duyệt, 1 chờ ký"), (PAGE, "Đã duyệt, chờ ký")):
            opened.open(address)
            expect(opened.page.locator("main")).to_contain_text(seen)
            opened.assert_in_order()
