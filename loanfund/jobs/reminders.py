"""The daily reminders: plan what the rules ask for, borrower by borrower, then send."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

from sqlalchemy.orm import Session

from loanfund import failpoint
from loanfund.db import read_session
from loanfund.domain.errors import LoanFundError
from loanfund.domain.reminder import LAPSES_AFTER
from loanfund.jobs.outbox import drain, issuer_of
from loanfund.jobs.running import Work
from loanfund.models.borrower import Borrower
from loanfund.services.job import Report
from loanfund.services.message import release_messages
from loanfund.services.reminder import PlanReminders, plan_reminders
from loanfund.services.signing import notices_on_their_way, review_notice
from loanfund.store.job import last_slot
from loanfund.store.loan import LoadedLoan
from loanfund.store.message import Span, called, owing, waiting_borrowers
from loanfund.store.setting import load_settings

NAME = "reminders"
A_DAY = date.resolution


def reminders(work: Work) -> Report:
    """Plan every borrower's reminders of the slot and the days missed before it, and send."""
    report = Report()
    with work.sessions() as session:
        release_messages(session, "", work.clock)  # or what they carry would go out by itself
    _review(work, report)
    with read_session(work.sessions) as session:
        span = Span(_first_day(session, work.slot), work.slot)
        borrowers = _concerned(session, span, report)
    counts = dict.fromkeys(("planned", "lapsed", "suppressed"), 0)
    for number, borrower_id in enumerate(borrowers, start=1):
        asked = PlanReminders(
            borrower_id=borrower_id,
            first=span.first,
            day=span.day,
            has_mail=work.world.post is not None,
        )
        try:
            with work.sessions() as session:
                planned = plan_reminders(session, asked, work.clock)
        except LoanFundError as error:
            report.fail(_name(work, borrower_id), error)
        else:
            report.done += 1
            counts = {name: counts[name] + getattr(planned, name) for name in counts}
        work.progress(number, len(borrowers))
        failpoint.reach("between_items")
    report.result = {**counts, **asdict(drain(work.world))}
    return report


def _review(work: Work, report: Report) -> None:
    """Look once more at the notices that are on their way to be signed."""
    with read_session(work.sessions) as session:
        found = notices_on_their_way(session)
    for message_id in found:
        try:
            with work.sessions() as session:
                issuer = issuer_of(work.world, session)
                has_mail = work.world.post is not None
                review_notice(session, message_id, issuer, has_mail=has_mail)
        except LoanFundError as error:
            report.fail(str(message_id), error)


def _name(work: Work, borrower_id: int) -> str:
    with read_session(work.sessions) as session:
        return session.get_one(Borrower, borrower_id).name


def _first_day(session: Session, slot: date) -> date:
    """Give the first day whose rules are asked about: the day after the last run.

    Days that may still be sent are looked at again, for the sake of what failed on them; on
    the very first day nothing is made up for.
    """
    last = last_slot(session, NAME)
    if last is None:
        return slot
    return min(last + A_DAY, slot - LAPSES_AFTER)


def _concerned(session: Session, span: Span, report: Report) -> list[int]:
    """Give the borrowers about whom anything is to be done, by id."""

    def fail(loan: LoadedLoan, error: LoanFundError) -> None:
        report.fail(loan.contract_number, error)

    settings = load_settings(session)
    found = waiting_borrowers(session)
    for owed in owing(session, settings, span.day, on_error=fail):
        if called(session, settings, owed, span):
            found.add(owed.loan.borrower_id)
    return sorted(found)
