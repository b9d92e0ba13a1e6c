"""The fold against writing the same loan's ledger rows with bare SQL."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

from benchmarks.measure import Ratio, median_of
from loanfund.domain.codec import parse_event, parse_terms
from loanfund.domain.fold import fold
from loanfund.domain.folded import fold_loan
from loanfund.domain.history import History, read_history
from loanfund.domain.posting import Books

LENT_ON = date(2020, 1, 15)
LENT = {"id": "e0", "type": "disbursement", "date": "2020-01-15", "amount": 360_000_000}
END = date(2030, 2, 1)
LIMIT = 2.0
REPEATS = 20  # within one timing, so that the clock's grain does not count
TABLE = """
CREATE TABLE ledger_entry (
    id INTEGER PRIMARY KEY, debit TEXT NOT NULL, credit TEXT NOT NULL,
    amount INTEGER NOT NULL, source_id INTEGER NOT NULL, loan_id INTEGER, cause TEXT NOT NULL,
    value_date TEXT NOT NULL, booking_date TEXT NOT NULL, recorded_at TEXT NOT NULL,
    event_id INTEGER, recorded_by INTEGER NOT NULL)
"""
INSERT = f"""
INSERT INTO ledger_entry (debit, credit, amount, source_id, loan_id, cause, value_date,
    booking_date, recorded_at, event_id, recorded_by)
VALUES ({", ".join("?" * 11)})
"""  # noqa: S608 - no value in it
Row = tuple[object, ...]


def measure() -> Iterator[Ratio]:
    """Compare for three and for ten years of equal principal, paid in full each month."""
    for months in (36, 120):
        history = paid_each_month(months)
        rows = ledger_rows(history)
        ours = median_of(lambda history=history: repeated(history)) / REPEATS
        with tempfile.TemporaryDirectory() as folder, bare_database(folder) as bare:
            theirs = median_of(lambda bare=bare, rows=rows: written(bare, rows)) / REPEATS
        name = f"fold, {months} months, against writing its {len(rows)} ledger rows"
        yield Ratio(name, ours, theirs, LIMIT, f"{ours / months * 1e6:.1f} µs per due date")


def repeated(history: History) -> None:
    """Fold the loan some times."""
    for _ in range(REPEATS):
        fold(history, END)


def written(bare: sqlite3.Connection, rows: list[Row]) -> None:
    """Write the loan's rows some times, each time in a transaction of its own."""
    for _ in range(REPEATS):
        bare.execute("BEGIN IMMEDIATE")
        bare.executemany(INSERT, rows)
        bare.execute("COMMIT")


@contextmanager
def bare_database(folder: str) -> Iterator[sqlite3.Connection]:
    """Open a bare database that is as durable as ours."""
    with closing(sqlite3.connect(Path(folder) / "bare.sqlite3", isolation_level=None)) as bare:
        bare.execute("PRAGMA journal_mode=WAL")
        bare.execute("PRAGMA synchronous=FULL")
        bare.execute(TABLE)
        yield bare


def ledger_rows(history: History) -> list[Row]:
    """Give the loan's transfers as rows of plain values."""
    wanted = fold_loan(history, END).wanted(Books(bears_risk=True))
    rows: list[Row] = []
    for key, amount in wanted.items():
        day = key.value_date.isoformat()
        accounts = (key.debit.value, key.credit.value, amount, 1, 1)
        rows.append((*accounts, key.cause, day, day, "2020-06-01 00:00:00", None, 1))
    return rows


def paid_each_month(months: int) -> History:
    """Give the loan with a payment on each of its due dates."""
    terms = parse_terms(
        {
            "amount": 360_000_000,
            "annual_rate": "7.2",
            "term_months": months,
            "repayment_method": "equal_principal",
        }
    )
    lent = parse_event(LENT)
    schedule = fold_loan(read_history(terms, [lent]), LENT_ON).schedule()
    payments = [
        parse_event(
            {
                "id": f"e{row.number}",
                "type": "repayment",
                "date": row.due_date.isoformat(),
                "amount": row.total.dong,
            }
        )
        for row in schedule
    ]
    return read_history(terms, [lent, *payments])
