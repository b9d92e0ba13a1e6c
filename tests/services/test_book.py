"""The 2020 book comes in whole, once, and to the figures that are known of it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from types import FrameType
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, sessionmaker

from loanfund.clock import FixedClock
from loanfund.db import make_sessions
from loanfund.documents.workbook.reading import read_book
from loanfund.domain.book import (
    Book,
    CapitalMovementRecord,
    DisbursementRecord,
    Place,
    ReceiptRecord,
    Sheet,
)
from loanfund.domain.book_meaning import UnsaidSurplus
from loanfund.domain.book_problem import BookProblem, ProblemCode, WorkbookRefusedError
from loanfund.domain.errors import LoanFundError, PermissionDeniedError
from loanfund.domain.fold import fold
from loanfund.domain.money import Money
from loanfund.domain.permission import Actor, Role
from loanfund.domain.terms import Component, RepaymentMethod, Surplus
from loanfund.models.audit import AuditLine
from loanfund.models.capital import CapitalSource
from loanfund.models.loan import Loan, LoanEvent
from loanfund.models.proposal import Proposal
from loanfund.models.user import User
from loanfund.paths import DEMO_BOOK
from loanfund.services._book_import import ImportBook, ImportReport
from loanfund.services.book import bring_in_book, import_book
from loanfund.services.proposal import Decide, approve
from loanfund.services.reversal import Reverse, reverse
from loanfund.services.user import AddUser, add_user, command_line
from loanfund.store.user import as_actor
from loanfund.wording import explain
from tests.books import known_book
from tests.builders import Fund, a_fund
from tests.conftest import BOTH
from tests.services.derived import (
    as_known,
    contents,
    differences,
    loan_json,
    portfolio_on,
    sources_on,
    without_ids,
)
from tests.services.drafts import a_draft
from tests.services.refusal import refusal_of
from tests.statement_count import counting

pytestmark = pytest.mark.slow

TODAY = date(2020, 6, 1)
CLOCK = FixedClock(TODAY)
EXPECTED = known_book()
APPROVER = "duyet@quy.example.vn"
BOOK = read_book(DEMO_BOOK)
COUNTS = {
    "sources": 2,
    "movements": len(BOOK.movements),
    "borrowers": 74,
    "contracts": 94,
    "disbursements": len(BOOK.disbursements),
    "receipts": 1250,
    "reschedules": 4,
}


@dataclass(frozen=True, slots=True)
class FirstImport:
    """An empty book into which the workbook was imported, and what that took."""

    sessions: sessionmaker[Session]
    operator: Actor
    report: ImportReport
    statements: list[str]
    folds: list[tuple[str, ...]]


@pytest.fixture(scope="module", params=BOTH)
def first_import(request: pytest.FixtureRequest) -> Iterator[FirstImport]:
    """One transaction for all tests of this module; each takes back what it does."""
    engine: Engine = request.getfixturevalue(f"{request.param}_engine")
    with engine.connect() as connection, connection.begin() as outermost:
        sessions = make_sessions(connection, join_transaction_mode="create_savepoint")
        with sessions() as session:
            operator = command_line(session, now=CLOCK.now())
            with counting(engine) as statements, noting_folds() as folds:
                report = import_book(session, ImportBook(book=BOOK), operator, CLOCK)
            person = AddUser(email=APPROVER, name="Trần Bình", role=Role.MANAGER)
            add_user(session, person, operator, now=CLOCK.now())
            yield FirstImport(sessions, operator, report, list(statements), folds)
        outermost.rollback()


@pytest.fixture
def imported(first_import: FirstImport) -> Iterator[Session]:
    with first_import.sessions() as session:
        connection = session.connection()
        taken_back = connection.begin_nested()
        with make_sessions(connection, join_transaction_mode="create_savepoint")() as own:
            yield own
        taken_back.rollback()


@contextmanager
def noting_folds() -> Iterator[list[tuple[str, ...]]]:
    """Note the events of every history that is folded; nothing is replaced for it."""
    folded: list[tuple[str, ...]] = []

    def note(frame: FrameType, what: str, _argument: Any) -> None:
        if what == "call" and frame.f_code is fold.__code__:
            folded.append(tuple(event.id for event in frame.f_locals["history"].events))

    sys.setprofile(note)
    try:
        yield folded
    finally:
        sys.setprofile(None)


def brought_in(session: Session, book: Book, actor: Actor, **more: Any) -> ImportReport:
    """Import what a manager approved, as into any book that holds something."""
    manager = as_actor(session.scalars(select(User).where(User.email == APPROVER)).one())
    return import_book(session, ImportBook(book=book, **more), actor, CLOCK, manager)


def problems_of(session: Session, book: Book, actor: Actor) -> tuple[BookProblem, ...]:
    refusal = refusal_of(lambda: brought_in(session, book, actor))
    assert isinstance(refusal, WorkbookRefusedError)
    return refusal.problems


def reasons(problems: tuple[BookProblem, ...]) -> list[str]:
    errors = [problem.facts.get("error") for problem in problems]
    return [error.reason for error in errors if isinstance(error, LoanFundError)]


# The figures


@pytest.mark.parametrize("day", sorted(EXPECTED["figures"]))
def test_the_sources_stand_as_published(imported: Session, day: str) -> None:
    assert sources_on(imported, date.fromisoformat(day), TODAY) == EXPECTED["figures"][day]


@pytest.mark.parametrize("contract", sorted(EXPECTED["loans_at_2020_05_31"]))
def test_the_loans_stand_as_known(imported: Session, contract: str) -> None:
    expected = EXPECTED["loans_at_2020_05_31"][contract]

    assert as_known(imported, contract, date(2020, 5, 31)) == expected


def test_seventeen_loans_are_known() -> None:
    assert len(EXPECTED["loans_at_2020_05_31"]) == 17


def test_the_report_counts_what_the_workbook_holds(first_import: FirstImport) -> None:
    assert first_import.report.added == COUNTS
    assert sum(first_import.report.known.values()) == 0


def test_the_book_verifies(imported: Session) -> None:
    assert differences(imported, TODAY) == []


def test_the_import_is_one_line_of_the_audit_log_with_the_files_hash(
    imported: Session, first_import: FirstImport
) -> None:
    line = imported.scalars(select(AuditLine).where(AuditLine.action == "import_book")).one()

    assert (line.object_id, line.recorded_by) == (BOOK.sha256, first_import.operator.user_id)
    assert line.facts["added"] == COUNTS


def test_every_loan_is_folded_once_with_all_its_events(first_import: FirstImport) -> None:
    # Beside them only the quote of each contract is folded, which is one made-up event.
    folded = [events for events in first_import.folds if events not in {(), ("quote",)}]

    assert len(folded) == len({record.contract for record in BOOK.disbursements}) == 94
    recorded = len(BOOK.disbursements) + len(BOOK.receipts) + len(BOOK.reschedules)
    assert sum(len(events) for events in folded) == recorded


def test_no_statement_is_sent_per_record(first_import: FirstImport) -> None:
    # Sources and movements of capital, seven in all, are written one by one with their audit
    # lines, settings and ledger rows; 1.424 other records are not.
    assert len(first_import.statements) < 100


# Once more


def test_the_same_workbook_again_adds_nothing(
    imported: Session, first_import: FirstImport
) -> None:
    stands = contents(imported)

    report = brought_in(imported, BOOK, first_import.operator)

    assert sum(report.added.values()) == 0
    assert report.known == COUNTS
    assert contents(imported) == stands


def test_a_code_in_other_letters_is_the_one_that_the_book_has(
    imported: Session, first_import: FirstImport
) -> None:
    receipt, contract = BOOK.receipts[0], BOOK.contracts[0]
    typed = Book(
        receipts=(
            replace(receipt, number=receipt.number.lower(), contract=receipt.contract.lower()),
        ),
        contracts=(replace(contract, borrower=contract.borrower.lower()),),
    )

    report = brought_in(imported, typed, first_import.operator)

    assert sum(report.added.values()) == 0
    assert report.known == {"contracts": 1, "receipts": 1}


def changed(book: Book, kind: str, index: int, **values: Any) -> Book:
    """The book with one record of a kind said otherwise."""
    records = list(getattr(book, kind))
    records[index] = replace(records[index], **values)
    said: dict[str, Any] = {kind: tuple(records)}
    return replace(book, **said)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("sources", {"name": "Khác"}),
        ("borrowers", {"phone": "0204 1"}),
        ("contracts", {"term_months": 7}),
        ("disbursements", {"amount": Money(1)}),
        ("receipts", {"amount": Money(1)}),
        ("reschedules", {"decision": "khác"}),
    ],
)
def test_a_record_that_was_changed_is_a_conflict_at_its_row(
    imported: Session, first_import: FirstImport, kind: str, values: dict[str, Any]
) -> None:
    stands = contents(imported)
    book = changed(BOOK, kind, 1, **values)

    found = problems_of(imported, book, first_import.operator)

    place = getattr(BOOK, kind)[1].place
    assert [(one.code, one.sheet, one.row) for one in found] == [
        (ProblemCode.CONFLICT, place.sheet, place.row)
    ]
    assert contents(imported) == stands


def test_every_conflict_is_named_at_once(imported: Session, first_import: FirstImport) -> None:
    book = changed(changed(BOOK, "receipts", 3, amount=Money(1)), "borrowers", 5, name="X")

    found = problems_of(imported, book, first_import.operator)

    assert {(one.sheet, one.row) for one in found} == {
        (record.place.sheet, record.place.row)
        for record in (BOOK.receipts[3], BOOK.borrowers[5])
    }


def test_rows_left_out_are_no_deletion(imported: Session, first_import: FirstImport) -> None:
    stands = contents(imported)
    shorter = Book(receipts=BOOK.receipts[:10])

    report = brought_in(imported, shorter, first_import.operator)

    assert report.known == {"receipts": 10}
    assert contents(imported) == stands


def test_a_row_that_moved_in_its_sheet_is_the_same_record(
    imported: Session, first_import: FirstImport
) -> None:
    moved = changed(BOOK, "receipts", 0, place=Place(Sheet.RECEIPT, 9_999))

    assert brought_in(imported, moved, first_import.operator).added["receipts"] == 0


# Records that come later


def a_receipt(number: str = "PT-MOI-1", **said: Any) -> ReceiptRecord:
    known = ReceiptRecord(
        place=Place(Sheet.RECEIPT, 1_300),
        number=number,
        contract=LATE,
        value_date=date(2020, 5, 31),
        amount=Money(1_000_000),
    )
    return replace(known, **said)


LATE = "08/2019/HĐTD-QHTPT"  # 300 million; the interest of May is unpaid


def test_a_receipt_of_an_earlier_day_may_come_later(
    imported: Session, first_import: FirstImport
) -> None:
    """What was imported without a receipt and then with it is what one import makes."""
    before = without_ids(loan_json(imported, LATE, TODAY))
    late = a_receipt(value_date=date(2020, 3, 3), amount=Money(20_000_000))

    book = replace(BOOK, receipts=(*BOOK.receipts, late))
    report = brought_in(imported, book, first_import.operator, meant="Trả bớt gốc")

    after = without_ids(loan_json(imported, LATE, TODAY))
    assert (report.added["receipts"], report.known["receipts"]) == (1, 1250)
    assert after != before
    assert [row["amount"] for row in after["transactions"] if row["date"] == "2020-03-03"] == [
        20_000_000
    ]
    assert differences(imported, TODAY) == []


def test_what_was_reversed_in_the_program_is_not_added_again(
    imported: Session, first_import: FirstImport
) -> None:
    number = next(one.number for one in reversed(BOOK.receipts) if one.contract == LATE)
    event = imported.scalars(select(LoanEvent).where(LoanEvent.number == number)).one()
    undo = Reverse(contract_number=LATE, sequence=event.sequence, reason="Ghi nhầm")
    reverse(imported, undo, first_import.operator, CLOCK)
    after = loan_json(imported, LATE, TODAY)

    report = brought_in(imported, BOOK, first_import.operator)

    assert report.added["receipts"] == 0
    assert loan_json(imported, LATE, TODAY) == after
    assert differences(imported, TODAY) == []


def test_a_bad_record_among_good_ones_writes_nothing_and_is_named(
    imported: Session, first_import: FirstImport
) -> None:
    stands = contents(imported)
    closed = next(
        contract.number
        for contract in BOOK.contracts
        if loan_json(imported, contract.number, TODAY)["position"]["status"] == "closed"
    )
    good = a_receipt()
    amount = good.amount
    bad = a_receipt(
        "PT-MOI-2",
        contract=closed,
        split={Component.INTEREST: amount},
        place=Place(Sheet.RECEIPT, 1_301),
    )
    worse = a_receipt("PT-MOI-3", contract="00/0000", place=Place(Sheet.RECEIPT, 1_302))

    unknown = problems_of(imported, Book(receipts=(good, bad, worse)), first_import.operator)
    refused = problems_of(imported, Book(receipts=(good, bad)), first_import.operator)

    assert [(one.code, one.row) for one in unknown] == [  # in one go
        (ProblemCode.REFUSED, 1_301),
        (ProblemCode.UNKNOWN_CONTRACT, 1_302),
    ]
    assert [(one.code, one.row) for one in refused] == [(ProblemCode.REFUSED, 1_301)]
    assert reasons(refused) == ["closed"]
    assert contents(imported) == stands


def test_a_surplus_of_which_a_row_says_nothing_is_reported_with_its_amount(
    imported: Session, first_import: FirstImport
) -> None:
    """Of 300 millions at 6.6 % the month's 1,627,397 and 3,567 of late interest are due."""
    day, amount = date(2020, 6, 1), Money(1_627_397 + 3_567 + 2_000_000)
    silent = a_receipt(value_date=day, amount=amount)
    said = a_receipt(
        "PT-MOI-2", value_date=day, surplus=Surplus.PRINCIPAL, amount=Money(3_000_000)
    )

    report = brought_in(imported, Book(receipts=(silent, said)), first_import.operator)

    assert report.meaning.surpluses == (
        UnsaidSurplus("PT-MOI-1", LATE, Money(2_000_000), Surplus.CREDIT),
    )
    rows = loan_json(imported, LATE, TODAY)["transactions"][-2:]
    assert [(one["principal"], one["credit"]) for one in rows] == [
        (0, 2_000_000),
        (3_000_000, 0),
    ]


def test_a_day_after_the_business_date_is_named(
    imported: Session, first_import: FirstImport
) -> None:
    tomorrow = a_receipt(value_date=date(2020, 6, 2))

    found = problems_of(imported, Book(receipts=(tomorrow,)), first_import.operator)

    assert (found[0].row, reasons(found)) == (1_300, ["after_business_date"])


def test_a_draft_takes_no_receipt(imported: Session, first_import: FirstImport) -> None:
    fund = staffed(imported)
    source = imported.scalars(select(CapitalSource.code)).first()
    a_draft(fund, borrower_code=BOOK.borrowers[0].code, source_code=source)
    lent = DisbursementRecord(
        place=Place(Sheet.DISBURSEMENT, 7),
        contract="01/2020",
        number="KU-MOI",
        value_date=date(2020, 5, 1),
        amount=Money(5),
    )

    found = problems_of(imported, Book(disbursements=(lent,)), first_import.operator)

    assert (found[0].row, reasons(found)) == (7, ["contract_not_approved"])


def test_a_contract_that_cannot_be_disbursed_is_named(
    imported: Session, first_import: FirstImport
) -> None:
    contract = replace(
        BOOK.contracts[0],
        number="MOI/2020",
        repayment_method=RepaymentMethod.EQUAL_PRINCIPAL,
        principal_rounding=10**12,
    )

    found = problems_of(imported, Book(contracts=(contract,)), first_import.operator)

    assert [(one.code, one.row) for one in found] == [
        (ProblemCode.REFUSED, BOOK.contracts[0].place.row)
    ]


def a_movement(amount: int, day: date = TODAY) -> CapitalMovementRecord:
    return CapitalMovementRecord(
        place=Place(Sheet.MOVEMENT, 30),
        source="QVL",
        value_date=day,
        amount=Money(amount),
        contributor="UBND tỉnh",
    )


def test_a_withdrawal_of_what_is_lent_is_refused(
    imported: Session, first_import: FirstImport
) -> None:
    # 129 million of QVL are undisbursed.
    too_much = Book(movements=(a_movement(-129_000_001),))
    everything = Book(movements=(a_movement(-129_000_000),))

    found = problems_of(imported, too_much, first_import.operator)
    report = brought_in(imported, everything, first_import.operator)

    assert (found[0].sheet, found[0].row, reasons(found)) == (
        Sheet.MOVEMENT,
        30,
        ["capital_lacking"],
    )
    assert report.added["movements"] == 1
    assert portfolio_on(imported, TODAY, TODAY)["sources"][1]["undisbursed"] == 0


def test_capital_that_has_not_come_yet_is_refused(
    imported: Session, first_import: FirstImport
) -> None:
    later = Book(movements=(a_movement(5, date(2020, 6, 2)),))

    found = problems_of(imported, later, first_import.operator)

    assert (found[0].row, reasons(found)) == (30, ["after_business_date"])


def test_lending_beyond_the_capital_is_refused(
    imported: Session, first_import: FirstImport
) -> None:
    contract = next(one for one in BOOK.contracts if one.source == "QVL")
    huge = replace(
        contract, number="MOI/2020", amount=Money(129_000_001), signed_on=date(2020, 5, 1)
    )
    lent = DisbursementRecord(
        place=Place(Sheet.DISBURSEMENT, 99),
        contract="MOI/2020",
        number="KU-MOI",
        value_date=date(2020, 5, 1),
        amount=Money(129_000_001),
    )
    book = Book(contracts=(huge,), disbursements=(lent,))

    found = problems_of(imported, book, first_import.operator)

    assert (found[0].row, reasons(found)) == (99, ["capital_lacking"])
    error = found[0].facts["error"]
    assert isinstance(error, LoanFundError)
    assert "vượt vốn 1 đ" in explain(error, "vi").replace("\N{NO-BREAK SPACE}", " ")


# Dry runs and people


def test_a_dry_run_reports_what_the_real_run_does_and_leaves_everything(
    imported: Session, first_import: FirstImport
) -> None:
    stands = contents(imported)
    book = replace(BOOK, receipts=(*BOOK.receipts, a_receipt()))

    dry = brought_in(imported, book, first_import.operator, is_dry_run=True)
    left = contents(imported)
    real = brought_in(imported, book, first_import.operator)

    assert left == stands
    assert (dry.added, dry.known) == (real.added, real.known)
    assert (dry.is_dry_run, real.is_dry_run) == (True, False)
    assert contents(imported) != stands


def test_a_dry_run_refuses_what_the_real_run_refuses(
    imported: Session, first_import: FirstImport
) -> None:
    bad = Book(receipts=(a_receipt(value_date=date(2020, 6, 2)),))

    def refused(*, is_dry_run: bool) -> WorkbookRefusedError:
        refusal = refusal_of(
            lambda: brought_in(imported, bad, first_import.operator, is_dry_run=is_dry_run)
        )
        assert isinstance(refusal, WorkbookRefusedError)
        return refusal

    dry, real = refused(is_dry_run=True), refused(is_dry_run=False)

    assert [(one.code, one.row) for one in dry.problems] == [
        (one.code, one.row) for one in real.problems
    ]


def staffed(session: Session) -> Fund:
    return a_fund(session, CLOCK)


# Whose it is to fill a book


@pytest.mark.parametrize("role", ["officer", "accountant", "operator"])
def test_nobody_adds_to_a_book_that_holds_something_alone(
    imported: Session, first_import: FirstImport, role: str
) -> None:
    fund = staffed(imported)
    actor = first_import.operator if role == "operator" else getattr(fund, role)
    request = ImportBook(book=Book(receipts=(a_receipt(),)))

    refusal = refusal_of(lambda: import_book(imported, request, actor, CLOCK))

    assert isinstance(refusal, PermissionDeniedError)


@pytest.mark.parametrize("role", ["officer", "accountant", "operator"])
def test_a_workbook_waits_as_one_proposal_until_a_manager_approves(
    imported: Session, first_import: FirstImport, role: str
) -> None:
    fund = staffed(imported)
    actor = first_import.operator if role == "operator" else getattr(fund, role)
    book = replace(BOOK, receipts=(*BOOK.receipts, a_receipt()), sha256="f" * 64)
    request = ImportBook(book=book, file="thang-6.xlsx", meant="Trả bớt gốc")
    loans = loan_json(imported, LATE, TODAY)

    report = bring_in_book(imported, request, actor, CLOCK)
    waits = loan_json(imported, LATE, TODAY)
    assert report.proposal is not None
    decide = decision_on(imported, report.proposal)
    result = approve(imported, decide, fund.manager, CLOCK)

    assert waits == loans
    assert (report.added["receipts"], result["added"]["receipts"]) == (1, 1)
    event = imported.scalars(
        select(LoanEvent).where(LoanEvent.number == a_receipt().number)
    ).one()
    assert (event.recorded_by, event.approved_by) == (actor.user_id, fund.manager.user_id)
    assert differences(imported, TODAY) == []


def test_rows_that_add_nothing_need_nobody(imported: Session) -> None:
    fund = staffed(imported)
    stands = contents(imported)

    report = bring_in_book(imported, ImportBook(book=BOOK), fund.officer, CLOCK)

    assert (report.adds_nothing, report.proposal) == (True, None)
    assert contents(imported) == stands


def test_what_would_add_something_else_by_now_goes_back(
    imported: Session, first_import: FirstImport
) -> None:
    fund = staffed(imported)
    more = Book(receipts=(a_receipt(), replace(a_receipt(), number="PT-KHAC")))
    request = ImportBook(book=more, meant="Trả bớt gốc")
    waiting = bring_in_book(imported, request, fund.officer, CLOCK).proposal
    assert waiting is not None
    decide = decision_on(imported, waiting)
    one = Book(receipts=(a_receipt(),))
    brought_in(imported, one, first_import.operator, meant="Trả bớt gốc")

    result = approve(imported, decide, fund.manager, CLOCK)

    assert result == {"returned": "flipped"}
    assert differences(imported, TODAY) == []


def test_nobody_approves_what_they_brought(imported: Session) -> None:
    fund = staffed(imported)
    request = ImportBook(book=Book(receipts=(a_receipt(),)), meant="Trả bớt gốc")
    waiting = bring_in_book(imported, request, fund.officer, CLOCK).proposal
    assert waiting is not None
    decide = decision_on(imported, waiting)

    for actor in (fund.officer, fund.accountant, fund.admin, fund.auditor):
        refusal = refusal_of(lambda actor=actor: approve(imported, decide, actor, CLOCK))  # type: ignore[misc]
        assert isinstance(refusal, PermissionDeniedError)


def test_what_nobody_means_is_not_even_proposed(imported: Session) -> None:
    fund = staffed(imported)
    stands = contents(imported)

    refusal = refusal_of(
        lambda: bring_in_book(
            imported, ImportBook(book=with_receipt(16_309_640)), fund.officer, CLOCK
        )
    )

    assert isinstance(refusal, WorkbookRefusedError)
    assert contents(imported) == stands


def decision_on(session: Session, number: int) -> Decide:
    content = session.get_one(Proposal, number).payload_hash
    return Decide(proposal_id=number, payload_hash=content)


@pytest.mark.parametrize("role", ["manager", "admin", "auditor"])
def test_who_may_not_record_repayments_may_not_import(imported: Session, role: str) -> None:
    actor: Actor = getattr(staffed(imported), role)

    refusal = refusal_of(lambda: brought_in(imported, Book(receipts=(a_receipt(),)), actor))

    assert isinstance(refusal, PermissionDeniedError)


def test_contracts_of_the_workbook_count_as_approved(imported: Session) -> None:
    states = Counter(imported.scalars(select(Loan.state)))

    assert states == {"approved": 94}


# What nobody means


def with_receipt(dong: int, day: date = date(2020, 6, 1)) -> Book:
    """A receipt of a loan of which 1.627.397 đ are due since 24/05/2020, with 3.567 late."""
    receipt = replace(
        BOOK.receipts[0],
        number="PT-TO-CHECK",
        contract="08/2019/HĐTD-QHTPT",
        value_date=day,
        amount=Money(dong),
        split=None,
    )
    return Book(receipts=(receipt,))


@pytest.mark.parametrize("dong", [1_630_964, 3 * 1_630_964])
def test_a_receipt_of_a_few_times_what_is_due_is_not_asked_about(
    imported: Session, first_import: FirstImport, dong: int
) -> None:
    report = brought_in(imported, with_receipt(dong), first_import.operator)

    assert report.meaning.implausible == ()


def test_a_receipt_with_a_digit_too_many_is_asked_about(
    imported: Session, first_import: FirstImport
) -> None:
    stands = contents(imported)

    (problem,) = problems_of(imported, with_receipt(16_309_640), first_import.operator)

    assert (problem.code, problem.column) == (ProblemCode.IMPLAUSIBLY_LARGE, "Số tiền")
    assert problem.facts["due"] == Money(1_630_964)
    assert contents(imported) == stands


def test_the_settlement_amount_is_not_asked_about(
    imported: Session, first_import: FirstImport
) -> None:
    loan = loan_json(imported, "08/2019/HĐTD-QHTPT", date(2020, 6, 1))
    settlement = loan["position"]["settlement_amount"]

    report = brought_in(imported, with_receipt(settlement), first_import.operator)

    assert report.meaning.implausible == ()
    assert settlement > 3 * 1_630_964


def test_a_book_filled_in_rightly_is_not_asked_about(first_import: FirstImport) -> None:
    assert first_import.report.meaning.implausible == ()


def test_days_on_which_a_source_lends_more_than_it_has_are_shown(
    imported: Session, first_import: FirstImport
) -> None:
    code = BOOK.sources[0].code
    taken = [
        replace(
            BOOK.movements[0],
            value_date=date(2020, 5, day),
            amount=Money(sign * 2_000_000_000),
            contributor="Thử",
        )
        for day, sign in ((20, -1), (25, 1))
    ]
    stands = portfolio_on(imported, date(2020, 5, 22), TODAY)
    (own,) = [one for one in stands["sources"] if one["source"] == code]

    report = brought_in(imported, Book(movements=tuple(taken)), first_import.operator)

    (span,) = report.meaning.shortfalls[code]
    assert (span.first, span.last) == (date(2020, 5, 20), date(2020, 5, 24))
    assert span.most.dong >= 2_000_000_000 - own["undisbursed"]
