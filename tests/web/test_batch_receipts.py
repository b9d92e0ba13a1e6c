"""The receipts of a posted sheet as one file: a button, a copy of each the next time."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.document import Document
from tests.books import a_small_book
from tests.builders import Fund
from tests.papers import pages_of
from tests.site import Browser, Site
from tests.web.test_collection_sheet import batch_of, hidden, text_of
from tests.web.test_repayment import plain

FILE = re.compile(r'href="([^"]+/receipts/\d+\.pdf)"')


@pytest.fixture
def fund(site: Site, clock: FixedClock) -> Fund:
    with site.sessions() as session:
        return a_small_book(session, clock)


@pytest.fixture
def officer(site: Site, fund: Fund) -> Browser:
    assert fund.officer.user_id
    return site.sign_in(Role.OFFICER)


def pressed(browser: Browser, batch: str) -> str:
    """Press the button of the batch's page, twice, and give the address of the file."""
    sent = hidden(browser.get(batch))
    first, again = (browser.post(f"{batch}/receipts", sent) for _ in range(2))
    assert first.status_code == 302, first.text
    assert first.headers["Location"] == again.headers["Location"]
    return first.headers["Location"]


def papers(site: Site) -> list[tuple[str, bytes]]:
    with site.sessions() as session:
        query = select(Document.number, Document.file).order_by(Document.id)
        return [(number, file) for number, file in session.execute(query)]


def test_all_receipts_are_one_file_page_by_page_as_each_is_alone(
    officer: Browser, site: Site
) -> None:
    batch = batch_of(officer, site, an="509589", anh="3tr", dang="5tr")

    address = pressed(officer, batch)
    file = officer.get(address)

    numbers = [f"TTG-2020/00000{place}" for place in (7, 8, 9)]
    assert [number for number, _ in papers(site)] == numbers
    assert file.mimetype == "application/pdf"
    assert 'filename="Phieu-thu_BT-2020-000001.pdf"' in file.headers["Content-Disposition"]
    assert file.headers["Content-Disposition"].startswith("inline")
    alone = [pages_of(officer.get(f"/voucher/{number}.pdf").data) for number in numbers]
    assert pages_of(file.data) == [page for pages in alone for page in pages]
    for number in numbers:  # the bank's receipt is made out twice
        assert sum(number in page for page in pages_of(file.data)) == 2
    assert officer.get(address).data == file.data


def test_the_page_says_what_is_printed_and_leads_to_the_file(
    officer: Browser, site: Site
) -> None:
    batch = batch_of(officer, site, an="509589", dang="5tr")
    assert "In phiếu thu (một tệp)" in text_of(officer.get(batch))
    loan, receipt = re.search(  # one of them is printed by itself
        r"/loan/(\d+)/receipt/(\d+)", officer.get(batch).text
    ).groups()  # type: ignore[union-attr]
    one = hidden(officer.get(f"/loan/{loan}/receipt/{receipt}"))
    officer.post(f"/loan/{loan}/voucher/{receipt}/print", one)
    assert "Đã in 1/2 phiếu" in text_of(officer.get(batch))
    assert FILE.search(officer.get(batch).text) is None

    address = pressed(officer, batch)

    page = officer.get(batch)
    assert "Đã in 2/2 phiếu" in text_of(page)
    assert "In lại phiếu thu (một tệp)" in text_of(page)
    found = FILE.search(page.text)
    assert found is not None
    assert found[1] == address
    said = " ".join(pages_of(officer.get(address).data))
    assert "In lại lần 1" in said
    assert "in lại lần 1" in plain(officer.get(f"/loan/{loan}/receipt/{receipt}"))


def test_a_batch_that_was_taken_back_prints_struck(officer: Browser, site: Site) -> None:
    batch = batch_of(officer, site, an="509589", dang="5tr")
    undo = hidden(officer.get(f"{batch}/undo")) | {"why": "twice", "words": "nhầm"}
    officer.post(f"{batch}/undo", undo)

    found = pages_of(officer.get(pressed(officer, batch)).data)

    assert len(found) == 4
    assert all("ĐÃ HỦY" in page for page in found)


def test_who_prints_no_receipts_prints_no_batch(officer: Browser, site: Site) -> None:
    batch = batch_of(officer, site, an="509589")
    auditor = site.sign_in(Role.AUDITOR)

    assert f"{batch}/receipts" not in auditor.get(batch).text
    assert auditor.post(f"{batch}/receipts", {}).status_code == 403
    assert auditor.get(f"{batch}/receipts/1.pdf").status_code == 404
    address = pressed(site.sign_in(Role.ACCOUNTANT), batch)
    assert auditor.get(address).status_code == 200
    assert address in auditor.get(batch).text


def test_without_its_key_or_token_nothing_is_printed(officer: Browser, site: Site) -> None:
    batch = batch_of(officer, site, an="509589")
    sent = hidden(officer.get(batch))

    assert officer.post(f"{batch}/receipts", {"csrf_token": "x"}).status_code == 400
    refused = officer.post(f"{batch}/receipts", sent | {"request_key": ""})

    assert refused.headers["Location"] == batch
    with site.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Document)) == 0
