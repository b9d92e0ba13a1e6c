"""`loanfund verify`: books, caches and fold must say the same (rules §13)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date

from sqlalchemy import Text, cast, func, or_, select, tuple_
from sqlalchemy.orm import Session

from loanfund.domain.account import Transaction
from loanfund.domain.calendar import month_end
from loanfund.domain.errors import LoanFundError
from loanfund.domain.folded import FoldedLoan, fold_loan
from loanfund.domain.money import NOTHING
from loanfund.domain.posting import Account, TransferKey, differences, must_hold
from loanfund.domain.setting import BEGINNING
from loanfund.domain.snapshot import Snapshot
from loanfund.models.ledger import LedgerEntry
from loanfund.models.loan import Loan, LoanEvent
from loanfund.queries._month_end import month_end_differences
from loanfund.queries._recorded import (
    event_differences,
    gaps_of_events,
    gaps_of_numbers,
    imports_of,
    paper_differences,
    read_payload,
)
from loanfund.queries._told_ledger import ledger_differences
from loanfund.queries._told_people import people_differences
from loanfund.queries._told_rows import (
    capital_differences,
    month_differences,
    proposal_differences,
    setting_differences,
)
from loanfund.queries.audit_chain import check_chain
from loanfund.store.ledger import (
    capital_by_month,
    lent_by_month,
    standing_transfers,
)
from loanfund.store.loan import LoadedLoan, each_loan
from loanfund.store.position import read_positions
from loanfund.store.setting import load_settings
from loanfund.structure import structure_differences

CHUNK = 200
UNDATED = frozenset({"reversal", "amend"})  # these only say when they were written
CAPITAL_MOVES = (("bank", "capital"), ("capital", "bank"))
ALWAYS = (BEGINNING, date.max)
OF_THE_LOG = (
    paper_differences,
    gaps_of_events,
    gaps_of_numbers,
    people_differences,
    proposal_differences,
    setting_differences,
    capital_differences,
    month_differences,
    ledger_differences,
)

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that does not hold: `check` names the line, `subject` the loan or source."""

    check: str
    subject: str
    expected: str
    found: str


def verify(session: Session, today: date, progress: Progress) -> Iterator[Difference]:
    """Give every difference between fold, ledger, caches and log; none means all is well."""
    for line in structure_differences(session.connection()):
        yield Difference("structure", *line)
    yield from _unbalanced(session)
    yield from _log(session)
    imports = imports_of(session)
    settings = load_settings(session)
    ids = list(session.scalars(select(Loan.id).order_by(Loan.id)))
    flows: dict[tuple[int, date], int] = {}
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        standing = standing_transfers(session, chunk, ALWAYS)
        cached = read_positions(session, Loan.id.in_(chunk))
        for loan in each_loan(session, settings, Loan.id.in_(chunk)):
            try:
                folded = fold_loan(
                    loan.history(), loan.reconciled_through or today, loan.rule_sets
                )
                stands = _through(standing[loan.id], loan.reconciled_through)
                yield from _ledger(loan, folded, stands)
                yield from _must_hold(loan, folded, _sums(stands))
                yield from _cache(loan, cached.get(loan.id))
                _add_flows(flows, loan.source_id, folded.transactions())
            except LoanFundError as error:
                yield Difference("history", loan.contract_number, "", str(error))
        yield from _copies(session, chunk)
        for one in event_differences(session, chunk, imports):
            yield Difference(*one)
        progress(min(start + CHUNK, len(ids)), len(ids))
    for one in imports.differences():
        yield Difference(*one)
    yield from _by_month("roll_forward", flows, lent_by_month(session))
    yield from _by_month("capital", *capital_by_month(session))
    for subject, expected, found in month_end_differences(session):
        yield Difference("month_end", subject, str(expected), str(found))


def _log(session: Session) -> Iterator[Difference]:
    """Follow the audit log, and compare with it what no loan needs."""
    for broken in check_chain(session).breaks:
        yield Difference("audit_chain", f"line {broken.line}", "", broken.kind.value)
    for differences_of in OF_THE_LOG:
        for one in differences_of(session):
            yield Difference(*one)


def _through(standing: Mapping[TransferKey, int], day: date | None) -> dict[TransferKey, int]:
    """Give what stands through the day that the ledger speaks of; later rows wait for it."""
    return {
        key: amount for key, amount in standing.items() if day is None or key.value_date <= day
    }


def _sums(standing: Mapping[TransferKey, int]) -> dict[Account, int]:
    """Give the balance of every account, debit positive."""
    sums: dict[Account, int] = {}
    for key, amount in standing.items():
        sums[key.debit] = sums.get(key.debit, 0) + amount
        sums[key.credit] = sums.get(key.credit, 0) - amount
    return sums


def _unbalanced(session: Session) -> Iterator[Difference]:
    """Every row is a transfer between two accounts; none may be empty or go nowhere."""
    broken = or_(LedgerEntry.amount <= NOTHING, LedgerEntry.debit == LedgerEntry.credit)
    count = session.scalar(select(func.count()).where(broken))
    if count:
        yield Difference("transfer", "ledger", "0", str(count))
    sides = tuple_(LedgerEntry.debit, LedgerEntry.credit)
    elsewhere = LedgerEntry.loan_id.is_(None), LedgerEntry.cause.startswith("capital:")
    astray = select(LedgerEntry).where(*elsewhere, sides.not_in(CAPITAL_MOVES))
    for row in session.scalars(astray):
        yield Difference("capital", row.cause, "bank/capital", f"{row.debit}/{row.credit}")


def _copies(session: Session, loan_ids: Sequence[int]) -> Iterator[Difference]:
    """What an event's row repeats of the event, for lists and sums, must be what it says."""
    query = select(
        Loan.contract_number,
        LoanEvent.sequence,
        LoanEvent.type,
        LoanEvent.value_date,
        LoanEvent.amount,
        cast(LoanEvent.payload, Text).label("payload"),
    ).join(Loan)
    for row in session.execute(query.where(Loan.id.in_(loan_ids)).order_by(LoanEvent.id)):
        said, subject = read_payload(row.payload), f"{row.contract_number} event {row.sequence}"
        amount = None if row.amount is None else row.amount.dong
        copies = [("type", row.type, said.get("type")), ("amount", amount, said.get("amount"))]
        if row.type not in UNDATED:
            copies.append(("value_date", row.value_date.isoformat(), said.get("date")))
        for name, found, expected in copies:
            if found != expected:
                yield Difference("event", f"{subject} {name}", str(expected), str(found))


def _ledger(
    loan: LoadedLoan, folded: FoldedLoan, standing: Mapping[TransferKey, int]
) -> Iterator[Difference]:
    """Compare what stands with what the fold implies, transfer by transfer."""
    wanted = folded.wanted(loan.books) if loan.reconciled_through else {}
    for key, amount in differences(wanted, standing):
        transfer = f"{key.cause} {key.value_date} {key.debit}/{key.credit}"
        yield Difference("ledger", f"{loan.contract_number} {transfer}", str(amount), "0")


def _must_hold(
    loan: LoadedLoan, folded: FoldedLoan, sums: Mapping[Account, int]
) -> Iterator[Difference]:
    if folded.state is None or loan.reconciled_through is None:
        return
    for name, signs, expected in must_hold(folded.state):
        found = sum(sign * sums.get(account, 0) for account, sign in signs.items())
        if found != expected:
            yield Difference(name, loan.contract_number, str(expected), str(found))


def _cache(loan: LoadedLoan, cached: Snapshot | None) -> Iterator[Difference]:
    """Compare the cached position with a fold of its own day."""
    if cached is None:
        return
    fresh = fold_loan(loan.history(), cached.as_of, loan.rule_sets).snapshot()
    for field in fields(Snapshot):
        expected, found = getattr(fresh, field.name, None), getattr(cached, field.name)
        if expected != found:
            subject = f"{loan.contract_number} {field.name}"
            yield Difference("position", subject, str(expected), str(found))


def _add_flows(
    flows: dict[tuple[int, date], int], source_id: int, rows: list[Transaction]
) -> None:
    """Add up how principal moved, by source and month, as the fold's transactions say."""
    for row in rows:
        sign = 1 if row.type == "disbursement" else -1
        if row.type != "recovery" and row.principal:
            key = source_id, month_end(row.value_date)
            flows[key] = flows.get(key, 0) + sign * row.principal.dong


def _by_month(
    check: str, flows: Mapping[tuple[int, date], int], booked: Mapping[tuple[int, date], int]
) -> Iterator[Difference]:
    """Compare what moved with the ledger, for every source and month.

    Of principal, that is closing = opening + disbursed − collected − written off (rules §10).
    """
    for source_id, month in sorted(flows.keys() | booked.keys()):
        expected, found = (flow.get((source_id, month), 0) for flow in (flows, booked))
        if expected != found:
            subject = f"source {source_id} {month:%m/%Y}"
            yield Difference(check, subject, str(expected), str(found))
