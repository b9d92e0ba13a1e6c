"""A book of 5.000 loans with three years behind them, on a PostgreSQL as durable as a real one.

Every loan is of 48 months at equal principal, lent in the half year before June 2017 and paid
on its due dates; one in twenty stopped paying some months ago.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from loanfund import migrate
from loanfund.clock import FixedClock
from loanfund.db import make_engine, make_sessions
from loanfund.domain.book import (
    Book,
    BorrowerKind,
    BorrowerRecord,
    CapitalMovementRecord,
    CapitalSourceRecord,
    ContractRecord,
    DisbursementRecord,
    Place,
    ReceiptRecord,
    Sheet,
)
from loanfund.domain.codec import parse_event, parse_terms
from loanfund.domain.folded import fold_loan
from loanfund.domain.history import read_history
from loanfund.domain.money import Money, Rate
from loanfund.domain.setting import OverdueMethod
from loanfund.domain.terms import DebtRuleSet, RepaymentMethod
from loanfund.services._book_import import ImportBook
from loanfund.services.book import import_book
from loanfund.services.user import command_line
from tests import postgres

LOANS = 5_000
TODAY = date(2020, 6, 1)
FIRST_LENT = date(2016, 12, 1)
DAYS_OF_LENDING = 180
LENT = Money(240_000_000)
RATE, MONTHS = Rate.percent("7.2"), 48
SOURCES = ("QUY", "VIEC")
AREAS = ("Lục Ngạn", "Yên Thế", "Lạng Giang", "Hiệp Hòa", None)
SECTORS = ("Trồng trọt", "Chăn nuôi", "Vận tải", None)
DURABLE = ("listen_addresses=", "shared_buffers=256MB", "max_wal_size=4GB")
ONE_IN_TWENTY = 20


@dataclass(frozen=True, slots=True)
class LargeBook:
    """Where the book lies, and the clock that its measurements go by."""

    engine: Engine
    sessions: sessionmaker[Session]
    clock: FixedClock


@contextmanager
def large_book() -> Iterator[LargeBook]:
    """Start a server and import the book; minutes go by."""
    with postgres.server(DURABLE) as server, postgres.database(server, "bench") as address:
        engine = make_engine(address)
        migrate.upgrade(engine)
        sessions, clock = make_sessions(engine), FixedClock(TODAY)
        with sessions() as session:
            operator = command_line(session, now=clock.now())
            import_book(session, ImportBook(book=records()), operator, clock)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
        gc.collect()
        gc.freeze()  # what importing left is not there in a process that has just begun
        yield LargeBook(engine, sessions, clock)
        engine.dispose()


def records(count: int = LOANS) -> Book:
    """Give the records of the book."""
    contracts, drawdowns = [], []
    receipts: list[ReceiptRecord] = []
    for index in range(count):
        number, lent_on = contract_number(index), lending_day(index)
        contracts.append(_contract(index, number, lent_on))
        drawdowns.append(
            DisbursementRecord(
                place=Place(Sheet.DISBURSEMENT, index + 2),
                contract=number,
                number=f"KU-{index}",
                value_date=lent_on,
                amount=LENT,
            )
        )
        receipts += _receipts(index, number, lent_on)
    return Book(
        sources=tuple(_source(code) for code in SOURCES),
        movements=tuple(_capital(code, count) for code in SOURCES),
        borrowers=tuple(_borrower(index) for index in range(count)),
        contracts=tuple(contracts),
        disbursements=tuple(drawdowns),
        receipts=tuple(receipts),
    )


def contract_number(index: int) -> str:
    """Give the contract number of a loan."""
    return f"{index:05d}/2017/HĐTD"


def lending_day(index: int) -> date:
    """Give the day on which a loan was lent."""
    return FIRST_LENT + timedelta(days=index % DAYS_OF_LENDING)


def _receipts(index: int, contract: str, lent_on: date) -> Iterator[ReceiptRecord]:
    """Give a payment on each due date so far, or until somebody stopped."""
    last = TODAY - timedelta(days=20 * (index % 17)) if index % ONE_IN_TWENTY == 0 else TODAY
    for row, (day, amount) in enumerate(_dues(lent_on)):
        if day < last:
            yield ReceiptRecord(
                place=Place(Sheet.RECEIPT, row + 2),
                number=f"T{index}-{row}",
                contract=contract,
                value_date=day,
                amount=amount,
            )


_known_dues: dict[date, list[tuple[date, Money]]] = {}


def _dues(lent_on: date) -> list[tuple[date, Money]]:
    """Give the due dates and amounts of a loan lent on a day; many loans share one."""
    if lent_on not in _known_dues:
        terms = {
            "amount": LENT.dong,
            "annual_rate": RATE.text,
            "term_months": MONTHS,
            "repayment_method": RepaymentMethod.EQUAL_PRINCIPAL.value,
        }
        lent = {"id": "1", "type": "disbursement", "date": lent_on.isoformat()}
        history = read_history(parse_terms(terms), [parse_event({**lent, "amount": LENT.dong})])
        rows = fold_loan(history, lent_on).schedule()
        _known_dues[lent_on] = [(row.due_date, row.total) for row in rows]
    return _known_dues[lent_on]


def _contract(index: int, number: str, lent_on: date) -> ContractRecord:
    return ContractRecord(
        place=Place(Sheet.CONTRACT, index + 2),
        number=number,
        borrower=f"KH{index:05d}",
        source=SOURCES[index % len(SOURCES)],
        signed_on=lent_on,
        amount=LENT,
        annual_rate=RATE,
        term_months=MONTHS,
        repayment_method=RepaymentMethod.EQUAL_PRINCIPAL,
    )


def _borrower(index: int) -> BorrowerRecord:
    return BorrowerRecord(
        place=Place(Sheet.BORROWER, index + 2),
        code=f"KH{index:05d}",
        name=f"HTX Đồng Tâm {index}",
        kind=BorrowerKind.COOPERATIVE,
        area=AREAS[index % len(AREAS)],
        sector=SECTORS[index % len(SECTORS)],
    )


def _source(code: str) -> CapitalSourceRecord:
    return CapitalSourceRecord(
        place=Place(Sheet.SOURCE, 2),
        code=code,
        name=f"Nguồn {code}",
        bears_risk=code == SOURCES[0],
        overdue_method=OverdueMethod.WHOLE_DEBT
        if code == SOURCES[0]
        else OverdueMethod.TRANSFERRED_PART,
        debt_rule_set=DebtRuleSet.MFI,
    )


def _capital(code: str, count: int) -> CapitalMovementRecord:
    return CapitalMovementRecord(
        place=Place(Sheet.MOVEMENT, 2),
        source=code,
        value_date=FIRST_LENT,
        amount=Money(LENT.dong * count),
        contributor="UBND tỉnh",
    )
