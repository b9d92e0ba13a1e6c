"""Every table with a total adds up as printed, and every row that says what it is made of.

A browser follows the links of the 2020 book's pages, a few of each kind, and adds up itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.web.report_offer import OFFERS
from tests.papers import words_of
from tests.site import SETTINGS, Browser, Site, an_app, on_a_copy
from tests.tables import Row, Table, sheet_rows, tables_of

pytestmark = pytest.mark.slow

TODAY = date(2020, 6, 1)
BEGIN = (
    "/today",
    "/",
    "/dashboard",
    "/loans?status=all&source=QVL",
    "/overdue",
    "/collection-sheet?month=2020-06",
    "/collection-sheet?month=2020-07",
    "/collection-sheet?month=2020-05",
    "/borrowers",
    "/loan/71/repay?amount=70tr",
    "/loan/71/repay?amount=1tr",
    "/loan/8",
    "/loan/71",
)
OF_EACH_KIND = 3
MOST = 90
OVER = {"struck", "of-day", "own-row", "line-subtotal", "line-opening"}


@pytest.fixture(scope="module")
def site(sqlite_file_2020: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with on_a_copy(sqlite_file_2020, tmp_path_factory.mktemp("sums")) as sessions:
        yield Site(an_app(SETTINGS, sessions, FixedClock(TODAY)), sessions)


@pytest.fixture(scope="module")
def accountant(site: Site) -> Browser:
    return site.sign_in(Role.ACCOUNTANT)


@pytest.fixture(scope="module")
def seen(site: Site, accountant: Browser) -> dict[str, str]:
    """Pages by address: some of every kind that links lead to."""
    waiting, kinds = [*BEGIN], Counter[str]()
    found: dict[str, str] = {}
    router = site.app.url_map.bind("")
    while waiting and len(found) < MOST:
        address = waiting.pop(0)
        kind = _kind(router, address)
        if address in found or not kind or (kinds[kind] >= OF_EACH_KIND and found):
            continue
        answer = accountant.get(address)
        if answer.status_code == 200 and answer.mimetype == "text/html":
            kinds[kind] += address not in BEGIN
            found[address] = answer.text
            links = re.findall(r'href="(/[^"#]*)"', answer.text)
            waiting += [unescape(link) for link in links]
    return found


def _kind(router: MapAdapter, address: str) -> str:
    try:
        return str(router.match(urlsplit(address).path)[0])
    except HTTPException:
        return ""


def test_many_kinds_of_tables_were_seen(seen: dict[str, str]) -> None:
    added = [table for page in seen.values() for table in tables_of(page) if sums_of(table)]

    assert len(seen) > 60
    assert len({table.caption for table in added}) > 8


def sums_of(table: Table) -> list[Row]:
    return table.part("tfoot") or [row for row in table.rows if "line-total" in row.classes]


def counted(table: Table, sums: list[Row]) -> list[Row]:
    return [
        row
        for row in table.part("tbody")
        if row not in sums and not row.classes & OVER and len(row.cells) > 1
    ]


def test_every_total_is_the_sum_of_its_column(seen: dict[str, str]) -> None:
    wrong = [
        (address, table.caption, *one)
        for address, page in seen.items()
        for table in tables_of(page)
        if not any("hidden-lines" in row.classes for row in table.rows)
        for one in differing(table)
    ]

    assert not wrong, "\n".join(map(str, wrong))


def differing(table: Table) -> Iterator[tuple[int, list[int], int]]:
    """Columns whose rows do not come to what stands below them.

    Several totals part the rows among them, or the first is of the page that is shown; a
    balance is what its last row says.
    """
    sums = sums_of(table)
    rows = [row.spread() for row in counted(table, sums)]
    for place in range(max((len(row.spread()) for row in sums), default=0)):
        feet = [row.spread()[place] for row in sums if place < len(row.spread())]
        below = [cell for cell in feet if "money" in cell.classes and cell.amounts]
        column = [row[place] for row in rows if place < len(row)]
        if not below or not column:
            continue
        found = [sum(cell.amounts) for cell in column]
        total = sum(sum(cell.amounts) for cell in below)
        standing = [cell.amount for cell in column if cell.amounts]
        if sum(found) not in {total, below[0].amount} and standing[-1:] != [below[0].amount]:
            yield place, found, total


# Rows that say what they are made of.


def test_a_schedule_parts_what_is_expected(seen: dict[str, str]) -> None:
    checked = 0
    for address, table in tables_by_head(seen, "Còn phải trả"):
        for row in [*table.part("tbody"), *table.part("tfoot")]:
            of = amounts(table, row)
            less = sum(of.get(name, 0) for name in ("Đã trả", "Miễn giảm, xử lý", "Tiền thừa"))
            assert of["Gốc"] + of["Lãi trong hạn"] == of["Theo lịch"], (address, row.text)
            assert of["Theo lịch"] - less == of["Còn phải trả"], (address, row.text)
            checked += 1
    assert checked > 50


def test_a_payment_takes_from_what_is_owed(seen: dict[str, str]) -> None:
    checked = 0
    for address, table in tables_by_head(seen, "Lần thu này"):
        for row in table.part("tbody"):
            of = amounts(table, row)
            before, part, after = (
                of[name] for name in ("Trước khi thu", "Lần thu này", "Còn lại")
            )
            is_kept = row.cells[0].text == "Tiền thừa"
            assert after == before + (part if is_kept else -part), (address, row.text)
            checked += 1
    assert checked >= 4


def test_a_row_of_the_sheet_adds_up(seen: dict[str, str]) -> None:
    checked = 0
    for address, table in tables_by_head(seen, "Gốc, lãi còn phải thu đến hết tháng"):
        names = ("Quá hạn", "Gốc, lãi còn phải thu đến hết tháng", "Phải thu")
        late, due, asked = (table.column(name) for name in names)
        for row in [*counted(table, []), *table.part("tfoot")]:
            cells = row.spread()
            parts = [*cells[late].amounts, *cells[due].amounts]
            assert sum(parts) == cells[asked].amount, (address, row.text)
            checked += bool(parts)
    assert checked > 60


def test_what_settles_is_the_sum_of_its_parts(seen: dict[str, str]) -> None:
    checked = 0
    for address, page in seen.items():
        for table in tables_of(page):
            if table.caption.strip().startswith("Số tiền tất toán"):
                parts = [row.cells[-1].amount for row in table.part("tbody")]
                assert sum(parts) == table.part("tfoot")[0].cells[-1].amount, address
                checked += 1
    assert checked > 1


def tables_by_head(seen: dict[str, str], head: str) -> Iterator[tuple[str, Table]]:
    for address, page in seen.items():
        for table in tables_of(page):
            if table.part("thead") and head in table.heads:
                yield address, table


def amounts(table: Table, row: Row) -> dict[str, int]:
    """The amounts of a row by the words over them."""
    return {
        head: cell.amount for head, cell in zip(table.heads, row.spread(), strict=False) if head
    }


# Workbooks say in a row of their own which column follows from which.

FORMULA = re.compile(r"\((\d+)=([\d+−]+)\)")


@pytest.mark.parametrize(
    "address",
    [
        *(f"/reports/{name}.xlsx" for name in OFFERS),
        "/loans.xlsx?status=all",
        "/overdue.xlsx",
    ],
)
def test_what_a_column_follows_from_is_what_it_says(accountant: Browser, address: str) -> None:
    rows = sheet_rows(accountant.get(address).data)
    at = [place for place, row in enumerate(rows) if "(1)" in row]
    for start, end in zip(at, [*at[1:], len(rows)], strict=True):
        formulas = [FORMULA.fullmatch(str(cell or "")) for cell in rows[start]]
        for row in rows[start + 1 : end]:
            if isinstance(row[0], int):
                for made in filter(None, formulas):
                    assert (row[int(made[1]) - 1] or 0) == computed(row, made[2]), (
                        row,
                        made[0],
                    )


def computed(row: list[object], formula: str) -> int:
    """The sum that a head spells out, of the cells of its row."""
    found = 0
    for sign, place in re.findall(r"([+−]?)(\d+)", formula):
        cell = row[int(place) - 1] or 0
        assert isinstance(cell, int)
        found += -cell if sign == "−" else cell
    return found


CELL = r"(?:\(?[\d.]+\)?|–)"
SIGNED_ROW = re.compile(rf"(\S+/\d{{4}}\S*) (\S+) ({CELL}(?: {CELL}){{7}})")
SIGNED_SUM = re.compile(rf"Tổng cộng ({CELL}(?: {CELL}){{7}})")


@pytest.mark.parametrize("month", ["2020-06", "2020-07"])
def test_the_list_that_is_signed_adds_up(accountant: Browser, month: str) -> None:
    """(11=5+6+7+8+9−10), row by row, and so do the sums below."""
    words = words_of(accountant.get(f"/collection-sheet/due.pdf?month={month}").data)
    rows = [printed(cells) for _, _, cells in SIGNED_ROW.findall(words)]

    assert len(rows) > 60
    for *parts, credit, asked, _ in rows:
        assert sum(parts) - credit == asked
    (below,) = SIGNED_SUM.findall(words)
    assert printed(below) == [sum(column) for column in zip(*rows, strict=True)]


def printed(cells: str) -> list[int]:
    """Amounts as a paper writes them: a dash is nothing, parentheses are below it."""
    return [
        int(re.sub(r"\D", "", cell) or 0) * (-1 if "(" in cell else 1) for cell in cells.split()
    ]
