"""What a large fund does all day, against the bare database or library doing the same work."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from html import unescape
from math import ceil
from statistics import median
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import ColumnElement, Table, func, select, true

from benchmarks import bare
from benchmarks.large_book import LargeBook, contract_number, large_book
from benchmarks.measure import ROUNDS, Limit, Ratio, median_of, timed
from loanfund.app import build_app
from loanfund.clock import FixedClock
from loanfund.db import read_session
from loanfund.documents.layout import imprint
from loanfund.documents.statement import render_statement
from loanfund.domain.issue import Issue
from loanfund.domain.permission import Role
from loanfund.domain.statement_parts import Statement
from loanfund.models.base import Base
from loanfund.models.ledger import LedgerEntry
from loanfund.models.loan import Loan
from loanfund.queries._standing import Moment
from loanfund.queries.portfolio import portfolio_at
from loanfund.services.reconcile import CHUNK, bring_forward
from loanfund.services.statement import IssueStatement, issue_statement
from loanfund.services.user import command_line
from tests.people import CHEAP
from tests.site import SETTINGS, Browser, Site

MONTH_ENDS = tuple(date(2020, month, 30) for month in (6, 7, 8, 9, 10))
A_PAST_DAY = date(2019, 2, 17)
PAID_ON = "31/05/2020"
PAID = range(1, 2 * ROUNDS + 1)  # the places of the loans whose repayments are posted
TABLES = Base.metadata.tables
LEDGER, POSITION = TABLES["ledger_entry"], TABLES["position"]
# What a posting adds rows to.
WRITTEN = (
    LEDGER,
    POSITION,
    *(TABLES[name] for name in ("loan_event", "audit_line", "request_key")),
)
HIDDEN = re.compile(r'<input[^>]*name="(request_key|version|shown)"[^>]*>')
VALUE = re.compile(r'value="([^"]*)"')
Form = dict[str, str]


def measure() -> Iterator[Ratio | Limit]:
    """Import the book once and measure everything on it; what moves the clock comes last."""
    with large_book() as book:
        yield past_day(book)
        app = build_app(SETTINGS, book.sessions, book.clock, hasher=CHEAP)
        site = Site(app, book.sessions)
        yield dashboard(book, site)
        yield repayment(book, site)
        yield statement(book)
        yield month_run(book)


def past_day(book: LargeBook) -> Limit:
    """The portfolio on a day that no cache speaks of."""

    def ask() -> None:
        with read_session(book.sessions) as session:
            portfolio_at(session, Moment(A_PAST_DAY), book.clock.today())

    return Limit("portfolio on a past day", median_of(ask), limit=10)


def dashboard(book: LargeBook, site: Site) -> Ratio:
    """The manager's overview against one sum over the rows of the ledger."""
    browser = site.sign_in(Role.MANAGER)
    first = timed(lambda: _opened(browser, "/dashboard"))
    ours = median_of(lambda: _opened(browser, "/dashboard"))
    query = select(func.sum(LedgerEntry.amount))
    with book.engine.connect() as connection:
        theirs = median_of(lambda: connection.execute(query).scalar_one())
    name = "dashboard, against one SUM over the ledger"
    return Ratio(name, ours, theirs, limit=30, remark=f"the first view {first:.2f} s")


def repayment(book: LargeBook, site: Site) -> Ratio:
    """Posting a repayment against bare inserts, behind Flask, of the rows that it writes."""
    browser = site.sign_in(Role.OFFICER)
    filled = [_filled(browser, loan_id) for loan_id in _ids(book)]
    ours, posts = [], []
    before = _written(book)
    for post in filled:
        ours.append(timed(lambda post=post: _posted(browser, *post)))
        after = _written(book)
        posts.append([after[row] for row in after if row not in before])
        before = after
    client = bare.app(book.engine, [table.name for table in WRITTEN], posts).test_client()
    theirs = [
        timed(lambda number=number: _inserted(client, number)) for number in range(len(posts))
    ]
    # The first half only warms up: what is imported and remembered once does not count.
    name = f"repayment POST, against inserts of its {len(posts[-1])} rows and a commit"
    return Ratio(name, median(ours[ROUNDS:]), median(theirs[ROUNDS:]), limit=6)


def statement(book: LargeBook) -> Ratio:
    """A statement of three years against a canvas that draws the same text."""
    kept = _Kept()
    with book.sessions() as session:
        operator = command_line(session, now=book.clock.now())
        asked = IssueStatement(contract_number=contract_number(1))
        issue_statement(session, asked, operator, book.clock, kept.render)
    pages = bare.pieces(kept.file)
    ours = median_of(kept.again)
    theirs = median_of(lambda: bare.draw(pages))
    name = f"statement, against its {sum(map(len, pages))} pieces of text on a canvas"
    return Ratio(name, ours, theirs, limit=3)


def month_run(book: LargeBook) -> Ratio:
    """The interest of five months against bare inserts of the rows that each writes.

    Those are the rows of the ledger and a cached position a loan, in as many transactions.
    """
    copies = [bare.copied(book.engine, table.name) for table in (LEDGER, POSITION)]
    ours, theirs, counts = [], [], []
    for day in MONTH_ENDS:
        last = _last_id(book)
        ours.append(timed(lambda day=day: _reconciled(book, day)))
        rows = [_rows(book, LEDGER, LEDGER.c.id > last), _rows(book, POSITION, true())]
        counts.append(sum(map(len, rows)))
        bare.emptied(book.engine, copies)
        times = ceil(len(rows[1]) / CHUNK)
        work = partial(bare.insert_rows, book.engine, copies, rows, times)
        theirs.append(timed(work))
    name = f"month run, against inserts of the {median(counts)} rows it writes"
    return Ratio(name, median(ours), median(theirs), limit=10)


@dataclass(slots=True)
class _Kept:
    """Renders a statement, and can do so again."""

    content: Statement | None = None
    issue: Issue | None = None
    file: bytes = b""

    def render(self, content: Statement, issue: Issue) -> bytes:
        """Render what is issued."""
        self.content, self.issue = content, issue
        self.file = self.again()
        return self.file

    def again(self) -> bytes:
        """Render it once more."""
        assert self.content is not None
        assert self.issue is not None
        return render_statement(self.content, imprint(self.issue, SETTINGS.base_url))


def _reconciled(book: LargeBook, day: date) -> None:
    clock = FixedClock(day)
    with book.sessions() as session:
        operator = command_line(session, now=clock.now())
    report = bring_forward(book.sessions, day, operator, clock)
    assert report.posted
    assert not report.failures


def _last_id(book: LargeBook) -> int:
    with read_session(book.sessions) as session:
        return session.scalar(select(func.max(LedgerEntry.id))) or 0


def _rows(book: LargeBook, table: Table, wanted: ColumnElement[bool]) -> list[dict[str, Any]]:
    with book.engine.connect() as connection:
        query = select(table).where(wanted)
        return [_plain(table, row) for row in connection.execute(query).mappings()]


def _written(book: LargeBook) -> dict[str, bare.Row]:
    """Give the rows of loans that a posting may have written, by what they say."""
    found = {}
    with book.engine.connect() as connection:
        for table in WRITTEN:
            query = select(table)
            if "loan_id" in table.c:
                query = query.where(table.c.loan_id.in_(_ids(book)))
            for row in connection.execute(query).mappings():
                found[f"{table.name} {row}"] = (table.name, _plain(table, row))
    return found


def _plain(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a row says but for a number that the database gave, money as whole numbers."""
    is_given = "id" in table.c and table.c.id.autoincrement is not False
    return {
        name: getattr(value, "dong", value)
        for name, value in row.items()
        if not (is_given and name == "id")
    }


def _opened(browser: Browser, path: str) -> None:
    response = browser.get(path)
    assert response.status_code == 200, response.text  # noqa: PLR2004


def _posted(browser: Browser, address: str, form: Form) -> None:
    response = browser.post(address, form)
    assert response.status_code == 302, response.text  # noqa: PLR2004


def _inserted(client: FlaskClient, number: int) -> None:
    response = client.post("/", data={"number": number})
    assert response.status_code == 302, response.text  # noqa: PLR2004


def _ids(book: LargeBook) -> list[int]:
    """Give the loans whose repayments are posted."""
    query = select(Loan.id).where(Loan.contract_number.in_(map(contract_number, PAID)))
    with read_session(book.sessions) as session:
        return list(session.scalars(query))


def _filled(browser: Browser, loan_id: int) -> tuple[str, Form]:
    """Open the form of a loan, look at the preview, and give what would be sent.

    It is looked at twice: what becomes of the surplus is asked once the amount was seen.
    """
    address = f"/loan/{loan_id}/repay"
    typed = {"value_date": PAID_ON, "amount": "1000000", "method": "bank"}
    typed |= {"surplus": "credit"}
    typed |= _carried(browser.get(address).text)
    for _ in ("the amount", "what becomes of the surplus"):
        seen = browser.post(address, typed | {"act": "preview"})
        typed |= _carried(seen.text)
    return address, typed | {"act": "post"}


def _carried(page: str) -> Form:
    """Read the hidden fields that a posting needs; those beside the preview come last."""
    return {
        found[1]: unescape(value[1])
        for found in HIDDEN.finditer(page)
        if (value := VALUE.search(found[0]))
    }
