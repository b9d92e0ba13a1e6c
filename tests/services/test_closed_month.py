"""What happens after a month was closed is booked in an open one, whatever its value date."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from loanfund.clock import FixedClock
from loanfund.domain.book import (
    Book,
    DisbursementRecord,
    Place,
    ReceiptRecord,
    RescheduleRecord,
    Sheet,
)
from loanfund.domain.errors import ConflictError, InvalidInputError, PermissionDeniedError
from loanfund.domain.event import RescheduleKind
from loanfund.domain.money import Money, Rate
from loanfund.domain.permission import Action
from loanfund.domain.terms import Component, PlannedInstalment
from loanfund.models.capital import CapitalMovement
from loanfund.models.ledger import LedgerEntry
from loanfund.models.loan import LoanEvent
from loanfund.services._book_import import ImportBook
from loanfund.services._capital import MoveCapital, UndoCapital
from loanfund.services._setting import SetSetting
from loanfund.services.book import import_book
from loanfund.services.capital import move_capital, reverse_movement
from loanfund.services.collection_sheet import PostSheet, SheetRow, post_sheet
from loanfund.services.disbursement import Disburse, disburse
from loanfund.services.reconcile import reconcile_all
from loanfund.services.repayment import Recover, Refund, Repay, recover, refund_credit, repay
from loanfund.services.restructuring import (
    Amend,
    ChangeRate,
    Freeze,
    Reschedule,
    Restructuring,
    WaiveInterest,
    WriteOff,
    restructure,
)
from loanfund.services.reversal import Correct, Reverse, reverse
from loanfund.services.setting import set_setting
from tests.builders import FOUNDED, Fund, a_contract, a_loan, disbursed, repaid
from tests.prepared import prepared
from tests.services.conftest import a_lender
from tests.services.derived import AT_20_000_A_DAY, AccountsByDay, accounts_by_day, verified
from tests.services.months import closed, on
from tests.services.refusal import refusal_of

LOAN, TRANCHES, LOST, CREDITED = "01/2020", "02/2020", "03/2020", "04/2020"
MARCH, APRIL = date(2020, 3, 15), date(2020, 4, 30)
TODAY = date(2020, 6, 1)


@pytest.fixture
@prepared
def closed_fund(session: Session, clock: FixedClock) -> Fund:
    """Loans with a past, and the books closed through April."""
    fund = a_lender(session, clock)
    a_loan(fund, **AT_20_000_A_DAY)
    repaid(fund, LOAN, date(2020, 2, 10), 620_000)
    repaid(fund, LOAN, date(2020, 5, 20), 600_000)
    a_contract(fund, TRANCHES, **AT_20_000_A_DAY)
    disbursed(fund, TRANCHES, date(2020, 1, 10), 60_000_000)
    a_loan(fund, LOST, **AT_20_000_A_DAY)
    decided(fund, WriteOff(contract_number=LOST, value_date=date(2020, 3, 1)))
    a_loan(fund, CREDITED, **AT_20_000_A_DAY)
    repaid(fund, CREDITED, date(2020, 2, 10), 50_000_000)
    closed(fund, APRIL)
    return fund


def decided(fund: Fund, request: Restructuring) -> object:
    return restructure(fund.session, request, fund.officer, fund.clock, fund.manager)


def payment(fund: Fund) -> object:
    return repaid(fund, LOAN, MARCH, 1_000_000)


def split_payment(fund: Fund) -> object:
    request = Repay(
        contract_number=LOAN,
        value_date=MARCH,
        amount=Money(5),
        split={Component.PRINCIPAL: Money(5)},
    )
    return repay(fund.session, request, fund.officer, fund.clock, fund.manager)


def sheet(fund: Fund) -> object:
    paid = Repay(contract_number=LOAN, value_date=MARCH, amount=Money(1_000_000))
    request = PostSheet(
        month=MARCH.replace(day=1), source=None, rows=(SheetRow(1, paid),), key="k"
    )
    return post_sheet(fund.session, request, fund.officer, fund.clock)


def tranche(fund: Fund) -> object:
    return disbursed(fund, TRANCHES, MARCH, 10_000_000)


def recovery(fund: Fund) -> object:
    request = Recover(contract_number=LOST, value_date=MARCH, amount=Money(5))
    return recover(fund.session, request, fund.officer, fund.clock)


def refund(fund: Fund) -> object:
    request = Refund(contract_number=CREDITED, value_date=MARCH, amount=Money(5))
    return refund_credit(fund.session, request, fund.officer, fund.clock, fund.manager)


def reversal(fund: Fund) -> object:
    request = Reverse(contract_number=LOAN, sequence=2, reason="Ghi nhầm")
    return reverse(fund.session, request, fund.officer, fund.clock, fund.manager)


def correction(fund: Fund) -> object:
    right = Repay(contract_number=LOAN, value_date=MARCH, amount=Money(7))
    request = Correct(sequence=2, repayment=right, reason="Ghi nhầm")
    return reverse(fund.session, request, fund.officer, fund.clock, fund.manager)


def rate_change(fund: Fund) -> object:
    rate = Rate.percent("3.65")
    return decided(fund, ChangeRate(contract_number=LOAN, value_date=MARCH, annual_rate=rate))


def extension(fund: Fund) -> object:
    plan = (PlannedInstalment(date(2021, 6, 10), Money(100_000_000)),)
    kind = RescheduleKind.EXTEND
    # In group 2 from that day, its interest of April is no longer on the balance sheet.
    request = Reschedule(contract_number=CREDITED, value_date=MARCH, kind=kind, plan=plan)
    return decided(fund, request)


def freeze(fund: Fund) -> object:
    until = date(2020, 4, 15)
    return decided(fund, Freeze(contract_number=LOAN, value_date=MARCH, until=until))


def waiver(fund: Fund) -> object:
    amount = Money(1_000)
    return decided(fund, WaiveInterest(contract_number=LOAN, value_date=MARCH, amount=amount))


def write_off(fund: Fund) -> object:
    return decided(fund, WriteOff(contract_number=TRANCHES, value_date=MARCH))


def amendment(fund: Fund) -> object:
    return decided(fund, Amend(contract_number=LOAN, terms={"annual_rate": "3.65"}))


def contribution(fund: Fund) -> object:
    request = MoveCapital(
        source_code="QUY", value_date=MARCH, amount=Money(5), contributor="UBND tỉnh"
    )
    return move_capital(fund.session, request, fund.accountant, fund.clock, fund.manager)


def contribution_taken_back(fund: Fund) -> object:
    given = contribution(on(fund, TODAY))
    assert isinstance(given, CapitalMovement)
    return reverse_movement(
        fund.session,
        UndoCapital(movement_id=given.id),
        fund.accountant,
        fund.clock,
        fund.manager,
    )


def imported(fund: Fund, **records: Any) -> object:
    request = ImportBook(book=Book(**records))
    return import_book(fund.session, request, fund.officer, fund.clock, fund.manager)


def imported_receipt(fund: Fund) -> object:
    record = ReceiptRecord(
        place=Place(Sheet.RECEIPT, 2),
        number="PT7",
        contract=LOAN,
        value_date=MARCH,
        amount=Money(1_000_000),
    )
    return imported(fund, receipts=(record,))


def imported_tranche(fund: Fund) -> object:
    record = DisbursementRecord(
        place=Place(Sheet.DISBURSEMENT, 2),
        number="KU7",
        contract=TRANCHES,
        value_date=MARCH,
        amount=Money(1_000_000),
    )
    return imported(fund, disbursements=(record,))


def imported_extension(fund: Fund) -> object:
    record = RescheduleRecord(
        place=Place(Sheet.RESCHEDULE, 2),
        contract=CREDITED,
        value_date=MARCH,
        kind=RescheduleKind.EXTEND,
        decision="12/QĐ",
        plan=(PlannedInstalment(date(2021, 6, 10), Money(100_000_000)),),
    )
    return imported(fund, reschedules=(record,))


PATHS = (
    payment,
    split_payment,
    sheet,
    tranche,
    recovery,
    refund,
    reversal,
    correction,
    rate_change,
    extension,
    freeze,
    waiver,
    write_off,
    amendment,
    contribution,
    contribution_taken_back,
    imported_receipt,
    imported_tranche,
    imported_extension,
)


def of_closed_months(sums: AccountsByDay) -> AccountsByDay:
    return {key: change for key, change in sums.items() if key[1] <= APRIL}


@pytest.mark.parametrize("act", PATHS, ids=lambda act: act.__name__)
def test_nothing_is_booked_in_a_closed_month_on_any_path(
    closed_fund: Fund, act: Callable[[Fund], object]
) -> None:
    session = closed_fund.session
    last = session.scalars(select(LedgerEntry.id).order_by(LedgerEntry.id.desc())).first()
    booked = of_closed_months(accounts_by_day(session, LedgerEntry.booking_date))

    act(closed_fund)

    rows = session.scalars(select(LedgerEntry).where(LedgerEntry.id > last)).all()
    backdated = [row for row in rows if row.value_date <= APRIL]
    assert backdated, "the act moved nothing in the closed month, so it proves nothing"
    assert {row.booking_date for row in backdated} == {TODAY}
    assert all(row.booking_date == row.value_date for row in rows if row.value_date > APRIL)
    assert of_closed_months(accounts_by_day(session, LedgerEntry.booking_date)) == booked
    assert verified(closed_fund) == []


def test_every_way_to_book_is_among_the_paths() -> None:
    """Whoever adds an action that books on a loan or a source adds its path here."""
    booking = {
        Action.RECORD_REPAYMENT: payment,
        Action.RECORD_GIVEN_SPLIT: split_payment,
        Action.RECORD_RECOVERY: recovery,
        Action.REFUND_CREDIT: refund,
        Action.REVERSE: reversal,
        Action.REVERSE_IN_CLOSED_MONTH: correction,
        Action.DISBURSE: tranche,
        Action.RESCHEDULE: extension,
        Action.CHANGE_RATE: rate_change,
        Action.FREEZE: freeze,
        Action.WAIVE: waiver,
        Action.WRITE_OFF: write_off,
        Action.AMEND: amendment,
        Action.MOVE_CAPITAL: contribution,
        Action.RECORD_COLLECTION_SHEET: sheet,
        Action.IMPORT_BOOK: imported_receipt,
    }
    silent = {
        Action.SEE_LOANS,
        Action.SEE_REPORTS,
        Action.KEEP_BORROWER,
        Action.INVITE_BORROWER,
        Action.DRAFT_CONTRACT,
        Action.APPROVE_CONTRACT,
        Action.CLOSE_MONTH,
        Action.CHANGE_SETTINGS,
        Action.MANAGE_USERS,
        Action.GIVE_ROLE,
        Action.CONFIRM_USER,
        Action.GIVE_LINK,
        Action.TURN_OFF_FACTOR,
        Action.PAUSE_REMINDERS,
        Action.RUN_JOBS,
        Action.HOLD_REMINDERS,
        Action.ISSUE_PAPERS,
        Action.APPROVE_NOTICE,
        Action.SIGN_NOTICE,
        Action.READ_AUDIT,
        Action.VERIFY,
    }

    assert set(Action) == booking.keys() | silent
    assert set(booking.values()) <= set(PATHS)


def test_a_month_closes_only_after_the_interest_run(
    fund: Fund, sessions: sessionmaker[Session]
) -> None:
    """The loan was lent in January and nobody ran anything before the close of April."""
    a_loan(on(fund, date(2020, 1, 10)), **AT_20_000_A_DAY)

    with pytest.raises(ConflictError, match="not_reconciled"):
        closed(fund, APRIL)

    reconcile_all(sessions, APRIL, fund.accountant, fund.clock)
    closed(fund, APRIL)
    rows = fund.session.scalars(select(LedgerEntry).where(LedgerEntry.cause.like("charge:%")))
    assert [(row.value_date, row.booking_date) for row in rows] == [
        (date(2020, 2, 10), date(2020, 2, 10)),
        (date(2020, 3, 10), date(2020, 3, 10)),
        (date(2020, 4, 10), date(2020, 4, 10)),
    ]
    assert verified(fund) == []


def test_even_a_clock_set_back_books_nothing_in_a_closed_month(closed_fund: Fund) -> None:
    april = on(closed_fund, date(2020, 4, 20))

    repaid(april, LOAN, date(2020, 4, 18), 1_000)

    number = "TTG-2020/000004"
    event = closed_fund.session.scalars(select(LoanEvent.id).where(LoanEvent.number == number))
    rows = closed_fund.session.scalars(
        select(LedgerEntry.booking_date).where(LedgerEntry.event_id == event.one())
    )
    assert set(rows) == {date(2020, 5, 1)}


# Who may


def test_a_reversal_in_a_closed_month_needs_another_person(closed_fund: Fund) -> None:
    request = Reverse(contract_number=LOAN, sequence=2, reason="Ghi nhầm")

    refusal = refusal_of(
        lambda: reverse(closed_fund.session, request, closed_fund.officer, closed_fund.clock)
    )

    assert isinstance(refusal, PermissionDeniedError)
    assert refusal.facts["action"] == "reverse_in_closed_month"


def test_a_reversal_in_the_open_month_does_not(closed_fund: Fund) -> None:
    request = Reverse(contract_number=LOAN, sequence=3, reason="Ghi nhầm")

    answer = reverse(closed_fund.session, request, closed_fund.accountant, closed_fund.clock)

    assert answer.result["event"] == 4


def test_a_correction_that_moves_a_payment_into_a_closed_month_needs_another_person(
    closed_fund: Fund,
) -> None:
    right = Repay(contract_number=LOAN, value_date=MARCH, amount=Money(600_000))
    request = Correct(sequence=3, repayment=right, reason="Sai ngày")

    def correct(*approver: Any) -> object:
        return reverse(
            closed_fund.session, request, closed_fund.officer, closed_fund.clock, *approver
        )

    refusal = refusal_of(correct)
    correct(closed_fund.manager)

    assert isinstance(refusal, PermissionDeniedError)
    assert refusal.facts["action"] == "reverse_in_closed_month"


def test_a_backdated_payment_needs_nobody_else(closed_fund: Fund) -> None:
    request = Repay(contract_number=LOAN, value_date=MARCH, amount=Money(1_000))

    assert repay(closed_fund.session, request, closed_fund.officer, closed_fund.clock).result


def test_capital_moved_on_a_closed_day_is_booked_today(closed_fund: Fund) -> None:
    contribution(closed_fund)

    row = closed_fund.session.scalars(
        select(LedgerEntry).where(LedgerEntry.loan_id.is_(None)).order_by(LedgerEntry.id.desc())
    ).first()
    assert row is not None
    assert (row.debit, row.credit, row.amount) == ("bank", "capital", Money(5))
    assert (row.value_date, row.booking_date) == (MARCH, TODAY)


def test_a_first_loan_may_lie_in_a_closed_month(closed_fund: Fund) -> None:
    a_contract(closed_fund, "05/2020")
    request = Disburse(contract_number="05/2020", value_date=MARCH, amount=Money(5_000_000))

    disburse(
        closed_fund.session,
        request,
        closed_fund.officer,
        closed_fund.clock,
        closed_fund.manager,
    )

    assert verified(closed_fund) == []


# Settings


def setting_refused(fund: Fund, key: str, value: Any, day: date, **more: Any) -> str | None:
    request = SetSetting(key=key, value=value, valid_from=day, **more)
    try:
        set_setting(fund.session, request, fund.accountant, fund.clock, fund.manager)
    except InvalidInputError as refusal:
        return refusal.reason
    return None


@pytest.mark.parametrize(
    ("key", "value"), [("debt_rule_set", "bank"), ("overdue_method", "transferred_part")]
)
def test_a_setting_that_would_move_a_closed_month_is_refused(
    closed_fund: Fund, key: str, value: str
) -> None:
    source = {"source_code": "QUY"}

    assert (
        setting_refused(closed_fund, key, value, APRIL, **source) == "setting_in_closed_month"
    )
    assert setting_refused(closed_fund, key, value, date(2020, 5, 1), **source) is None


def test_a_holiday_of_a_closed_month_is_refused_from_whatever_day_the_list_holds(
    closed_fund: Fund,
) -> None:
    """The list that holds today moves the due dates of all days (rules §3)."""
    may, april = "2020-05-07", "2020-04-02"

    assert setting_refused(closed_fund, "holidays", [may], TODAY) is None
    assert setting_refused(closed_fund, "holidays", [april, may], TODAY) == (
        "setting_in_closed_month"
    )


def test_a_list_that_keeps_its_holidays_of_closed_months_may_grow(fund: Fund) -> None:
    april = "2020-04-02"
    assert setting_refused(fund, "holidays", [april], date(2020, 1, 1)) is None
    closed(fund, APRIL)

    assert setting_refused(fund, "holidays", [], TODAY) == "setting_in_closed_month"
    assert setting_refused(fund, "holidays", [april, "2020-09-02"], TODAY) is None


def test_a_setting_that_moves_no_figure_may_be_said_of_any_day(closed_fund: Fund) -> None:
    assert setting_refused(closed_fund, "fund_name", "Quỹ HTX", FOUNDED) is None
