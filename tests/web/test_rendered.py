"""Pages as they are read: in one language, one told from many, and a minus is a minus.

A browser follows the links of a small book's pages, a few of each kind, where there is one of
much: one loan of a source, one borrower of a sector, one day of a rate. Then people of the
other roles open what is left.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from html import unescape
from pathlib import Path
from string import Formatter
from urllib.parse import urlsplit

import pytest
from babel.messages.catalog import Catalog
from sqlalchemy import select, update
from werkzeug.exceptions import HTTPException

from loanfund.clock import FixedClock
from loanfund.domain.money import Money
from loanfund.domain.permission import Role
from loanfund.domain.setting import SETTINGS as SETTINGS_OF_FUND
from loanfund.models.base import Base
from loanfund.models.user import User
from loanfund.paths import TRANSLATIONS
from loanfund.services.repayment import Repay, repay
from loanfund.services.reversal import Reverse, reverse
from loanfund.services.user import command_line
from loanfund.wording import texts
from tests.books import a_small_book
from tests.builders import repaid
from tests.papers import HYPHEN, ISO
from tests.services.months import closed
from tests.site import SETTINGS, Browser, Site, an_app, on_a_copy

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
    "/reports/journal?from=2020-04-01&to=2020-06-01",
    "/period",
    "/period/2020-04",
    "/audit",
)
OF_OTHERS = ("/", "/loan/1", "/loan/3")
OF_EACH_KIND = 2
UNSEEN = re.compile(
    r'<(script|style|title|template)\b.*?</\1>|<!--.*?-->|<input[^>]*type="hidden"[^>]*>',
    re.DOTALL,
)
# Words in letters of Vietnamese alone, but for the currency, and the commonest of English.
VIETNAMESE = re.compile(
    r"\b(?!đ(?:ồng)?\b)\w*[ăâđêôơưĂÂĐÊÔƠƯà-ãè-êìíò-õùúýÀ-ÃÈ-ÊÌÍÒ-ÕÙÚÝĩĨũŨạ-ỹẠ-Ỹ]\w*[^|]{0,40}"
)
ENGLISH = re.compile(r"\b(?:the|of|and|is|are|was|with|from|not|loans?|days?)\b", re.IGNORECASE)
NEGATIVE = re.compile(r"(?<!\d)−\s?\d+[.,]\d|\(\d+[.,]\d[\d.,]*\)")


@pytest.fixture(scope="module")
def site(sqlite_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    clock = FixedClock(TODAY)
    with on_a_copy(sqlite_file, tmp_path_factory.mktemp("rendered")) as sessions:
        with sessions() as session:
            fund = a_small_book(session, clock)
            closed(fund, date(2020, 4, 30))
            repaid(fund, AN, TODAY, 600_000)  # 509.589 falls due on the 10th, the rest later
            wrong = repaid(fund, DANG, TODAY, 1_000_000).result["event"]
            operator = command_line(session, now=clock.now())
            paid = Repay(contract_number=AN, value_date=TODAY, amount=Money(1_000))
            repay(session, paid, operator, clock)
            undo = Reverse(contract_number=DANG, sequence=wrong, reason="Nhầm")
            reverse(session, undo, fund.officer, clock)
        yield Site(an_app(SETTINGS, sessions, clock), sessions)


@pytest.fixture(scope="module", params=["en", "vi"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def people(site: Site) -> list[Browser]:
    """Somebody of every role, the accountant first."""
    others = [one for one in Role if one not in {Role.ACCOUNTANT, Role.CLI, Role.COOPERATIVE}]
    staff = [site.sign_in(role) for role in (Role.ACCOUNTANT, *others)]
    return [*staff, site.sign_in(Role.COOPERATIVE, borrower_id=1)]


@pytest.fixture(scope="module")
def readers(site: Site, people: list[Browser], language: str) -> list[Browser]:
    with site.sessions.begin() as session:
        session.execute(update(User).values(language=language))
    return people


@pytest.fixture(scope="module")
def read(site: Site, readers: list[Browser]) -> dict[str, str]:
    """What people read on pages, by address: some of every kind that links lead to."""
    found: dict[str, str] = {}
    kind_of = site.app.url_map.bind("").match
    shown = Counter[str]()
    for begin, reader in zip(
        [BEGIN, *[("/", "/loan/1", "/loan/3")] * len(readers)], readers, strict=False
    ):
        waiting, asked, seen = [*begin], Counter[str](), set[str]()
        while waiting:
            address = waiting.pop(0)
            if address in seen:
                continue
            seen.add(address)
            try:
                kind = str(kind_of(urlsplit(address).path)[0])
            except HTTPException:
                continue
            if max(shown[kind], asked[kind]) >= OF_EACH_KIND and address not in begin:
                continue
            asked[kind] += 1
            answer = reader.get(address)
            waiting += [answer.location] if answer.location else []
            if answer.status_code == 200 and answer.mimetype == "text/html":
                shown[kind] += address not in found
                found[address] = f"{found.get(address, '')} {words(answer.text)}"
                links = re.findall(r'href="(/[^"#]*)"', answer.text)
                waiting += [unescape(one) for one in links]
    return found


@pytest.fixture(scope="module")
def data(site: Site) -> list[str]:
    """What people typed, or the settings say before they do, the longest first."""
    kept = [value for one in SETTINGS_OF_FUND.values() for value in (one.default, one.later)]
    found = set(_texts(kept))
    with site.sessions() as session:
        for table in Base.metadata.sorted_tables:
            query = select(table)
            if table.name == "user":
                query = query.where(table.c.role != Role.CLI)
            for row in session.execute(query):
                found.update(said for one in row for said in _texts(one))
    return sorted(found, key=len, reverse=True)


def _texts(value: object) -> Iterator[str]:
    """Give the texts in a value of a row that hold a letter."""
    if isinstance(value, dict | list | tuple):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)
    elif isinstance(value, str) and re.search(r"[^\W\d_]{2}", value):
        yield " ".join(value.split())


def words(page: str) -> str:
    """Give what stands on a page, typed values too; what stands apart is told apart by `|`.

    What says that it is Vietnamese, such as an amount in words, is left out.
    """
    page = re.sub(r'<(?!html)(\w+) [^>]*lang="vi"[^>]*>.*?</\1>', "", page, flags=re.DOTALL)
    typed = re.sub(r'<input[^>]*\bvalue="([^"]*)"[^>]*>', r" \1 ", UNSEEN.sub("", page))
    parts = re.sub(r"</?(?:b|strong|em|a|span|small)\b[^>]*>", "", typed)
    return " ".join(unescape(re.sub(r"<[^>]*>", " | ", parts)).split())


def without(data: list[str], text: str) -> str:
    for one in data:
        text = text.replace(one, "|")
    return text


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


def test_no_sentence_runs_into_the_next(read: dict[str, str]) -> None:
    """As where one is told only sometimes and the template has no space after it."""
    glued = [
        (address, said)
        for address, text in read.items()
        for said in re.findall(r"\b\w{2,}[.!?][A-ZĐÀ-Ỹ]\w* .{0,20}", text)
        if "@" not in said
    ]

    assert glued == []


def test_days_and_months_are_written_as_people_write_them(read: dict[str, str]) -> None:
    found = {
        (address, said[0]) for address, text in read.items() for said in ISO.finditer(text)
    }

    assert any("/reports/journal" in address for address in read)
    assert found == set()


@pytest.mark.parametrize("language", ["en"], indirect=True)
def test_english_pages_say_nothing_in_vietnamese(read: dict[str, str], data: list[str]) -> None:
    found = {
        (address, said[0])
        for address, text in read.items()
        for said in VIETNAMESE.finditer(without(data, text))
    }

    assert len(read) > 50
    assert found == set()


@pytest.mark.parametrize("language", ["vi"], indirect=True)
def test_vietnamese_pages_say_nothing_in_english(read: dict[str, str], data: list[str]) -> None:
    found = {
        (address, said[0])
        for address, text in read.items()
        for said in ENGLISH.finditer(without(data, text))
    }

    assert len(read) > 50
    assert found == set()
