"""Print vouchers: the first print of each, and every further one as a copy of that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.db import unit_of_work
from loanfund.domain.issue import Issue
from loanfund.domain.permission import Action, Actor, Grant, check
from loanfund.domain.plain import to_json
from loanfund.domain.voucher import AnyVoucher, Copy, MoneyVoucher
from loanfund.models.document import Document
from loanfund.models.loan import Loan
from loanfund.services._paper import Made, Paper, issue_of, keep_paper, keep_papers
from loanfund.store.collection_sheet import batch_by_id, batch_receipts
from loanfund.store.loan import load_loans
from loanfund.store.lock import lock_loan, lock_loans
from loanfund.store.request_key import KeyedRequest, first_result, keep_result, new_key
from loanfund.store.setting import load_settings
from loanfund.store.voucher import EventKey, as_printed, paper_number, prints_of, vouchers

Render = Callable[[AnyVoucher, Issue], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintVoucher:
    """The voucher of one event of a loan; the same key prints once."""

    contract_number: str
    sequence: int
    key: str = field(default_factory=new_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintBatch:
    """The receipts of a collection batch; the same key prints once."""

    batch_id: int
    key: str = field(default_factory=new_key)


def print_voucher(
    session: Session, request: PrintVoucher, actor: Actor, clock: Clock, render: Render
) -> str:
    """Issue the paper and give its number; the file is then served as it was kept."""
    check(actor, Action.ISSUE_PAPERS, Grant.DOES)
    with unit_of_work(session):
        row = lock_loan(session, request.contract_number)  # so that copies count one by one
        payload = {"contract": request.contract_number, "event": request.sequence}
        keyed = _keyed("print_voucher", payload, request.key, actor)
        known = first_result(session, keyed)
        if known is not None:
            return str(known["number"])
        [content] = _contents(session, [(row.id, request.sequence)], clock)
        made = _made(row, content, actor, clock, render)
        keep_paper(session, made.paper, made.issue, made.file, actor)
        keep_result(session, keyed, {"number": made.issue.number}, made.issue.issued_at)
    return made.issue.number


def print_batch(
    session: Session, request: PrintBatch, actor: Actor, clock: Clock, render: Render
) -> int:
    """Issue each receipt of a collection batch as if it were alone, in the order of numbers.

    Gives the id of the last paper, by which this printing of the batch is found again.
    """
    check(actor, Action.ISSUE_PAPERS, Grant.DOES)
    with unit_of_work(session):
        batch = batch_by_id(session, request.batch_id)
        receipts = batch_receipts(session, batch.id)
        rows = {row.id: row for row in lock_loans(session, {one.loan_id for one in receipts})}
        keyed = _keyed("print_batch", {"batch": batch.id}, request.key, actor)
        known = first_result(session, keyed)
        if known is not None:
            return int(known["last"])
        events = [(one.loan_id, one.sequence) for one in receipts]
        found = zip(events, _contents(session, events, clock), strict=True)
        made = [
            _made(rows[loan_id], content, actor, clock, render)
            for (loan_id, _), content in sorted(found, key=lambda one: one[1].number)
        ]
        subject = ("collection_batch", batch.number)
        last = keep_papers(session, made, actor, action="issue_receipts", subject=subject)
        keep_result(session, keyed, {"last": last}, made[-1].issue.issued_at)
    return last


def _contents(session: Session, events: Sequence[EventKey], clock: Clock) -> list[AnyVoucher]:
    """Give what a print of each says now, asking as often for many as for one."""
    settings = load_settings(session)
    ids = {loan_id for loan_id, _ in events}
    loans = {loan.id: loan for loan in load_loans(session, settings, Loan.id.in_(ids))}
    asked = [(loans[loan_id], sequence) for loan_id, sequence in events]
    found = vouchers(session, asked, settings, clock.today())
    earlier = prints_of(session, events)
    return [_as_copy(one, earlier[event]) for event, one in zip(events, found, strict=True)]


def _as_copy(found: AnyVoucher, earlier: Sequence[Document]) -> AnyVoucher:
    """Give what a print says now: a copy says what the first one said, and what befell it."""
    if not earlier:
        return found
    first = as_printed(earlier[0])
    copy = Copy(
        number=len(earlier),
        first_printed_at=earlier[0].issued_at,
        differs=_figures(first) != _figures(found),
    )
    return replace(first, struck=found.struck, copy=copy)


def _made(row: Loan, content: AnyVoucher, actor: Actor, clock: Clock, render: Render) -> Made:
    issue = issue_of(paper_number(content), actor, clock)
    return Made(_paper(row, content), issue, render(content, issue))


def _figures(found: AnyVoucher) -> object:
    return found.taken if isinstance(found, MoneyVoucher) else found.entries


def _paper(row: Loan, content: AnyVoucher) -> Paper:
    return Paper(
        kind=content.kind,
        loan_id=row.id,
        period_from=content.value_date,
        period_to=content.value_date,
        content=to_json(content),
        subject=("loan", row.contract_number),
    )


def _keyed(action: str, payload: dict[str, Any], key: str, actor: Actor) -> KeyedRequest:
    return KeyedRequest(key, action, payload, actor.user_id)
