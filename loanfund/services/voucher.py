"""Print a voucher: its first print, and every further one as a copy of that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.db import unit_of_work
from loanfund.domain.issue import Issue
from loanfund.domain.permission import Action, Actor, Grant, check
from loanfund.domain.plain import to_json
from loanfund.domain.voucher import AnyVoucher, Copy, MoneyVoucher
from loanfund.models.loan import Loan
from loanfund.services._paper import Paper, issue_of, keep_paper
from loanfund.store.loan import load_loans
from loanfund.store.lock import lock_loan
from loanfund.store.request_key import KeyedRequest, first_result, keep_result, new_key
from loanfund.store.setting import load_settings
from loanfund.store.voucher import as_printed, paper_number, prints, voucher

Render = Callable[[AnyVoucher, Issue], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintVoucher:
    """The voucher of one event of a loan; the same key prints once."""

    contract_number: str
    sequence: int
    key: str = field(default_factory=new_key)


def print_voucher(
    session: Session, request: PrintVoucher, actor: Actor, clock: Clock, render: Render
) -> str:
    """Issue the paper and give its number; the file is then served as it was kept."""
    check(actor, Action.ISSUE_PAPERS, Grant.DOES)
    with unit_of_work(session):
        row = lock_loan(session, request.contract_number)  # so that copies count one by one
        keyed = _keyed(request, actor)
        known = first_result(session, keyed)
        if known is not None:
            return str(known["number"])
        content = _content(session, row, request.sequence, clock)
        issue = issue_of(paper_number(content), actor, clock)
        keep_paper(session, _paper(row, content), issue, render(content, issue), actor)
        keep_result(session, keyed, {"number": issue.number}, issue.issued_at)
    return issue.number


def _content(session: Session, row: Loan, sequence: int, clock: Clock) -> AnyVoucher:
    """Give what a print says now: a copy says what the first one said, and what befell it."""
    settings = load_settings(session)
    loan = load_loans(session, settings, Loan.id == row.id)[0]
    found = voucher(session, loan, sequence, settings, clock.today())
    earlier = prints(session, row.id, sequence)
    if not earlier:
        return found
    first = as_printed(earlier[0])
    copy = Copy(
        number=len(earlier),
        first_printed_at=earlier[0].issued_at,
        differs=_figures(first) != _figures(found),
    )
    return replace(first, struck=found.struck, copy=copy)


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


def _keyed(request: PrintVoucher, actor: Actor) -> KeyedRequest:
    payload = {"contract": request.contract_number, "event": request.sequence}
    return KeyedRequest(request.key, "print_voucher", payload, actor.user_id)
