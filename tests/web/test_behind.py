"""Every figure of every report leads to what adds up to it, as printed (UX-18).

A browser reads each report of the 2020 book, follows the links of its figures, and adds up what
stands there: the loans of a list, the lines of another report, what a loan's page says. Figures
that follow from others are computed anew from the words that say how. The gate follows a few of
each kind, `scripts/soak` all of them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from html import unescape
from itertools import combinations
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.web.report_offer import OFFERS
from tests.site import SETTINGS, Browser, Site, an_app, on_a_copy
from tests.tables import Cell, Row, Table, tables_of

pytestmark = pytest.mark.slow

YEAR = {"from": "2020-01-01", "to": "2020-05-31"}
DAY = {"as_of": "2020-05-31"}
ADDRESSES = [
    f"/reports/{name}?" + "&".join(f"{key}={value}" for key, value in asked.items())
    for name, offer in OFFERS.items()
    for asked in [YEAR if offer.is_period else DAY]
]
NARROWED = [
    "/reports/sources?from=2020-02-01&to=2020-04-30&source=QVL&known_at=2099-01-01T00:00:00%2B07:00",
    "/reports/bad_debt?from=2020-03-01&to=2020-05-31&by=area",
    "/reports/disbursements?from=2020-01-01&to=2020-05-31&by=sector",
    "/reports/trial_balance?from=2020-04-01&to=2020-04-30&source=QVL",
    "/reports/account_ledger?from=2020-04-01&to=2020-04-30&account=interest_income",
    "/reports/classification?as_of=2020-05-31&group=5",
    "/reports/daily_list?as_of=2020-01-15",
]
OF_EACH_KIND = 1
MOST = 40  # pages that the gate follows
# The column of a report that a figure leads to, where it is called otherwise there; several
# are added up, those with a minus taken off.
CALLED = {
    ("capital", "Vốn"): ["Cuối kỳ"],
    ("capital", "Đầu kỳ"): ["Tiếp nhận", "−Hoàn trả"],
    ("disbursements", "Giải ngân trong kỳ"): ["Số tiền"],
    ("receipts", "Thu nợ gốc trong kỳ"): ["Gốc"],
    ("journal", "Thu"): ["Số tiền"],
    ("journal", "Chi"): ["Số tiền"],
    ("journal", "Nợ"): ["Số tiền"],
    ("journal", "Có"): ["Số tiền"],
}
# Those of a figure that the half-year report names in words.
EXACT = "Số đồng chính xác"
EXACTLY = {
    "Tổng nguồn vốn": ["Cuối kỳ"],
    "Vốn tiếp nhận trong kỳ": ["Tiếp nhận"],
    "Vốn chưa giải ngân": ["Chưa giải ngân"],
    "Giải ngân trong kỳ": ["Số tiền"],
    "Thu nợ gốc trong kỳ": ["Gốc"],
    "Thu lãi trong kỳ": ["Lãi trong hạn", "Lãi quá hạn, chậm trả"],
}
RATIO = re.compile(r"([\d,]+)\s*%")


@dataclass(frozen=True)
class Printed:
    """A figure as a report prints it, and where it leads."""

    address: str
    table: Table
    row: Row
    head: str
    cell: Cell

    @property
    def kind(self) -> tuple[str, ...]:
        """Figures of one kind come about in one way."""
        report = urlsplit(self.address).path
        return report, self.table.caption, self.head, *sorted(self.row.classes), self.to

    @property
    def to(self) -> str:
        """The page that it leads to, its numbers left out."""
        return re.sub(r"\d+", "", urlsplit(self.cell.link).path)

    @property
    def amount(self) -> int:
        return self.cell.balance

    def named(self, head: str) -> Cell:
        """The cell of another column of its row."""
        return self.row.spread()[self.table.column(head)]

    def __str__(self) -> str:
        said = f"{self.cell.text} of {self.row.text}"
        return f"{self.address} {self.head}: {said} → {self.cell.link}"


@dataclass
class Reader:
    """Reads pages, each once."""

    browser: Browser
    pages: dict[str, str] = field(default_factory=dict)

    def page(self, address: str) -> str:
        path = unescape(address).partition("#")[0]
        if path not in self.pages:
            answer = self.browser.get(path)
            assert answer.status_code == 200, (path, answer.status_code)
            self.pages[path] = answer.text
        return self.pages[path]


@pytest.fixture(scope="module")
def reader(
    sqlite_file_2020: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Reader]:
    with on_a_copy(sqlite_file_2020, tmp_path_factory.mktemp("behind")) as sessions:
        site = Site(an_app(SETTINGS, sessions, FixedClock(date(2020, 6, 1))), sessions)
        yield Reader(site.sign_in(Role.ACCOUNTANT))


def figures_of(reader: Reader, address: str) -> Iterator[Printed]:
    """The figures of a report that say anything: amounts, counts and percentages."""
    for table in tables_of(reader.page(address)):
        heads = table.heads
        for row in table.part("tbody"):
            for head, cell in zip(heads, row.spread(), strict=False):
                is_figure = "money" in cell.classes and re.search(r"[1-9]", cell.text)
                if is_figure:
                    yield Printed(address, table, row, head, cell)


def test_every_figure_leads_somewhere_or_is_the_sum_above_it(reader: Reader) -> None:
    dead = [
        str(one)
        for address in (*ADDRESSES, *NARROWED)
        for one in figures_of(reader, address)
        if not one.cell.link and not is_sum(one)
    ]

    assert not dead, "\n".join(dead)


# Where a source's figures on pages lead: to which report, and what of it adds up to them.
UNDISBURSED = ("sources", ["Chưa giải ngân"])
OF_SOURCES = {
    "/": {"Nguồn vốn": ("capital", ["Cuối kỳ"]), "Chưa giải ngân": UNDISBURSED},
    "/capital": {
        "Đang cho vay": ("sources", ["Dư nợ gốc"]),
        "Chưa giải ngân": UNDISBURSED,
    },
    "/dashboard": {"Vốn (đ)": ("capital", ["Cuối kỳ"]), "Còn lại": UNDISBURSED},
}


@pytest.mark.parametrize("address", OF_SOURCES)
def test_figures_of_sources_lead_to_the_reports_that_add_up_to_them(
    reader: Reader, address: str
) -> None:
    checked = 0
    tables = tables_of(reader.page(address))
    for heads_of, row in [(one.heads, row) for one in tables for row in one.part("tbody")]:
        for head, cell in zip(heads_of, row.spread(), strict=False):
            named = OF_SOURCES[address].get(row.cells[0].text) or OF_SOURCES[address].get(head)
            if named and "money" in cell.classes and cell.amounts:
                report, heads = named
                assert f"/reports/{report}?" in cell.link, (address, row.text)
                first = tables_of(reader.page(cell.link))[0]
                found = sum(column_sum([first], one) for one in heads)
                assert found == cell.amount, (address, row.text)
                checked += 1
    assert checked >= 4


def is_sum(one: Printed) -> bool:
    """Say whether a figure stands below the lines that it is the sum, or the last, of."""
    if not one.row.classes & {"line-total", "line-subtotal"}:
        return False
    if is_shortened(one.table):
        return True  # the workbook has all lines; test_sums adds those up
    rows = one.table.part("tbody")
    above = rows[: rows.index(one.row)]
    if "line-subtotal" in one.row.classes:
        starts = [place for place, row in enumerate(above) if "line-subtotal" in row.classes]
        above = above[starts[-1] + 1 :] if starts else above
    place = one.table.column(one.head)
    if one.cell.text.endswith("%"):
        return True  # of sums that stand beside it
    plain = [row for row in above if row.classes & {"line-plain", "line-marked"}]
    standing = [row.spread()[place].amount for row in above]
    return one.amount in {sum(row.spread()[place].amount for row in plain), standing[-1]} or (
        "line-total" in one.row.classes and one.amount in standing
    )


@pytest.mark.parametrize(
    "of_each_kind", [OF_EACH_KIND, pytest.param(100_000, marks=pytest.mark.soak)]
)
def test_what_a_figure_leads_to_adds_up_to_it(reader: Reader, of_each_kind: int) -> None:
    kinds: dict[tuple[str, ...], list[Printed]] = defaultdict(list)
    for address in (*ADDRESSES, *NARROWED):
        for one in figures_of(reader, address):
            if one.cell.link:
                kinds[one.kind].append(one)
    wrong: list[str] = []
    followed: set[str] = set()
    for found in kinds.values():
        for one in found[:: max(1, len(found) // of_each_kind)][:of_each_kind]:
            if (
                of_each_kind == OF_EACH_KIND
                and len(followed) >= MOST
                and one.cell.link not in followed
            ):
                continue
            followed.add(one.cell.link)
            if not answered(reader, one):
                wrong.append(str(one))

    assert len(kinds) > 60
    assert not wrong, "\n".join(wrong)


def answered(reader: Reader, one: Printed) -> bool:
    """Say whether what a figure leads to adds up to it."""
    link = unescape(one.cell.link)
    if link.startswith("#"):
        return follows(reader.page(one.address), one, link[1:])
    path, asked = urlsplit(link).path, parse_qs(urlsplit(link).query)
    assert asked.get("known_at") == parse_qs(urlsplit(one.address).query).get("known_at"), link
    page = reader.page(link)
    if path == "/loans":
        return listed(page, one, asked)
    if path.startswith("/reports/"):
        return reported(page, one, path.removeprefix("/reports/"), urlsplit(link).fragment)
    return one.cell.text.replace("\N{NO-BREAK SPACE}", " ") in words_of_page(page) or (
        one.amount in sums_of_parts(page)
    )


def sums_of_parts(page: str) -> set[int]:
    """What two or three parts come to that a row of a loan's page tells apart."""
    return {
        sum(parts)
        for table in tables_of(page)
        for row in table.part("tbody")
        for count in (2, 3)
        for parts in combinations(
            [cell.balance for cell in row.cells if "money" in cell.classes], count
        )
    }


def listed(page: str, one: Printed, asked: dict[str, list[str]]) -> bool:
    """Say whether the loans of a list are as many as a count says, or add up to an amount."""
    (table,) = [table for table in tables_of(page) if table.part("tfoot")]
    last = table.part("tfoot")[-1]
    if "Số" in one.head and "đồng" not in one.head:
        return last.cells[0].amount == one.amount == pages_rows(table, last)
    part = [cell for cell in last.spread() if "part" in cell.classes]
    own = {"outstanding": "Dư nợ", "overdue_principal": "Gốc quá hạn"}
    if not part:
        name = own[asked["figure"][0]]
        place = next(at for at, head in enumerate(table.heads) if head.startswith(name))
        part = [last.spread()[place]]
    return part[0].amount == one.amount


def pages_rows(table: Table, last: Row) -> int:
    """The number of rows, where they stand on one page; else what the foot says."""
    rows = len(table.part("tbody"))
    return rows if len(table.part("tfoot")) == 1 else last.cells[0].amount


def reported(page: str, one: Printed, report: str, part: str) -> bool:
    """Say whether the lines of a report add up to a figure, in the part that it leads to."""
    tables = [table for table in tables_of(page) if table.heads]
    if part:
        tables = [tables[int(part.removeprefix("part-")) - 1]]
    if report == "account_ledger":
        return on_account(tables, one)
    if report == "journal":
        return one.amount in {amount for table in tables for amount in postings(table)}
    if one.cell.text.endswith("%"):
        return any(
            cell.text == one.cell.text
            for table in tables
            for row in table.rows
            for cell in row.cells
        )
    if report == "half_year" or one.head == "Số lượng":
        lines = {
            row.spread()[tables[0].column("Hợp đồng")].text for row in plain_rows(tables[0])
        }
        return len(lines) == one.amount
    heads = CALLED.get((report, one.head), [one.head])
    if one.head == EXACT:
        heads = EXACTLY[one.named("Chỉ tiêu").text]
    if report == "capital" and not part:
        tables = tables[:1]  # the second one lists the same movements
    return sum(column_sum(tables, head) for head in heads) == one.amount


def column_sum(tables: list[Table], head: str) -> int:
    """The sum of a column over the lines of all tables; with a minus it is taken off."""
    sign, name = (-1, head[1:]) if head.startswith("−") else (1, head)
    return sign * sum(
        row.spread()[table.column(name)].balance
        for table in tables
        if name in table.heads
        for row in (total_row(table) if is_shortened(table) else plain_rows(table))
    )


def is_shortened(table: Table) -> bool:
    """Say whether the page leaves lines out; all are in the workbook, held by its own test."""
    return any("hidden-lines" in row.classes for row in table.rows)


def total_row(table: Table) -> list[Row]:
    return [row for row in table.rows if "line-total" in row.classes]


def plain_rows(table: Table) -> list[Row]:
    return [row for row in table.rows if row.classes & {"line-plain", "line-marked"}]


def on_account(tables: list[Table], one: Printed) -> bool:
    """Say whether an account's ledger moves so much, or comes to what stands."""
    (table,) = tables
    rows = [row for row in table.rows if row.part == "tbody"]
    debit, credit = (column_total(table, rows, head) for head in ("Nợ", "Có"))
    closing = rows[-1].spread()[-1].balance
    standing = closing if one.amount < 0 else abs(closing)  # on its own side of the account
    return {"Phát sinh nợ": debit, "Phát sinh có": credit}.get(one.head, standing) == one.amount


def column_total(table: Table, rows: list[Row], head: str) -> int:
    (sums,) = [row for row in rows if "line-subtotal" in row.classes]
    return sums.spread()[table.column(head)].amount


def postings(table: Table) -> Iterator[int]:
    """The amounts of a journal, and their sums by voucher, as a cash book has them."""
    by_voucher: dict[tuple[str, ...], int] = defaultdict(int)
    for row in plain_rows(table):
        cells = row.spread()
        amount = cells[table.column("Số tiền")].amount
        yield amount
        heads = ("Chứng từ", "Ngày hiệu lực", "Hợp đồng")
        by_voucher[tuple(cells[table.column(head)].text for head in heads)] += amount
    yield from by_voucher.values()


def words_of_page(page: str) -> str:
    """What a page says, tags and the spaces around amounts left out."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def follows(page: str, one: Printed, anchor: str) -> bool:
    """Say whether words below a table say how a figure follows from others, and it does so."""
    found = re.search(rf'<p class="hint how" id="{anchor}">(.*?)</p>', page, re.DOTALL)
    words = unescape(found[1]) if found else ""
    if not words.startswith(f"{one.head} = "):
        return bool(words)
    parts = re.split(r" ([+−÷]) ", words.removeprefix(f"{one.head} = "))
    if not set(parts[::2]) <= set(one.table.heads):
        return True  # a text of its own, held by the tests of these reports
    amounts = [Fraction(one.named(head).balance) for head in parts[::2]]
    value = amounts[0]
    for sign, amount in zip(parts[1::2], amounts[1:], strict=True):
        value = value / amount if sign == "÷" else value + (amount if sign == "+" else -amount)
    percent = RATIO.search(one.cell.text)
    if percent:
        return abs(value * 100 - Fraction(percent[1].replace(",", "."))) <= Fraction(1, 200)
    return value == one.amount
