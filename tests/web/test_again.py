"""Whatever is proposed and comes back is opened again by its maker with all that was typed.

Every form that proposes something is walked: proposed, returned, opened again, sent again.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from loanfund.clock import FixedClock
from loanfund.db import make_engine, make_sessions
from loanfund.domain.errors import InvalidInputError
from loanfund.domain.permission import Role
from loanfund.domain.proposal import ProposalKind
from loanfund.web.again import ADDRESSES
from loanfund.wording.reading import read_amount
from tests.site import SETTINGS, Browser, Site, an_app
from tests.web.forms import BACK, FORMS, FormEntry, Kind
from tests.web.forms_book import TODAY, BookOfForms, of
from tests.web.matrix import routes

PAGES = {route.endpoint: route for route in routes() if route.method == "GET"}
PROPOSING = [form for form in FORMS if form.kind is Kind.PROPOSAL]
PROPOSING += [form for form in FORMS if form.page.startswith(("capital.begin", "capital.undo"))]
PROPOSING += [form for form in FORMS if form.page in {"present_rules.show", "setting.ask"}]
IN_CLOSED = FormEntry(
    sends="correction.record",
    page="correction.show",
    kind=Kind.PAYMENT,
    typed={"amount": "90.000", **BACK},
    of="old_receipt",
)
PROPOSING.append(IN_CLOSED)
AGAIN = re.compile(r'<a class="button" href="([^"]+)">Sửa và gửi lại</a>')
WAITING = re.compile(r'href="(/proposals?/\d+)"')


class Typed(HTMLParser):
    """Reads what stands in the form of a page that is sent, by the names of its fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.is_in, self.select, self.area = False, "", ""
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        had = {name: value or "" for name, value in attrs}
        if tag == "main":
            self.is_in = True
        if not self.is_in or had.get("type") in {"submit", "checkbox", "radio"}:
            self._choose(had)
        elif tag == "input":
            self.fields[had.get("name", "")] = had.get("value", "")
        elif tag in {"select", "textarea"}:
            self.select = had.get("name", "")
            self.area = self.select if tag == "textarea" else ""
            self.fields[self.select] = ""
        elif tag == "option" and ("selected" in had or not self.fields[self.select]):
            self.fields[self.select] = had.get("value", "")

    def _choose(self, had: dict[str, str]) -> None:
        if self.is_in and had.get("type") == "radio" and "checked" in had:
            self.fields[had["name"]] = had["value"]

    def handle_data(self, data: str) -> None:
        if self.area:
            self.fields[self.area] += data.lstrip("\r\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.area = ""


class Book:
    """A book in which an officer and an accountant propose, and a manager returns."""

    def __init__(self, site: Site, things: object, people: dict[Role, str]) -> None:
        self.site, self.things = site, things
        self.browsers = {}
        for role in (Role.OFFICER, Role.ACCOUNTANT, Role.MANAGER):
            self.browsers[role] = site.stranger()
            self.browsers[role].enter(people[role])

    def address(self, entry: FormEntry) -> str:
        bound = self.site.app.url_map.bind("")
        return bound.build(entry.page, of(self.things, PAGES[entry.page], entry.of))  # type: ignore[arg-type]


@pytest.fixture
def book(book_of_forms: BookOfForms, tmp_path: Path) -> Iterator[Book]:
    copy = shutil.copy(book_of_forms.file, tmp_path / "again.sqlite3")
    engine = make_engine(f"sqlite:///{copy}")
    sessions, clock = make_sessions(engine), FixedClock(TODAY)
    site = Site(an_app(SETTINGS, sessions, clock), sessions)
    yield Book(site, book_of_forms.things, dict(book_of_forms.people))
    engine.dispose()


def proposed(browser: Browser, address: str, begun: dict[str, str]) -> str:
    """Look at what is typed, send it, and give the page of the proposal."""
    is_previewed = "shown" in begun or re.search("/propose/|/correct", address)
    looking = "preview" if is_previewed else "look"
    path = address.partition("?")[0]
    seen = browser.post(path, begun | {"act": looking})
    sent = Typed(seen.text).fields if seen.status_code == 200 else begun
    act = "propose" if path.startswith("/settings") else "post"
    done = browser.post(path, {**begun, **sent, "act": act} if sent else begun)
    if done.status_code == 302 and "confirm" not in done.headers["Location"]:
        return str(done.headers["Location"])
    raise AssertionError(done.text)


def given_back(maker: Browser, manager: Browser, proposal: str) -> str:
    """Let the manager give a proposal back, and give where its maker opens it again."""
    shown = Typed(manager.get(proposal).text).fields
    manager.post(f"{proposal}/return", shown | {"reason": "Thiếu quyết định"})
    found = AGAIN.search(maker.get(proposal).text)
    assert found is not None
    return found[1].replace("&amp;", "&")


def is_same(typed: str, stands: str) -> bool:
    """Say whether two texts mean the same; an amount may come back in figures."""
    if typed.split() == stands.split():
        return True
    try:
        return read_amount(typed) == read_amount(stands)
    except InvalidInputError:
        return typed.replace("100tr", "100.000.000").split() == stands.split()


@pytest.mark.parametrize("entry", PROPOSING, ids=lambda entry: entry.name)
def test_what_came_back_is_opened_again_as_it_was_typed(book: Book, entry: FormEntry) -> None:
    address = book.address(entry)
    role = Role.ACCOUNTANT if address.startswith(("/capital", "/settings")) else Role.OFFICER
    maker, manager = book.browsers[role], book.browsers[Role.MANAGER]

    first = proposed(maker, address, Typed(maker.get(address).text).fields | dict(entry.typed))
    again = given_back(maker, manager, first)
    page = maker.get(again).text
    begun = Typed(page).fields
    second = proposed(maker, again, begun)

    assert "data-post" in page  # what stands in it again is shown, and can be sent
    for name, typed in entry.typed.items():
        assert is_same(typed, begun[name]), f"{name}: {typed!r} came back as {begun[name]!r}"
    number = first.rpartition("/")[2]
    assert f"Thay đề nghị số {number}" in maker.get(second).text
    assert AGAIN.search(manager.get(first).text) is None
    waits = maker.get(first).text
    assert AGAIN.search(waits) is None
    assert f'href="{second}"' in waits
    assert ">Thiếu quyết định</strong>" in page  # why it came back, beside what is mended
    assert "Nội dung như đề nghị trước." in manager.get(second).text
    taken_back = Typed(maker.get(second).text).fields | {"reason": "Gõ nhầm"}
    maker.post(f"{second}/withdraw", taken_back)
    assert AGAIN.search(maker.get(second).text) is not None
    assert AGAIN.search(maker.get(first).text) is not None


def test_a_contract_that_came_back_is_changed_and_sent_again(book: Book) -> None:
    maker, manager = book.browsers[Role.OFFICER], book.browsers[Role.MANAGER]
    page = book.address(next(form for form in FORMS if form.sends == "contract.submit"))

    def sent(note: str) -> str:
        begun = Typed(maker.get(page).text).fields
        done = maker.post(f"{page}/submit", begun | {"note": note})
        assert done.status_code == 302, done.text
        waiting = WAITING.search(maker.get(page).text)
        assert waiting is not None
        return waiting[1]

    first = sent("Đã đủ hồ sơ")
    again = given_back(maker, manager, first)
    opened = maker.get(again).text
    begun = Typed(opened).fields
    kept = maker.post(again, begun | {"amount": "40.000.000", "act": "save"})
    assert kept.status_code == 302, kept.text
    assert "Thiếu quyết định" in maker.get(page).text
    second = sent("Đã sửa số tiền")

    number = first.rpartition("/")[2]
    assert (begun["amount"], second != first) == ("50.000.000", True)
    assert f"Thay đề nghị số {number}" in maker.get(second).text
    assert ">Thiếu quyết định</strong>" in opened
    changes = manager.get(second).text.split("So với đề nghị trước")[1].split("</section>")[0]
    assert "<del>50.000.000" in changes.replace("\N{NO-BREAK SPACE}", " ")
    assert "<ins>40.000.000" in changes
    assert AGAIN.search(manager.get(first).text) is None


def test_every_kind_of_proposal_says_where_it_is_made_again() -> None:
    assert set(ADDRESSES) == set(ProposalKind)
