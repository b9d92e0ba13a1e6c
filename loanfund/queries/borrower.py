"""One borrower for people: everything about it, and who may be the same as another."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from stdnum.vn import mst

from loanfund.domain.borrower import FIELDS, BorrowerFacts
from loanfund.domain.errors import NotFoundError
from loanfund.domain.money import Money, total
from loanfund.models.audit import AuditLine
from loanfund.models.borrower import Borrower
from loanfund.models.document import Document
from loanfund.models.loan import Loan
from loanfund.models.message import Dispatch, Message
from loanfund.models.user import User
from loanfund.queries._loan_row import CURRENT, LoanRow, rows_from
from loanfund.queries._message_notice import STANDING
from loanfund.queries._search import shorten
from loanfund.queries._standing import Moment, standings
from loanfund.queries.paper_standing import PaperStanding, paper_standings
from loanfund.store.setting import load_settings
from loanfund.wording import fold
from loanfund.wording.order import name_key, sort_key

SHOWN = 20  # of messages and papers on a borrower's page
FIRST_CODE = "KH001"
_NUMBERED = re.compile(r"(.*?)([0-9]+)")


@dataclass(frozen=True, slots=True)
class LookAlike:
    """Another borrower with the same tax code or name."""

    id: int
    facts: BorrowerFacts
    by_tax_code: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BorrowerMessage:
    """A message that went, or will go, to the borrower."""

    id: int
    day: date
    channel: str
    state: str
    subject: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BorrowerPaper:
    """A paper issued for one of the borrower's loans; `dispatch` is what became of a notice.

    `paper` is the number by which the book knows it.
    """

    id: int
    kind: str
    paper: str
    number: str
    contract_number: str
    issued_at: datetime
    dispatch: str | None
    standing: PaperStanding


@dataclass(frozen=True, slots=True, kw_only=True)
class BorrowerPage:
    """Everything that is known of one borrower; figures are those of the moment."""

    id: int
    version: int
    facts: BorrowerFacts
    changed_at: datetime
    changed_by: str
    loans: tuple[LoanRow, ...]
    messages: tuple[BorrowerMessage, ...]
    papers: tuple[BorrowerPaper, ...]
    alike: tuple[LookAlike, ...]

    @property
    def exposure(self) -> Money:
        """What the borrower owes in principal, over all sources."""
        return total([loan.outstanding for loan in self.loans])

    @property
    def to_pay(self) -> Money:
        """What is to be paid today."""
        return total([loan.to_pay.amount for loan in self.loans])

    @property
    def principal_due(self) -> Money:
        """What of that is principal."""
        return total([loan.to_pay.principal for loan in self.loans])

    @property
    def interest_to_pay(self) -> Money:
        """What of that is interest of every kind."""
        return total([loan.interest_to_pay for loan in self.loans])

    @property
    def left_to_recover(self) -> Money:
        """What was written off and is still owed."""
        return total([loan.left_to_recover for loan in self.loans])

    @property
    def credit(self) -> Money:
        """What the fund holds of the borrower's money, of settled loans too."""
        places = [loan.standing.snapshot for loan in self.loans]
        return total([place.credit for place in places if place is not None])

    @property
    def running(self) -> int:
        """How many loans run or wait for their disbursement."""
        return sum(loan.plain in CURRENT for loan in self.loans)


def borrower_page(session: Session, borrower_id: int, moment: Moment) -> BorrowerPage:
    """Give one borrower with the loans of a moment; NotFoundError where there is none."""
    row = _row(session, borrower_id)
    facts = facts_of(row)
    at, by = _last_change(session, row)
    return BorrowerPage(
        id=row.id,
        version=row.version,
        facts=facts,
        changed_at=at,
        changed_by=by,
        loans=loans_of(session, row.id, moment),
        messages=_messages(session, row.id),
        papers=_papers(session, row.id),
        alike=look_alikes(session, facts),
    )


def borrower_facts(session: Session, borrower_id: int) -> tuple[BorrowerFacts, int]:
    """Give what is known of a borrower, and at which version."""
    row = _row(session, borrower_id)
    return facts_of(row), row.version


def look_alikes(session: Session, facts: BorrowerFacts) -> tuple[LookAlike, ...]:
    """Give the other borrowers that may be the same: same tax code, or same name."""
    name = shorten(fold(facts.name))
    found = []
    for row in session.scalars(select(Borrower).where(Borrower.code != facts.code)):
        same_code = bool(facts.tax_code) and _digits(row.tax_code) == _digits(facts.tax_code)
        if same_code or shorten(row.folded_name) == name:
            found.append(LookAlike(row.id, facts_of(row), same_code))
    return tuple(sorted(found, key=lambda one: name_key(one.facts.name)))


def is_doubtful_tax_code(tax_code: str | None) -> bool:
    """Say whether a tax code does not carry the digit that checks it; that is no refusal."""
    return bool(tax_code) and not mst.is_valid(str(tax_code))


def next_code(session: Session) -> str:
    """Give the code that follows the one given last, for a form to begin with."""
    last = session.scalar(select(Borrower.code).order_by(Borrower.id.desc()).limit(1))
    match = _NUMBERED.fullmatch(last or "")
    if match is None:
        return FIRST_CODE
    taken = set(session.scalars(select(Borrower.code)))
    number, width = int(match[2]) + 1, len(match[2])
    while (code := f"{match[1]}{number:0{width}d}") in taken:
        number += 1
    return code


def kept_areas(session: Session) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the areas and sectors in use, to be suggested while one is typed."""
    rows = session.execute(select(Borrower.area, Borrower.sector)).all()
    return in_use(row.area for row in rows), in_use(row.sector for row in rows)


def _row(session: Session, borrower_id: int) -> Borrower:
    row = session.get(Borrower, borrower_id)
    if row is None:
        raise NotFoundError("borrower_id")
    return row


def facts_of(row: Borrower) -> BorrowerFacts:
    """Give what a row knows."""
    return BorrowerFacts(**{name: getattr(row, name) for name in FIELDS})


def _last_change(session: Session, row: Borrower) -> tuple[datetime, str]:
    """Give when and by whom the borrower was changed last, or else added."""
    query = (
        select(AuditLine.recorded_at, User.name)
        .join(User, User.id == AuditLine.recorded_by)
        .where(AuditLine.object_type == "borrower", AuditLine.object_id == row.code)
        .order_by(AuditLine.id.desc())
        .limit(1)
    )
    found = session.execute(query).one_or_none()
    if found is not None:
        return found.recorded_at, found.name
    return row.recorded_at, session.get_one(User, row.recorded_by).name


def loans_of(session: Session, borrower_id: int, moment: Moment) -> tuple[LoanRow, ...]:
    """Give the borrower's loans, the latest signed first; contagion needs no others."""
    settings = load_settings(session, moment.known_at)
    found = standings(session, settings, moment, Loan.borrower_id == borrower_id)
    rows = rows_from(found, settings, moment, {})
    return tuple(sorted(rows, key=lambda row: row.facts.signed_on, reverse=True))


def _messages(session: Session, borrower_id: int) -> tuple[BorrowerMessage, ...]:
    query = (
        select(Message.id, Message.day, Message.channel, Message.state, Message.subject)
        .where(Message.borrower_id == borrower_id)
        .order_by(Message.id.desc())
        .limit(SHOWN)
    )
    return tuple(BorrowerMessage(**row) for row in session.execute(query).mappings())


def _papers(session: Session, borrower_id: int) -> tuple[BorrowerPaper, ...]:
    query = (
        select(
            Document.id,
            Document.kind,
            Document.number.label("paper"),
            func.coalesce(Dispatch.number, Document.number).label("number"),
            Loan.contract_number,
            Document.issued_at,
            STANDING.label("dispatch"),
        )
        .join(Loan, Loan.id == Document.loan_id)
        .outerjoin(Dispatch, Dispatch.document_id == Document.id)
        .outerjoin(Message, Message.id == Dispatch.message_id)
        .where(Loan.borrower_id == borrower_id)
        .order_by(Document.id.desc())
        .limit(SHOWN)
    )
    rows = session.execute(query).mappings().all()
    standings = paper_standings(session, [row["id"] for row in rows])
    return tuple(BorrowerPaper(**row, standing=standings[row["id"]]) for row in rows)


def in_use(values: Iterable[str | None]) -> tuple[str, ...]:
    """Give the values there are, in order."""
    return tuple(sorted({value for value in values if value}, key=sort_key))


def _digits(code: str | None) -> str:
    return fold(code or "").replace(" ", "")
