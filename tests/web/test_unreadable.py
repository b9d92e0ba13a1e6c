"""One loan that does not read back: every page still opens, and names what it leaves out."""

from __future__ import annotations

import re
from html import unescape

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.documents.report_paper import render_report
from loanfund.documents.report_workbook import render_workbook
from loanfund.domain.permission import Role
from loanfund.models.loan import Loan
from loanfund.queries._report import Question
from loanfund.queries.left_out import complete
from loanfund.queries.setting import Making, report_frame
from loanfund.web.report_offer import OFFERS
from tests.books import a_small_book
from tests.broken import WAYS
from tests.builders import Fund
from tests.conftest import TODAY
from tests.papers import words_of
from tests.site import Browser, Site

LATE = "02/2020/HĐTD"
ROLES = (Role.OFFICER, Role.MANAGER, Role.ACCOUNTANT, Role.ADMIN)
FIGURES = re.compile(r"\b\d{1,3}(?:\.\d{3})+\b")
NOT_READ = "không đọc được"


@pytest.fixture
def fund(session: Session, clock: FixedClock) -> Fund:
    return a_small_book(session, clock)


def address(fund: Fund, tail: str = "") -> str:
    loan_id = fund.session.scalars(select(Loan.id).where(Loan.contract_number == LATE)).one()
    return f"/loan/{loan_id}{tail}"


def seen(browser: Browser, path: str) -> str:
    """What stands on a page, without its marks; nothing where it is no page for this person."""
    response = browser.get(path)
    assert response.status_code < 500, path
    if response.status_code != 200 or response.mimetype != "text/html":
        return ""
    words = unescape(response.text).partition("<main")[2].partition("</main>")[0]
    return re.sub(r"<[^>]+>", " ", words.replace("\N{NO-BREAK SPACE}", " "))


def first_to_see(people: list[Browser], path: str) -> tuple[Browser | None, str]:
    """Who of the people sees a page, and what stands there."""
    for one in people:
        if found := seen(one, path):
            return one, found
    return None, ""


def every_page(site: Site) -> list[str]:
    """The pages that need nothing but their address, and a day on which no cache holds."""
    rules = [
        rule.rule
        for rule in site.app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments and "." in rule.endpoint
    ]
    return [*sorted(rules), "/?as_of=2020-05-20", "/loans?as_of=2020-05-20&status=all"]


@pytest.mark.parametrize("way", ["unknown type", "impossible"])
def test_every_page_opens_and_names_the_loan_that_it_leaves_out(
    site: Site, fund: Fund, way: str
) -> None:
    """Whatever spoke of the loan, or has other figures without it, says that it is missing."""
    people = [site.sign_in(role) for role in ROLES]
    pages = {path: first_to_see(people, path) for path in every_page(site)}
    WAYS[way](fund.session, LATE)
    fund.session.expire_all()
    named = 0

    for path, (who, was) in pages.items():
        if who is None:
            continue
        now = seen(who, path)
        assert now, path
        if LATE in was:
            assert LATE in now, path
        if FIGURES.findall(was) != FIGURES.findall(now):
            assert LATE in now, path
            assert NOT_READ in now.lower(), path
            named += 1
    assert named > 3


@pytest.mark.parametrize("way", WAYS)
def test_lists_mark_its_row_and_its_own_page_says_what_to_do(
    site: Site, fund: Fund, way: str
) -> None:
    WAYS[way](fund.session, LATE)
    fund.session.expire_all()
    officer = site.sign_in(Role.OFFICER)

    row = seen(officer, "/loans").partition("Hợp tác xã Ánh Dương")[2].partition("QUY")[0]
    found = officer.get("/loans/search.json?q=02/2020").json
    own = seen(officer, address(fund))

    assert "Không đọc được" in row
    assert "01/2020/HĐTD" in seen(officer, "/loans")
    assert found is not None
    assert [one["status"] for one in found["found"]] == ["Không đọc được"]
    assert "Không đọc được" in own
    assert "loanfund verify" in own
    assert "200.000.000" in own  # what was recorded stands there
    assert officer.get(address(fund, "/repay")).status_code == 422


def test_the_cooperative_is_asked_to_call_the_fund(site: Site, fund: Fund) -> None:
    WAYS["unknown type"](fund.session, LATE)
    query = select(Loan.borrower_id).where(Loan.contract_number == LATE)
    own = site.sign_in(Role.COOPERATIVE, borrower_id=fund.session.scalars(query).one())

    page = seen(own, "/my")

    assert LATE in page
    assert "Hãy liên hệ Quỹ" in page


@pytest.mark.parametrize("name", OFFERS)
def test_a_report_with_other_sums_says_aloud_that_a_loan_is_missing(
    fund: Fund, name: str
) -> None:
    session, offer = fund.session, OFFERS[name]
    first, last = offer.default_days(TODAY)
    account = next(iter(offer.accounts), "")
    question = Question(first=first, as_of=last, account=account)
    before = offer.build(session, question)
    WAYS["unknown type"](session, LATE)
    session.expire_all()

    report = complete(session, offer.build(session, question))

    if report.tables == before.tables and report.words == before.words:
        return  # it reads rows of the ledger, which nobody broke
    frame = report_frame(session, None, Making("Lê An", TODAY, fund.clock.now()))
    assert f"{NOT_READ}, không có trong các số trên đây: {LATE}" in words_of(
        render_report(report, frame)
    )
    assert render_workbook(report, frame) != render_workbook(
        offer.build(session, question), frame
    )
