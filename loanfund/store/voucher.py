"""Vouchers as they are printed: an event of a loan with everything its paper says."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session, defer

from loanfund.domain.errors import NotFoundError
from loanfund.domain.event import DatedEvent, MoneyEvent, Reversal
from loanfund.domain.folded import FoldedLoan, fold_loan
from loanfund.domain.plain import from_json
from loanfund.domain.setting import SettingBook
from loanfund.domain.statement_parts import Head
from loanfund.domain.voucher import (
    SERIES,
    AnyVoucher,
    Entry,
    JournalVoucher,
    MoneyVoucher,
    Struck,
    VoucherKind,
    entries,
    kind_of,
    taken,
    taken_back,
)
from loanfund.models.document import Document
from loanfund.models.user import User
from loanfund.store.loan import LoadedLoan, RecordedEvent
from loanfund.store.paper import fund_profile, loan_heads
from loanfund.wording import event_name

# Series of before: money that came or went had one, whichever way it took.
FORMER = {"repayment": "PT", "recovery": "PT", "disbursement": "KU", "credit_refund": "PC"}


def voucher(
    session: Session, loan: LoadedLoan, sequence: int, settings: SettingBook, day: date
) -> AnyVoucher:
    """Give the voucher of an event as the books know it; `day` is that of the print.

    One that was taken back says what it said the moment before.
    """
    return vouchers(session, [(loan, sequence)], settings, day)[0]


def vouchers(
    session: Session,
    asked: Sequence[tuple[LoadedLoan, int]],
    settings: SettingBook,
    day: date,
) -> list[AnyVoucher]:
    """Give those of several events (loan, sequence), with as many queries as for one."""
    loans = {loan.id: loan for loan, _ in asked}
    heads = loan_heads(session, loans, fund_profile(settings, day))
    names = _people(session, loans.values())
    return [
        _Shown(loan, _event(loan, sequence), settings, heads[loan.id], names).voucher()
        for loan, sequence in asked
    ]


def _event(loan: LoadedLoan, sequence: int) -> RecordedEvent:
    found = next((one for one in loan.recorded if one.sequence == sequence), None)
    if found is None:
        raise NotFoundError("voucher")
    return found


def _people(session: Session, loans: Iterable[LoadedLoan]) -> dict[int, str]:
    """Give the names of all who recorded or approved something on the loans."""
    events = [one for loan in loans for one in loan.recorded]
    ids = {one.recorded_by for one in events} | {one.approved_by for one in events}
    query = select(User.id, User.name).where(User.id.in_(ids - {None}))
    return {row.id: row.name for row in session.execute(query)}


@dataclass(frozen=True)
class _Shown:
    """One event as it stood before it was taken back, if it was."""

    loan: LoadedLoan
    found: RecordedEvent
    settings: SettingBook
    head: Head
    names: Mapping[int, str]

    def voucher(self) -> AnyVoucher:
        earlier = {one.event.id: one.event for one in self.loan.recorded}
        kind = kind_of(self.found.event, self.own, earlier)
        if kind is None:
            raise NotFoundError("voucher")
        if kind is VoucherKind.JOURNAL_VOUCHER:
            return self.entries()
        return self.of_money(kind)

    @cached_property
    def own(self) -> FoldedLoan:
        return self.folded(self.found)

    def folded(self, of: RecordedEvent) -> FoldedLoan:
        """Give the loan through the day of an event, as known before that was taken back."""
        reversal, recorded = reversal_of(self.loan.recorded, of), self.loan.recorded
        known = recorded[: recorded.index(reversal)] if reversal else recorded
        then = replace(self.loan, recorded=known)
        return fold_loan(then.history(), of.value_date, self.loan.rule_sets)

    def common(self, kind: VoucherKind) -> dict[str, Any]:
        found = self.found
        reversal = reversal_of(self.loan.recorded, found)
        return {
            "kind": kind,
            "type": found.type,
            "sequence": found.sequence,
            "head": self.head,
            "number": _number(found),
            "value_date": found.value_date,
            "reference": found.reference or "",
            "note": found.note or "",
            "recorded_at": found.recorded_at,
            "recorded_by": self.names[found.recorded_by],
            "struck": self.struck(reversal) if reversal else None,
        }

    def of_money(self, kind: VoucherKind) -> MoneyVoucher:
        found, event = self.found, self.found.event
        assert isinstance(event, MoneyEvent)
        return MoneyVoucher(
            **self.common(kind),
            circular=self.settings.get("voucher_circular", found.value_date),
            party=found.payer or self.head.borrower.name,
            amount=event.amount,
            method=event.method,
            taken=taken(self.own, event, self.loan.books, self.numbers),
            account=self.settings.get("fund_bank_account", found.value_date),
            replaces=_number(replaced_by(self.loan.recorded, found)),
        )

    def entries(self) -> JournalVoucher:
        event, recorded = self.found.event, self.loan.recorded
        target = None
        if isinstance(event, Reversal):
            target = next(one for one in recorded if one.event.id == event.of)
        approver = self.found.approved_by
        return JournalVoucher(
            **self.common(VoucherKind.JOURNAL_VOUCHER),
            entries=taken_back(self.entries_of(target))
            if target
            else self.entries_of(self.found),
            approved_by=self.names[approver] if approver else "",
            of=_number(target),
        )

    def entries_of(self, one: RecordedEvent) -> tuple[Entry, ...]:
        if not isinstance(one.event, DatedEvent):
            return ()
        return entries(self.folded(one), one.event.id, self.loan.books, self.numbers)

    @property
    def numbers(self) -> dict[str, str]:
        found: dict[str, str] = self.settings.get("account_numbers", self.found.value_date)
        return found

    def struck(self, reversal: RecordedEvent) -> Struck:
        return Struck(
            number=_number(reversal),
            at=reversal.recorded_at,
            by=self.names[reversal.recorded_by],
            reason=reversal.note or "",
            replaced_by=_number(replacement_of(self.loan.recorded, self.found)),
        )


def reversal_of(
    recorded: Sequence[RecordedEvent], target: RecordedEvent
) -> RecordedEvent | None:
    """Give what took an event back."""
    return next(
        (
            one
            for one in recorded
            if isinstance(one.event, Reversal) and one.event.of == target.event.id
        ),
        None,
    )


def replacement_of(
    recorded: Sequence[RecordedEvent], target: RecordedEvent
) -> RecordedEvent | None:
    """Give what was recorded in an event's place."""
    return next((one for one in recorded if one.event.replaces == target.event.id), None)


def replaced_by(
    recorded: Sequence[RecordedEvent], again: RecordedEvent
) -> RecordedEvent | None:
    """Give the event in whose place another was recorded."""
    return next((one for one in recorded if one.event.id == again.event.replaces), None)


def _number(found: RecordedEvent | None) -> str:
    return event_name(found.number, found.type, found.value_date) if found else ""


EventKey = tuple[int, int]  # a loan's id, and an event's sequence in it


def prints(session: Session, loan_id: int, sequence: int) -> list[Document]:
    """Give the prints of an event's voucher, the first one first."""
    return prints_of(session, [(loan_id, sequence)])[loan_id, sequence]


def prints_of(session: Session, events: Collection[EventKey]) -> dict[EventKey, list[Document]]:
    """Give those of several events, by event, in one query; their files stay where they are."""
    sequence = Document.content["sequence"].as_integer()
    query = (
        select(Document)
        .options(defer(Document.file))
        .where(
            tuple_(Document.loan_id, sequence).in_(events),
            Document.kind.in_(tuple(VoucherKind)),
        )
        .order_by(Document.id)
    )
    found: dict[EventKey, list[Document]] = {one: [] for one in events}
    for paper in session.scalars(query):
        assert paper.loan_id is not None
        found[paper.loan_id, paper.content["sequence"]].append(paper)
    return found


def as_printed(paper: Document) -> AnyVoucher:
    """Give a voucher as an earlier print of it says."""
    is_journal = paper.kind == VoucherKind.JOURNAL_VOUCHER
    kind: type[AnyVoucher] = JournalVoucher if is_journal else MoneyVoucher
    return from_json(kind, paper.content)


def paper_number(voucher: AnyVoucher) -> str:
    """Give the number under which a print is kept: the voucher's, and which copy it is.

    An imported number without its series gets it, so that no two papers share one.
    """
    series = SERIES[voucher.kind]
    own, known = voucher.number, (series, FORMER.get(voucher.type, series))
    number = own if own.startswith(known) else f"{series}-{own}"
    return f"{number}-IL{voucher.copy.number}" if voucher.copy else number
