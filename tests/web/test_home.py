"""The month at a glance as a page: for whom, on which day, and every figure a link."""

import re
from datetime import date
from html import unescape

import pytest

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.web.pages import NAVIGATION
from loanfund.wording import dmy
from tests.books import a_small_book
from tests.site import Browser, Site

STAFF = (Role.OFFICER, Role.ACCOUNTANT, Role.MANAGER, Role.AUDITOR)
NBSP = "\N{NO-BREAK SPACE}"
FIGURE = re.compile(r'<a href="(/loans\?[^"]*figure=[^"]+)">(?:<strong>)?([\d.]+)(?=[<\s])')
IN_ALL = re.compile(r'<p class="muted">\s*(\d+) khoản, (?:cộng|dư nợ gốc) ([\d.]+)')


@pytest.fixture
def officer(site: Site, clock: FixedClock) -> Browser:
    """An officer's browser on the small book."""
    with site.sessions() as session:
        a_small_book(session, clock)
    return site.sign_in(Role.OFFICER)


def test_a_stranger_is_asked_to_sign_in(site: Site) -> None:
    assert site.stranger().get("/").headers["Location"].startswith("/sign-in")


@pytest.mark.parametrize("role", STAFF)
def test_staff_see_the_month(site: Site, role: Role) -> None:
    page = site.sign_in(role).get("/")

    assert page.status_code == 200
    assert "Chưa có khoản vay nào" in page.text
    assert "loanfund import" in page.text


def test_others_are_sent_elsewhere(site: Site) -> None:
    admin = site.sign_in(Role.ADMIN)

    assert admin.get("/").headers["Location"] == "/elsewhere"
    page = admin.get("/elsewhere")
    assert "không dành cho vai trò" in page.text
    assert 'href="/loans"' not in page.text


def test_the_month_shows_its_figures_with_what_they_are_made_of(officer: Browser) -> None:
    page = unescape(officer.get("/?as_of=2020-05-31").text)

    assert "Tháng 05/2020" in page
    assert f"404.457.534{NBSP}đ" in page
    assert f"50,55{NBSP}%" in page
    assert f"204.457.534{NBSP}đ / 404.457.534{NBSP}đ, tại 31/05/2020" in page
    # Overdue interest: 30 days on 200 million for Ánh, 15 on 10 million for Đặng, at 9 %.
    penalties = f"lãi quá hạn và chậm trả dự kiến 1.516.438{NBSP}đ, đến hết 31/05/2020"
    assert f"gốc 10.000.000{NBSP}đ, lãi 1.035.617{NBSP}đ, {penalties}" in page
    assert f"10.509.589{NBSP}đ" in page


@pytest.mark.parametrize("day", ["2020-05-31", "2020-06-01", "2020-04-20"])
def test_every_figure_opens_the_loans_that_add_up_to_it(officer: Browser, day: str) -> None:
    page = officer.get(f"/?as_of={day}").text
    links = FIGURE.findall(page)

    assert len(links) >= 10
    for address, shown in links:
        behind = IN_ALL.search(officer.get(unescape(address)).text)
        assert behind is not None, address
        count, total = behind.groups()
        assert shown == (total if "." in shown else count), address


@pytest.mark.parametrize("typed", ["2020-05-31", "31/05/2020", "310520", " 31-5-2020 "])
def test_another_day_is_said_in_a_banner(officer: Browser, typed: str) -> None:
    page = officer.get(f"/?as_of={typed}").text

    assert "Số liệu tại 31/05/2020" in page
    assert "as_of=2020-05-31" in page


def test_today_needs_no_banner_and_stays_out_of_links(
    officer: Browser, clock: FixedClock
) -> None:
    page = officer.get(f"/?as_of={clock.today().isoformat()}").text

    assert "Về hôm nay" not in page
    assert not re.search(r'href="[^"]*as_of=', page)


def test_what_was_known_then_can_be_asked(officer: Browser) -> None:
    page = officer.get("/?as_of=2020-05-31&known_at=2020-05-31")

    assert page.status_code == 200
    assert "Theo những gì đã ghi đến 31/05/2020 23:59" in page.text
    assert "Chưa có khoản vay nào" in page.text  # all was recorded later


@pytest.mark.parametrize("name", ["as_of", "known_at"])
@pytest.mark.parametrize(
    "typed",
    [
        "2020-06-02",
        "2999-12-31",
        "31/02/2020",
        "0001-01-01",
        "9999-12-31",
        "x",
        "' OR 1=1",
        "\0",
    ],
)
def test_what_is_no_past_day_is_refused(officer: Browser, name: str, typed: str) -> None:
    page = officer.client.get("/", base_url=officer.base_url, query_string={name: typed})

    assert page.status_code == 422


def test_everything_is_there_in_english(officer: Browser) -> None:
    officer.get("/")
    officer.post("/language", {"language": "en"})

    page = officer.get("/?as_of=2020-05-31").text

    assert "Collected on time" in page
    assert "Falling due" in page
    assert f"as of {dmy(date(2020, 5, 31))}" in page


@pytest.mark.parametrize("role", STAFF)
def test_the_menu_leads_wherever_a_role_may_go(site: Site, role: Role) -> None:
    """What opens by its address has its entry, and every entry opens."""
    browser = site.sign_in(role)
    shown = browser.get("/loans").text.split("<nav", 1)[1].split("</nav>")[0]
    pages = [site.app.url_map.bind("").build(entry.endpoint) for entry in NAVIGATION]

    opens = [page for page in pages if browser.get(page).status_code == 200]

    assert [page for page in pages if f'href="{page}"' in shown] == opens
