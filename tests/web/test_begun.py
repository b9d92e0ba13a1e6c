"""What a form begins with is read from its address, and shown from the first moment on.

Every form of every page about a payment or a proposal is asked so, in each of its fields. What
stands in any form with a preview is shown in its page as it is first served.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from urllib.parse import urlencode

import pytest
from werkzeug.routing import MapAdapter
from werkzeug.test import TestResponse

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.wording import text
from tests.site import SETTINGS, Browser, Site, an_app, on_a_copy
from tests.web.forms import FORMS, FormEntry, Kind
from tests.web.forms_book import TODAY, BookOfForms, of
from tests.web.matrix import Things, routes
from tests.web.test_again import Typed

PAGES = {route.endpoint: route for route in routes() if route.method == "GET"}
BEGUN = [form for form in FORMS if form.kind in {Kind.PAYMENT, Kind.PROPOSAL}]
PREVIEWING = [
    form
    for form in FORMS
    if form.kind in {Kind.PAYMENT, Kind.PROPOSAL, Kind.CONTRACT, Kind.LOOK, Kind.OUTCOME}
    and form.page != "book_import.begin"  # no file stands in a form before it is chosen
]
# What stands at first is what is there already; it is said so where the preview will stand.
CHANGES_NOTHING = {
    "change.amend": "error.invalid_input.nothing_changed",
    "change.reschedule": "error.invalid_input.nothing_changed",
    "setting.ask": "setting.same",
}
ASKING = ("repayment_page", "change_page", "contract")  # for what is missing
REQUIRED = re.compile(r'<(?:input|textarea)\b[^>]*\bname="(\w+)"[^>]*\brequired\b')
# No figure depends on why something is done, nor on the number of a decision.
IN_WORDS = {"reason", "words", "note", "reference"}
OF_A_CONTRACT = {"amount", "rate", "term_months"}  # which is kept as a draft without them too
INPUT = re.compile(r"<input[^>]*>")
WRONG = {"day": ("31/02/2020", "abc", "2020-13-01"), "money": ("1x2", "-5", "0", "1.5")}
# What no day is: none of a loan's history lies after the business date. Terms may.
STILL_TO_COME = "31/12/2020"
AHEAD = {
    "first_interest_due",
    "first_principal_due",
    "spread_from",
    "unpaid_interest_due",
    "until",
}


@dataclass(frozen=True)
class Book:
    things: Things
    addresses: MapAdapter
    people: Mapping[Role, Browser]

    def open(self, entry: FormEntry, **asked: str) -> TestResponse:
        path = self.addresses.build(entry.page, of(self.things, PAGES[entry.page], entry.of))
        who = self.people[Role.ACCOUNTANT if entry.kind is Kind.LOOK else Role.OFFICER]
        return who.get(f"{path}?{urlencode(asked)}" + f"&{entry.asked}" * bool(entry.asked))


@pytest.fixture(scope="module")
def book(
    book_of_forms: BookOfForms, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Book]:
    things, people = book_of_forms.things, book_of_forms.people
    clock = FixedClock(TODAY)
    with on_a_copy(book_of_forms.file, tmp_path_factory.mktemp("begun")) as sessions:
        app = an_app(SETTINGS, sessions, clock)
        site = Site(app, sessions)
        browsers = {role: site.stranger() for role in (Role.OFFICER, Role.ACCOUNTANT)}
        for role, browser in browsers.items():
            browser.enter(people[role])
        yield Book(things, app.url_map.bind(""), browsers)


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


def missing(entry: FormEntry, page: str) -> set[str]:
    """Name what must be filled before anything can be shown, and is not."""
    needed = set(REQUIRED.findall(page.partition("<main")[2]))
    needed |= OF_A_CONTRACT if entry.kind is Kind.CONTRACT else set()
    stands = Typed(page).fields
    return {name for name in needed - IN_WORDS if not stands.get(name, "").strip()}


def assert_shown(page: str) -> None:
    """Find a preview with its figures, and an act that can be pressed."""
    form = page.partition("<main")[2].partition("</main>")[0]
    (act,) = re.findall(r"<button[^>]*data-post[^>]*>", form)
    assert "disabled" not in act
    assert re.search(r'<table|<dl class="facts"', form), "nothing is shown beside the act"


@pytest.mark.parametrize("entry", PREVIEWING, ids=lambda entry: entry.name)
def test_what_stands_in_a_form_is_shown_from_the_first_moment(
    book: Book, entry: FormEntry
) -> None:
    """What is typed in the address as well: it stands in the fields, and is shown there."""
    page = book.open(entry).text
    to_fill = [text(f"{group}.nothing_yet", "vi") for group in ASKING]
    said = unescape(page)

    if missing(entry, page):
        assert "data-post" not in page or entry.kind is Kind.CONTRACT
    elif entry.page in CHANGES_NOTHING:
        assert text(CHANGES_NOTHING[entry.page], "vi") in said
        assert not any(words in said for words in to_fill)
    else:
        assert_shown(page)
    if entry.kind in {Kind.PAYMENT, Kind.PROPOSAL}:
        assert_shown(book.open(entry, **entry.typed).text)
