"""Write capital sources and movements; shared by their own services and the import."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy.orm import Session

from loanfund.domain.money import Money
from loanfund.domain.posting import Account, TransferKey
from loanfund.domain.setting import BEGINNING, OverdueMethod
from loanfund.domain.terms import DebtRuleSet
from loanfund.models.capital import CapitalMovement, CapitalSource
from loanfund.models.setting import Setting
from loanfund.services._booking import Booking
from loanfund.store.audit import write_audit
from loanfund.store.ledger import add_rows, ledger_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """A capital source; method and rule set become its settings from the beginning."""

    code: str
    name: str
    bears_risk: bool
    overdue_method: OverdueMethod = OverdueMethod.WHOLE_DEBT
    debt_rule_set: DebtRuleSet = DebtRuleSet.MFI


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveCapital:
    """A contribution, or with a negative amount a withdrawal."""

    source_code: str
    value_date: date
    amount: Money
    contributor: str
    note: str | None = None


def add_source(session: Session, facts: SourceFacts, booking: Booking) -> CapitalSource:
    """Write a new source with its first settings inside the caller's unit of work."""
    row = CapitalSource(
        code=facts.code,
        name=facts.name,
        bears_risk=facts.bears_risk,
        recorded_at=booking.at,
        recorded_by=booking.actor,
    )
    session.add(row)
    session.flush()
    values = {
        "overdue_method": facts.overdue_method.value,
        "debt_rule_set": facts.debt_rule_set.value,
    }
    for key, value in values.items():
        session.add(
            Setting(
                key=key,
                source_id=row.id,
                value=value,
                valid_from=BEGINNING,
                recorded_at=booking.at,
                recorded_by=booking.actor,
                approved_by=booking.approved_by,
            )
        )
    write_audit(
        session,
        at=booking.at,
        actor=booking.actor,
        action="create_source",
        subject=("capital_source", facts.code),
        facts=asdict(facts),
    )
    return row


def add_movement(
    session: Session,
    source: CapitalSource,
    request: MoveCapital,
    booking: Booking,
    *,
    reverses: int | None = None,
) -> CapitalMovement:
    """Write a movement and its transfer inside the caller's unit of work."""
    row = CapitalMovement(
        source_id=source.id,
        value_date=request.value_date,
        amount=request.amount,
        contributor=request.contributor,
        note=request.note,
        reverses=reverses,
        recorded_at=booking.at,
        recorded_by=booking.actor,
        approved_by=booking.approved_by,
    )
    session.add(row)
    session.flush()
    sides = (Account.BANK, Account.CAPITAL)
    debit, credit = sides if request.amount.dong > 0 else sides[::-1]
    key = TransferKey(f"capital:{row.id}", request.value_date, debit, credit)
    add_rows(session, ledger_rows(booking.posted(source.id), [(key, abs(request.amount.dong))]))
    facts = {"date": request.value_date.isoformat(), "amount": request.amount.dong}
    write_audit(
        session,
        at=booking.at,
        actor=booking.actor,
        action="move_capital",
        subject=("capital_source", source.code),
        facts={**facts, "contributor": request.contributor, "reverses": reverses},
    )
    return row
