"""Import a workbook: all of its records in one transaction, or nothing and every reason.

An empty book is the operator's to fill. Into one that holds anything a workbook comes as one
proposal, which a manager approves (house rules §7); rows that add nothing need nobody.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.db import unit_of_work
from loanfund.domain.book_codec import dump_book
from loanfund.domain.book_meaning import ImplausibleWorkbookError, meaning_says
from loanfund.domain.book_problem import WorkbookRefusedError
from loanfund.domain.book_sound import PartlyReadError, in_order
from loanfund.domain.errors import PermissionDeniedError
from loanfund.domain.fact_json import dump_facts
from loanfund.domain.permission import Action, Actor, Grant, Role, check
from loanfund.domain.proposal import ProposalKind
from loanfund.models.borrower import Borrower
from loanfund.models.capital import CapitalSource
from loanfund.models.loan import Loan
from loanfund.services._book_import import ImportBook, ImportReport, add_records
from loanfund.services._book_problem import dump_problem
from loanfund.services._booking import booking_by
from loanfund.services._permission import allow
from loanfund.services._proposable import Proposed
from loanfund.services.proposal import Propose, propose
from loanfund.store.lock import lock_books


class _DryRunEndsError(Exception):
    """Takes a dry run's transaction back; nobody but this module sees it."""


def bring_in_book(
    session: Session, request: ImportBook, actor: Actor, clock: Clock
) -> ImportReport:
    """Import what may be imported alone; of anything else make a proposal and say which.

    WorkbookRefusedError with every reason, and nothing written.
    """
    if request.is_dry_run or _may_fill(session, actor):
        return import_book(session, request, actor, clock)
    tried = import_book(session, _dry(request), actor, clock)
    if not tried.adds_nothing:
        if tried.meaning.implausible and not request.meant:
            raise ImplausibleWorkbookError(tried.meaning)
        proposed = _proposed(request, tried)
        wanted = Propose(proposed=proposed, key=request.key)
        tried.proposal = propose(session, wanted, actor, clock)
    return tried


def all_that_is_wrong(
    session: Session, refusal: PartlyReadError, actor: Actor, clock: Clock
) -> WorkbookRefusedError:
    """Give the refusal of a workbook with what else is wrong with the rows that were read."""
    asked = ImportBook(book=refusal.book, doubt=refusal.doubt, is_dry_run=True)
    try:
        import_book(session, asked, actor, clock)
    except WorkbookRefusedError as more:
        found = dict.fromkeys((one.place, one.code) for one in refusal.problems)
        others = [one for one in more.problems if (one.place, one.code) not in found]
        return WorkbookRefusedError(in_order([*refusal.problems, *others]))
    return refusal


def import_book(
    session: Session,
    request: ImportBook,
    actor: Actor,
    clock: Clock,
    approver: Actor | None = None,
) -> ImportReport:
    """Add what is new; WorkbookRefusedError with every reason, and nothing written.

    Without an approver only the operator adds anything, and into an empty book.
    """
    report = ImportReport(is_dry_run=request.is_dry_run)
    try:
        with unit_of_work(session):
            closed = lock_books(session)
            may_add = _may_add(session, request, actor, approver)
            add_records(session, request, booking_by(actor, clock, closed, approver), report)
            if not (may_add or report.adds_nothing):
                raise PermissionDeniedError(
                    "role", role=actor.role.value, action=Action.IMPORT_BOOK.value
                )
            _take_back(request)
    except _DryRunEndsError:
        pass
    return report


def _dry(request: ImportBook) -> ImportBook:
    return replace(request, is_dry_run=True, progress=lambda _done, _all: None)


def _take_back(request: ImportBook) -> None:
    """End a dry run, so that its unit of work rolls back."""
    if request.is_dry_run:
        raise _DryRunEndsError


def _may_add(
    session: Session, request: ImportBook, actor: Actor, approver: Actor | None
) -> bool:
    """Tell whether records may be added; refuse whoever may not even propose them."""
    if approver is not None:
        allow(actor, Action.IMPORT_BOOK, approver)
        return True
    check(actor, Action.IMPORT_BOOK, Grant.PROPOSES)
    return request.is_dry_run or _may_fill(session, actor)


def is_empty_book(session: Session) -> bool:
    """Tell whether the book holds nothing, so that it is the operator's to fill."""
    kinds = (CapitalSource, Borrower, Loan)
    return not any(session.scalar(select(kind.id).limit(1)) for kind in kinds)


def _may_fill(session: Session, actor: Actor) -> bool:
    """Tell whether this is the operator before an empty book."""
    return actor.role is Role.CLI and is_empty_book(session)


def _proposed(request: ImportBook, tried: ImportReport) -> Proposed:
    """Propose to import a workbook; what it adds up to is shown, and held fast."""
    told = [
        {"key": key, "facts": dump_facts(facts)} for key, facts in meaning_says(tried.meaning)
    ]
    payload = {
        "file": request.file,
        "book": dump_book(request.book),
        "meant": request.meant,
        "added": tried.added,
        "rows": tried.rows,
        "closed": [
            {"month": one.month.isoformat(), "rows": dict(one.rows)}
            for one in tried.meaning.closed
        ],
        "told": told,
        "implausible": [dump_problem(one) for one in tried.meaning.implausible],
    }
    return Proposed(
        kind=ProposalKind.IMPORT,
        action=Action.IMPORT_BOOK,
        subject=("workbook", request.book.sha256),
        payload=payload,
    )
