"""A file chosen in a real browser: tried, explained, sent, on a screen and on a telephone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.proposal import Proposal
from tests.browser import LiveSite, window
from tests.builders import a_lending_fund
from tests.people import a_user
from tests.web.test_book_import import borrowers, in_millions

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("width", [1280, 390])
def test_a_workbook_is_tried_and_sent(
    browser: Browser, live_site: LiveSite, clock: FixedClock, tmp_path: Path, width: int
) -> None:
    with live_site.sessions() as session:
        a_user(session, Role.OFFICER)
        a_lending_fund(session, clock)
    wrong = tmp_path / "sai.xlsx"
    wrong.write_bytes(borrowers(tmp_path, ["KH9", "HTX Mới", "công ty vũ trụ"]))
    odd = tmp_path / "triệu đồng.xlsx"
    odd.write_bytes(in_millions(tmp_path))
    with window(browser, live_site.address) as opened:
        page = opened.page
        page.set_viewport_size({"width": width, "height": 844})
        opened.enter()
        opened.open("/proposals")
        page.get_by_role("link", name="Nhập sổ Excel").click()
        opened.assert_in_order()

        page.get_by_label("Tệp Excel").set_input_files(wrong)
        page.get_by_role("button", name="Thử và xem").click()
        expect(page.get_by_text("công ty vũ trụ")).to_be_visible()
        page.get_by_label("Tệp Excel").set_input_files(odd)
        page.get_by_role("button", name="Thử và xem").click()
        expect(page.get_by_text("Giá trị bất thường")).to_be_visible()
        opened.assert_in_order()

        page.get_by_role("button", name="Gửi duyệt").click()
        expect(page.get_by_role("alert")).to_contain_text("Hãy ghi vì sao")
        page.get_by_label("Vì sao các giá trị trên là đúng").fill("Hợp đồng thử")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_text("Đã gửi sổ cho lãnh đạo duyệt")).to_be_visible()
        opened.assert_in_order()
    with live_site.sessions() as session:
        (row,) = session.scalars(select(Proposal))
        assert (row.state, row.payload["meant"]) == ("waiting", "Hợp đồng thử")
