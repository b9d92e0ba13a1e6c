"""The one way in which a paper is issued: its code, content, file and SHA-256 are kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.domain.audit_chain import Head
from loanfund.domain.issue import Issue
from loanfund.domain.permission import Actor
from loanfund.models.document import Document
from loanfund.store.audit import write_audit
from loanfund.store.fingerprint import paper_hash

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 12  # 60 bits
Subject = tuple[str, str]  # whom an audit line is about: a type, and what names it


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What is kept of a paper beside its file; `subject` is whom the audit line names.

    `shown_number` is the one on the paper, where the book knows it by another.
    """

    kind: str
    loan_id: int | None
    period_from: date
    period_to: date
    content: dict[str, Any]
    subject: Subject
    shown_number: str = ""


def issue_of(number: str, actor: Actor, clock: Clock, audited: Head | None = None) -> Issue:
    """Give the issue of a paper that is made now, with a code that nobody can guess."""
    return Issue(
        number=number,
        code="".join(secrets.choice(CROCKFORD) for _ in range(CODE_LENGTH)),
        day=clock.today(),
        issued_at=clock.now(),
        issued_by=actor.name,
        made_by=actor.as_maker,
        audited=audited,
    )


@dataclass(frozen=True, slots=True)
class Made:
    """A paper with its issue and its file, ready to be kept."""

    paper: Paper
    issue: Issue
    file: bytes

    @property
    def sha256(self) -> str:
        """The fingerprint of the file."""
        return hashlib.sha256(self.file).hexdigest()


def keep_paper(
    session: Session, paper: Paper, issue: Issue, file: bytes, actor: Actor
) -> Document:
    """Add the paper and its audit line; the unit of work is the caller's."""
    made = Made(paper, issue, file)
    document = Document(**_columns(made, actor))
    session.add(document)
    shown = {"shown_number": paper.shown_number} if paper.shown_number else {}
    write_audit(
        session,
        at=issue.issued_at,
        actor=actor.user_id,
        action=f"issue_{paper.kind}",
        subject=paper.subject,
        facts={"number": issue.number, **shown, **_fingerprints(made)},
    )
    return document


def keep_papers(
    session: Session, papers: Sequence[Made], actor: Actor, *, action: str, subject: Subject
) -> int:
    """Add papers that one act issued, in their order, with one audit line for all of them.

    Gives the id of the last one.
    """
    session.execute(insert(Document), [_columns(one, actor) for one in papers])
    last = select(Document.id).where(Document.number == papers[-1].issue.number)
    write_audit(
        session,
        at=papers[-1].issue.issued_at,
        actor=actor.user_id,
        action=action,
        subject=subject,
        facts={"papers": [{"number": p.issue.number, **_fingerprints(p)} for p in papers]},
    )
    return session.execute(last).scalar_one()


def _fingerprints(made: Made) -> dict[str, str]:
    """Give what the log says of a paper: the fingerprints of its file and of what it states."""
    paper = {**asdict(made.paper), "code": made.issue.code}
    return {"sha256": made.sha256, "content": paper_hash(paper)}


def _columns(made: Made, actor: Actor) -> dict[str, Any]:
    paper, issue = made.paper, made.issue
    return {
        "kind": paper.kind,
        "number": issue.number,
        "code": issue.code,
        "loan_id": paper.loan_id,
        "period_from": paper.period_from,
        "period_to": paper.period_to,
        "known_at": issue.issued_at,
        "content": paper.content,
        "sha256": made.sha256,
        "file": made.file,
        "issued_at": issue.issued_at,
        "issued_by": actor.user_id,
    }
