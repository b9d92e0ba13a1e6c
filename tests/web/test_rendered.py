"""Pages as they are read: English tells one from many, and a minus is a minus.

A browser follows the links of a small book's pages, a few of each kind, where there is one of
much: one loan of a source, one borrower of a sector, one day of a rate.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import date
from html import unescape
from pathlib import Path
from string import Formatter
from urllib.parse import urlsplit

import pytest
from babel.messages.catalog import Catalog
from sqlalchemy import update
from werkzeug.exceptions import HTTPException

from loanfund.clock import FixedClock
from loanfund.db import make_engine, make_sessions
from loanfund.domain.permission import Role
from loanfund.models.user import User
from loanfund.paths import TRANSLATIONS
from loanfund.services.reversal import Reverse, reverse
from loanfund.wording import texts
from tests.books import a_small_book
from tests.builders import repaid
from tests.site import SETTINGS, Browser, Site, an_app

pytestmark = pytest.mark.slow

TODAY = date(2020, 6, 1)
AN, DANG = "01/2020/HĐTD", "03/2020/HĐTD"
BEGIN = (
    "/",
    "/today",
    "/dashboard",
    "/loans?source=VIEC",
    "/loans?q=xyz",
    "/overdue",
    "/collection-sheet?source=VIEC",
    "/loan/1",
    "/loan/2",
    "/loan/3/repay?amount=40tr",
    "/reports",
)
OF_EACH_KIND = 2
UNSEEN = re.compile(
    r'<(script|style|title|template)\b.*?</\1>|<!--.*?-->|<input[^>]*type="hidden"[^>]*>',
    re.DOTALL,
)
# A hyphen that stands before a figure, and is no part of a number, a day or a code.
HYPHEN = re.compile(r"(?<![\w.,/:;=-])-\s?\d[\d.,]*")
NEGATIVE = re.compile(r"(?<!\d)−\s?\d+[.,]\d|\(\d+[.,]\d[\d.,]*\)")


@pytest.fixture(scope="module")
def site(sqlite_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    copy = shutil.copy(sqlite_file, tmp_path_factory.mktemp("rendered") / "own.sqlite3")
    engine, clock = make_engine(f"sqlite:///{copy}"), FixedClock(TODAY)
    sessions = make_sessions(engine)
    with sessions() as session:
        fund = a_small_book(session, clock)
        repaid(fund, AN, TODAY, 600_000)  # 509.589 falls due on the 10th, the rest later
        wrong = repaid(fund, DANG, TODAY, 1_000_000).result["event"]
        undo = Reverse(contract_number=DANG, sequence=wrong, reason="Nhầm")
        reverse(session, undo, fund.officer, clock)
    yield Site(an_app(SETTINGS, sessions, clock), sessions)
    engine.dispose()


@pytest.fixture(scope="module", params=["en", "vi"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def accountant(site: Site) -> Browser:
    return site.sign_in(Role.ACCOUNTANT)


@pytest.fixture(scope="module")
def reader(site: Site, accountant: Browser, language: str) -> Browser:
    with site.sessions.begin() as session:
        session.execute(update(User).values(language=language))
    return accountant


@pytest.fixture(scope="module")
def read(site: Site, reader: Browser) -> dict[str, str]:
    """What one reads on pages, by address: some of every kind that links lead to."""
    waiting, kinds, found = [*BEGIN], Counter[str](), dict[str, str]()
    router = site.app.url_map.bind("")
    while waiting:
        address = waiting.pop(0)
        try:
            kind = str(router.match(urlsplit(address).path)[0])
        except HTTPException:
            continue
        if address in found or (kinds[kind] >= OF_EACH_KIND and address not in BEGIN):
            continue
        kinds[kind] += 1
        answer = reader.get(address)
        if answer.status_code == 200 and answer.mimetype == "text/html":
            found[address] = words(answer.text)
            waiting += [unescape(one) for one in re.findall(r'href="(/[^"#]*)"', answer.text)]
    return found


def words(page: str) -> str:
    """Give what stands on a page, typed values too; what stands apart is told apart by `|`."""
    typed = re.sub(r'<input[^>]*\bvalue="([^"]*)"[^>]*>', r" \1 ", UNSEEN.sub("", page))
    parts = re.sub(r"</?(?:b|strong|em|a|span|small)\b[^>]*>", "", typed)
    return " ".join(unescape(re.sub(r"<[^>]*>", " | ", parts)).split())


def nouns() -> set[tuple[str, str]]:
    """Every word that some English text has for one and for many."""
    catalogue: Catalog = texts.merged(TRANSLATIONS / "en")
    said = [list(Formatter().parse(str(one.string))) for one in catalogue if one.id]
    pairs = {words for one in said for _, _, words, _ in one if words and "|" in words}
    return {(one, many) for one, many in (pair.split("|") for pair in pairs)}


@pytest.mark.parametrize("language", ["en"], indirect=True)
def test_english_pages_tell_one_from_many(read: dict[str, str]) -> None:
    singular = {one.split()[0] for one, many in nouns() if one.split()[0] != many.split()[0]}
    plural = {many.split()[0] for one, many in nouns() if one.split()[0] != many.split()[0]}
    few = re.compile(rf"(?<![\w.,/-])1 (?:\w+ )?(?:{'|'.join(plural - singular)})\b")
    many = re.compile(rf"(?<![\w.,/-])(?:0|[2-9]|\d\d+) (?:{'|'.join(singular - plural)})\b")
    one = re.compile(rf"(?<![\w.,/-])1 (?:{'|'.join(singular)})\b")

    found = {
        (address, said[0])
        for address, text in read.items()
        for pattern in (few, many)
        for said in pattern.finditer(text)
    }

    assert len(read) > 45
    assert len({said for text in read.values() for said in one.findall(text)}) > 3
    assert found == set()


def test_what_is_below_nothing_has_a_minus_on_every_page(read: dict[str, str]) -> None:
    hyphens = {
        (address, said[0]) for address, text in read.items() for said in HYPHEN.finditer(text)
    }

    assert hyphens == set()
    assert sum(bool(NEGATIVE.search(text)) for text in read.values()) > 1
