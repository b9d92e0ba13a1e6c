"""What an address says of a form's days and numbers is taken, or it is said why it cannot be.

Every form of every page about a payment or a proposal is asked so, in each of its fields.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest
from werkzeug.routing import MapAdapter
from werkzeug.test import TestResponse

from loanfund.clock import FixedClock
from loanfund.db import make_engine, make_sessions
from loanfund.domain.permission import Role
from tests.site import SETTINGS, Browser, Site, an_app
from tests.web.forms import FORMS, FormEntry, Kind
from tests.web.forms_book import TODAY, a_book_of_forms, of
from tests.web.matrix import Things, routes

PAGES = {route.endpoint: route for route in routes() if route.method == "GET"}
BEGUN = [form for form in FORMS if form.kind in {Kind.PAYMENT, Kind.PROPOSAL}]
INPUT = re.compile(r"<input[^>]*>")
WRONG = {"day": ("31/02/2020", "abc", "2020-13-01"), "money": ("1x2", "-5", "0", "1.5")}
# What no day is: none of a loan's history lies after the business date. Terms may.
STILL_TO_COME = "31/12/2020"
AHEAD = {"first_interest_due", "first_principal_due", "unpaid_interest_due", "until"}


@dataclass(frozen=True)
class Book:
    things: Things
    addresses: MapAdapter
    officer: Browser

    def open(self, entry: FormEntry, **asked: str) -> TestResponse:
        path = self.addresses.build(entry.page, of(self.things, PAGES[entry.page], entry.of))
        return self.officer.get(f"{path}?{urlencode(asked)}")


@pytest.fixture(scope="module")
def book(sqlite_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    copy = shutil.copy(sqlite_file, tmp_path_factory.mktemp("begun") / "begun.sqlite3")
    engine = make_engine(f"sqlite:///{copy}")
    sessions, clock = make_sessions(engine), FixedClock(TODAY)
    with sessions() as session:
        things, people = a_book_of_forms(session, clock)
    app = an_app(SETTINGS, sessions, clock)
    officer = Site(app, sessions).stranger()
    officer.enter(people[Role.OFFICER])
    yield Book(things, app.url_map.bind(""), officer)
    engine.dispose()


def fields(page: str) -> dict[str, tuple[str, str]]:
    """Give the days and amounts of a page's form: by name, which kind and its value."""
    found = {}
    form = page.partition("data-preview")[2].partition("</form>")[0]
    for tag in INPUT.findall(form):
        said = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        kind = said.get("class", "")
        if kind in WRONG and "readonly" not in tag:
            found[said["name"]] = (kind, unescape(said.get("value", "")))
    return found


def complaint(page: str, name: str) -> str:
    """Give what is said beside a field."""
    found = re.search(rf'<p class="error" id="{name}-error">([^<]+)', page)
    return unescape(found[1]) if found else ""


@pytest.mark.parametrize("entry", BEGUN, ids=lambda entry: entry.name)
def test_what_an_address_says_wrong_is_said_beside_its_field(
    book: Book, entry: FormEntry
) -> None:
    begun = fields(book.open(entry).text)
    assert begun or entry.page == "change.reversal", "no field of a day or an amount was found"
    for name, (kind, _) in begun.items():
        coming = (STILL_TO_COME,) if kind == "day" and name not in AHEAD else ()
        for typed in WRONG[kind] + coming:
            answer = book.open(entry, **{name: typed})

            assert complaint(answer.text, name), f"{name}={typed}"
            assert answer.status_code == 422
            stands = {one: value for one, (_, value) in fields(answer.text).items()}
            assert stands.pop(name) == typed
            kept = {one: value for one, (_, value) in begun.items() if one != name}
            # A payment begins with what is due on its day; on no day nothing is.
            if name == "value_date" and entry.page == "repayment.show":
                kept = {"amount": ""}
            assert stands == kept, f"{name}={typed}"


@pytest.mark.parametrize("entry", BEGUN, ids=lambda entry: entry.name)
def test_what_an_address_says_right_is_taken(book: Book, entry: FormEntry) -> None:
    right = {"day": "28/05/2020", "money": "1.234.567"}
    for name, (kind, _) in fields(book.open(entry).text).items():
        answer = book.open(entry, **{name: right[kind]})

        assert fields(answer.text)[name] == (kind, right[kind])
