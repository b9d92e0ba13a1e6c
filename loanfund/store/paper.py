"""What papers print beside the fold: the fund's profile, names, vouchers, statements."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.errors import NotFoundError
from loanfund.domain.event import MoneyEvent, Reversal
from loanfund.domain.money import Money
from loanfund.domain.setting import SettingBook
from loanfund.domain.statement_parts import (
    Balances,
    Borrower,
    EarlierStatement,
    Fund,
    Head,
    Records,
    ReversedEvent,
    Signatory,
    Voucher,
)
from loanfund.models.borrower import Borrower as BorrowerRow
from loanfund.models.capital import CapitalSource
from loanfund.models.document import Document
from loanfund.models.loan import Loan
from loanfund.store.loan import LoadedLoan, RecordedEvent
from loanfund.wording import event_name

STATEMENT = "statement"


def fund_profile(settings: SettingBook, day: date) -> Fund:
    """Give the fund as its papers name it on a day."""
    return Fund(
        name=settings.get("fund_name", day),
        address=settings.get("fund_address", day),
        phone=settings.get("fund_phone", day),
        tax_code=settings.get("fund_tax_code", day),
        place=settings.get("fund_place", day),
        signatories=tuple(Signatory(**one) for one in settings.get("signatories", day)),
        objection_days=settings.get("objection_days", day),
    )


def loan_head(session: Session, loan_id: int, fund: Fund) -> Head:
    """Give what stands above the figures of a loan's paper."""
    found = loan_heads(session, [loan_id], fund)
    if loan_id not in found:
        raise NotFoundError("loan")
    return found[loan_id]


def loan_heads(session: Session, loan_ids: Collection[int], fund: Fund) -> dict[int, Head]:
    """Give the same of several loans, by loan, in one query."""
    query = (
        select(Loan, BorrowerRow, CapitalSource.name)
        .join(BorrowerRow, BorrowerRow.id == Loan.borrower_id)
        .join(CapitalSource, CapitalSource.id == Loan.source_id)
        .where(Loan.id.in_(loan_ids))
    )
    return {
        loan.id: _head(loan, borrower, source, fund)
        for loan, borrower, source in session.execute(query)
    }


def _head(loan: Loan, borrower: BorrowerRow, source: str, fund: Fund) -> Head:
    return Head(
        fund=fund,
        borrower=Borrower(
            name=borrower.name,
            tax_code=borrower.tax_code or "",
            address=borrower.address or "",
        ),
        contract_number=loan.contract_number,
        contract_date=loan.signed_on,
        source=source,
        purpose=loan.purpose or "",
    )


def statement_records(session: Session, loan: LoadedLoan, period_from: date | None) -> Records:
    """Give vouchers, reversed events and the statement of the period before, of one loan."""
    by_id = {one.event.id: one for one in loan.recorded}
    vouchers = {key: _voucher(one) for key, one in by_id.items()}
    return Records(
        vouchers=vouchers,
        reversed_events=tuple(reversed_events(loan.recorded)),
        earlier=_earlier(session, loan.id, period_from),
    )


def _voucher(one: RecordedEvent) -> Voucher:
    return Voucher(number=one.number or one.reference or "", note=one.note or "")


def reversed_events(recorded: list[RecordedEvent]) -> list[ReversedEvent]:
    """Give the movements of money that a reversal took back, with the reversal's number."""
    by_id = {one.event.id: one for one in recorded}
    found = []
    for reversal in recorded:
        target = by_id[reversal.event.of] if isinstance(reversal.event, Reversal) else None
        if target is None or not isinstance(target.event, MoneyEvent):
            continue
        found.append(
            ReversedEvent(
                event=target.event.id,
                type=target.type,
                value_date=target.event.value_date,
                amount=target.event.amount,
                voucher=_voucher(target),
                reversed_by=event_name(reversal.number, reversal.type, reversal.value_date),
            )
        )
    return found


def _earlier(
    session: Session, loan_id: int, period_from: date | None
) -> EarlierStatement | None:
    """Give the last statement issued for a period that ended the day before."""
    if period_from is None:
        return None
    query = (
        select(Document.number, Document.content)
        .where(
            Document.kind == STATEMENT,
            Document.loan_id == loan_id,
            Document.period_to == period_from - timedelta(days=1),
        )
        .order_by(Document.id.desc())
        .limit(1)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        return None
    closing = {name: Money(amount) for name, amount in found.content["closing"].items()}
    return EarlierStatement(number=found.number, closing=Balances(**closing))
