"""Look once more at what a message is about, before it goes: what is left to say, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.domain.letter import Letter
from loanfund.domain.reminder import Kind, Rule, is_lapsed, parse_rules
from loanfund.domain.setting import SettingBook
from loanfund.models.borrower import Borrower
from loanfund.models.message import Message
from loanfund.models.reminder import Reminder
from loanfund.services._message import close_emptied, reminders_of
from loanfund.store.letter import letter
from loanfund.store.message import Owing, owing, paused_borrowers, settle
from loanfund.store.setting import load_settings

PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Seen:
    """How things stand at a moment: what loans owe, by their ids, and who is not reminded."""

    settings: SettingBook
    day: date
    now: datetime
    owed: Mapping[int, Owing]
    paused: Collection[int]


@dataclass(frozen=True, slots=True)
class LeftToSay:
    """What a message still says; `noticed` are the loans for which a rule asks for a notice."""

    told: Letter
    noticed: Mapping[str, Owing]  # by contract number


def see(session: Session, borrower_ids: Collection[int], clock: Clock) -> Seen:
    """Look at the loans of some borrowers as they stand now."""
    settings, day = load_settings(session), clock.today()
    found = {one.loan.id: one for one in owing(session, settings, day, borrower_ids)}
    return Seen(settings, day, clock.now(), found, paused_borrowers(session, day))


def left_to_say(
    session: Session,
    message: Message,
    borrower: Borrower,
    seen: Seen,
    goes_until: date | None = None,
) -> LeftToSay | None:
    """Settle what need not be said any more; None, and the message closed, where nothing is.

    A reminder lapses by the day of its rule, that of a notice to be signed after `goes_until`.
    """
    of_borrower = [one for one in seen.owed.values() if one.loan.borrower_id == borrower.id]
    told: dict[int, tuple[Owing, set[date]]] = {
        one.loan.id: (one, set()) for one in of_borrower
    }
    noticed = {}
    for one in reminders_of(session, message.id):
        owed = seen.owed.get(one.loan_id)
        reason = PAUSED if borrower.id in seen.paused else _needless(one, owed)
        if seen.day > goes_until if goes_until else is_lapsed(one.send_on, seen.day):
            settle(one, "lapsed", seen.now)
        elif reason is not None:
            settle(one, "suppressed", seen.now, reason)
        elif owed is not None:
            told[one.loan_id][1].add(one.due_date)
            if message.for_signature or _asks_for_notice(seen, owed, one):
                noticed[owed.loan.contract_number] = owed
    if not any(days for _, days in told.values()):
        close_emptied(session, [message.id], seen.now)
        return None
    return LeftToSay(letter(session, seen.settings, borrower, seen.day, told), noticed)


def _asks_for_notice(seen: Seen, owed: Owing, reminder: Reminder) -> bool:
    if reminder.asked_by is not None:
        return True
    rules = seen.settings.get("reminder_rules", seen.day, owed.loan.source_id)
    return Rule(reminder.rule, Kind.NOTICE) in parse_rules(rules)


def _needless(reminder: Reminder, owed: Owing | None) -> str | None:
    """Give why a reminder need not be sent any more."""
    if owed is None:
        return "settled"
    if owed.dues.version != reminder.schedule_version:
        return "schedule_changed"
    return "paid" if owed.dues.of(reminder.due_date) is None else None
