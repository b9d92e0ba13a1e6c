"""What a borrower is told on a day: mail and letter, from the dues of their loans."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.calendar import day_off_for
from loanfund.domain.letter import Letter, LoanPart
from loanfund.domain.setting import SettingBook
from loanfund.domain.statement_parts import Borrower
from loanfund.domain.transfer_note import transfer_note
from loanfund.models.borrower import Borrower as BorrowerRow
from loanfund.models.capital import CapitalSource
from loanfund.models.loan import Loan
from loanfund.store.message import Owing, holidays
from loanfund.store.paper import fund_profile


def letter(
    session: Session,
    settings: SettingBook,
    borrower: BorrowerRow,
    day: date,
    spoken: dict[int, tuple[Owing, set[date]]],
) -> Letter:
    """Give what a borrower is told: all that is due of these loans, and the coming dues named.

    A loan of which no due is named is told of where anything is to be paid.
    """
    closed_on = holidays(settings)
    parts = [
        (_part(session, owed, days, day, closed_on), days) for owed, days in spoken.values()
    ]
    return Letter(
        fund=fund_profile(settings, day),
        superior=settings.get("fund_superior", day),
        bank_account=settings.get("fund_bank_account", day),
        borrower=Borrower(
            name=borrower.name,
            tax_code=borrower.tax_code or "",
            address=borrower.address or "",
        ),
        day=day,
        loans=tuple(part for part, days in parts if days),
        beside=tuple(part for part, days in parts if not days and part.to_pay(day)),
    )


def _part(
    session: Session, owed: Owing, days: set[date], day: date, closed_on: frozenset[date]
) -> LoanPart:
    query = (
        select(Loan.signed_on, CapitalSource.name)
        .join(CapitalSource, CapitalSource.id == Loan.source_id)
        .where(Loan.id == owed.loan.id)
    )
    signed_on, source = session.execute(query).one()
    dues = [
        replace(one, off=day_off_for(one.due_date, day, closed_on))
        for one in owed.dues.dues
        if one.due_date <= day or one.due_date in days
    ]
    next_due, spoken = owed.dues.of(owed.dues.next_due_date), {one.due_date for one in dues}
    return LoanPart(
        contract_number=owed.loan.contract_number,
        contract_date=signed_on,
        source=source,
        dues=tuple(dues),
        penalties=owed.dues.penalties,
        penalty_a_day=owed.dues.penalty_a_day,
        overdue_rate=owed.dues.overdue_rate,
        principal_outstanding=owed.dues.principal_outstanding,
        transfer_note=transfer_note(owed.loan.contract_number),
        from_credit=owed.dues.from_credit,
        tolerance=owed.dues.tolerance,
        next_due=next_due if next_due and next_due.due_date not in spoken else None,
    )
