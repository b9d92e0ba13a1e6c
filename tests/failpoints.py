"""Work that is killed: a process that waits for orders and forks one that dies for each.

`Reaper` is the tests' side; run as a program, this module is the other. Forking is cheap where
everything is imported, and safe where no thread runs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from loanfund.clock import Clock, FixedClock
from loanfund.db import make_engine, make_sessions
from loanfund.domain.book import Book, Place, ReceiptRecord, Sheet
from loanfund.domain.money import Money
from loanfund.domain.permission import Actor
from loanfund.failpoint import VARIABLE
from loanfund.queries.user import actor_of
from loanfund.services._book_import import ImportBook
from loanfund.services._capital import MoveCapital
from loanfund.services.book import import_book
from loanfund.services.capital import move_capital
from loanfund.services.collection_sheet import PostSheet, SheetRow, post_sheet
from loanfund.services.disbursement import Disburse, disburse
from loanfund.services.reconcile import reconcile_all
from loanfund.services.repayment import Repay, repay
from loanfund.services.reversal import Reverse, reverse

ROOT = Path(__file__).resolve().parents[1]
KILLED = -9
TODAY = date(2020, 6, 1)
PAID_ON = date(2020, 2, 10)
LOAN, TRANCHES = "01/2020", "02/2020"


def repayment(sessions: sessionmaker[Session], clock: Clock) -> object:
    request = Repay(
        contract_number=LOAN, value_date=PAID_ON, amount=Money(620_000), key="k-repay"
    )
    with sessions() as session:
        return repay(session, request, person(session, "officer"), clock)


def disbursement(sessions: sessionmaker[Session], clock: Clock) -> object:
    request = Disburse(
        contract_number=TRANCHES, value_date=TODAY, amount=Money(40_000_000), key="k-lend"
    )
    with sessions() as session:
        officer, manager = person(session, "officer"), person(session, "manager")
        return disburse(session, request, officer, clock, manager)


def reversal(sessions: sessionmaker[Session], clock: Clock) -> object:
    request = Reverse(contract_number=TRANCHES, sequence=2, reason="Ghi nhầm", key="k-reverse")
    with sessions() as session:
        return reverse(session, request, person(session, "officer"), clock)


def contribution(sessions: sessionmaker[Session], clock: Clock) -> object:
    request = MoveCapital(
        source_code="QUY", value_date=TODAY, amount=Money(7), contributor="UBND tỉnh"
    )
    with sessions() as session:
        accountant, manager = person(session, "accountant"), person(session, "manager")
        return move_capital(session, request, accountant, clock, manager)


def receipts(sessions: sessionmaker[Session], clock: Clock) -> object:
    records = tuple(
        ReceiptRecord(
            place=Place(Sheet.RECEIPT, row),
            number=f"T{row}",
            contract=contract,
            value_date=PAID_ON,
            amount=Money(1_000),
        )
        for row, contract in enumerate((LOAN, TRANCHES), start=2)
    )
    request = ImportBook(book=Book(receipts=records))
    with sessions() as session:
        maker, approver = person(session, "officer"), person(session, "manager")
        return import_book(session, request, maker, clock, approver)


def sheet(sessions: sessionmaker[Session], clock: Clock) -> object:
    paid = [
        Repay(contract_number=contract, value_date=PAID_ON, amount=Money(620_000))
        for contract in (LOAN, TRANCHES)
    ]
    rows = tuple(SheetRow(place, one) for place, one in enumerate(paid, start=1))
    request = PostSheet(month=date(2020, 2, 1), source="QUY", rows=rows, key="k-sheet")
    with sessions() as session:
        return post_sheet(session, request, person(session, "officer"), clock)


def interest_run(sessions: sessionmaker[Session], clock: Clock) -> object:
    with sessions() as session:
        accountant = person(session, "accountant")
    return reconcile_all(sessions, clock.today(), accountant, clock)


WORKS: Mapping[str, Callable[[sessionmaker[Session], Clock], object]] = {
    work.__name__: work
    for work in (repayment, disbursement, reversal, contribution, receipts, sheet, interest_run)
}


def person(session: Session, role: str) -> Actor:
    """Somebody of `tests.builders.a_fund`."""
    return actor_of(session, f"{role}@so-cu.example.vn")


class Reaper:
    """Has work done by processes that die where the failpoint says."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def run(self, work: str, database: str, failpoint: str = "", copies: int = 1) -> list[int]:
        """Give the exit statuses of so many processes that do the work at the same time."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        order = {"work": work, "database": database, "failpoint": failpoint, "copies": copies}
        print(json.dumps(order), file=self.process.stdin, flush=True)
        statuses: list[int] = json.loads(self.process.stdout.readline())
        return statuses


@contextmanager
def reaper() -> Iterator[Reaper]:
    """Start the process that forks; it ends with its standard input."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.failpoints"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        yield Reaper(process)


def _main() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        children = [_fork(order) for _ in range(order["copies"])]
        statuses = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        sys.stdout.write(json.dumps(statuses) + "\n")
        sys.stdout.flush()


def _fork(order: dict[str, Any]) -> int:
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        os.environ[VARIABLE] = order["failpoint"]
        sessions = make_sessions(make_engine(order["database"]))
        WORKS[order["work"]](sessions, FixedClock(TODAY))
        status = 0
    finally:
        os._exit(status)


if __name__ == "__main__":
    _main()
