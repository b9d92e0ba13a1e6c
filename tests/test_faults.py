"""Power cuts and cut lines: all of a change stands or nothing; asking again does it once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine, func, make_url, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from loanfund import failpoint
from loanfund.clock import FixedClock
from loanfund.db import make_engine, make_sessions
from loanfund.domain.book import (
    Book,
    ContractRecord,
    DisbursementRecord,
    Place,
    ReceiptRecord,
    Sheet,
)
from loanfund.domain.money import Money, Rate
from loanfund.domain.terms import RepaymentMethod
from loanfund.models.audit import AuditLine, RequestKey
from loanfund.models.collection_sheet import CollectionBatch, CollectionBatchRow
from loanfund.models.ledger import LedgerEntry
from loanfund.models.loan import Loan, LoanEvent
from loanfund.models.period import NumberSeries
from loanfund.services._book_import import ImportBook, ImportReport
from loanfund.services._loan_change import Recorded
from loanfund.services.book import import_book
from loanfund.services.reconcile import CHUNK, Report
from loanfund.services.user import command_line
from tests.builders import a_contract, a_loan, disbursed, repaid
from tests.failpoints import (
    KILLED,
    LOAN,
    PAID_ON,
    TODAY,
    TRANCHES,
    WORKS,
    Reaper,
    interest_run,
    person,
    reaper,
    repayment,
    sheet,
)
from tests.failpoints_proxy import cutting
from tests.services.at_once import at_once, refused
from tests.services.conftest import a_lender
from tests.services.derived import (
    AT_20_000_A_DAY,
    balances,
    contents,
    count_of,
    differences,
)

pytestmark = pytest.mark.slow

CLOCK = FixedClock(TODAY)


@pytest.fixture(scope="module")
def death() -> Iterator[Reaper]:
    with reaper() as running:
        yield running


@pytest.fixture
def sessions(own_engine: Engine) -> sessionmaker[Session]:
    """A book with a loan and a half-disbursed contract, where commits are real."""
    made = make_sessions(own_engine)
    with made() as session:
        fund = a_lender(session, CLOCK)
        a_loan(fund, **AT_20_000_A_DAY)
        a_contract(fund, TRANCHES, **AT_20_000_A_DAY)
        disbursed(fund, TRANCHES, date(2020, 1, 10), 60_000_000)
        repaid(fund, TRANCHES, PAID_ON, 100_000)
    return made


def everything(sessions: sessionmaker[Session]) -> dict[str, list[tuple[Any, ...]]]:
    with sessions() as session:
        return contents(session)


def test_in_a_normal_run_nobody_dies() -> None:
    failpoint.reach("after_key")


@pytest.mark.parametrize("place", ["after_key", "after_event", "after_ledger", "before_commit"])
def test_a_payment_that_dies_before_its_commit_leaves_nothing_and_is_paid_once_when_asked_again(
    sessions: sessionmaker[Session], own_database: str, death: Reaper, place: str
) -> None:
    before = everything(sessions)

    assert death.run("repayment", own_database, place) == [KILLED]

    assert everything(sessions) == before
    answer = repayment(sessions, CLOCK)
    assert isinstance(answer, Recorded)
    assert not answer.replayed
    assert_paid_once(sessions, answer)


def test_a_payment_that_dies_after_its_commit_stands_and_is_told_when_asked_again(
    sessions: sessionmaker[Session], own_database: str, death: Reaper
) -> None:
    assert death.run("repayment", own_database, "after_commit_before_reply") == [KILLED]

    answer = repayment(sessions, CLOCK)
    assert isinstance(answer, Recorded)
    assert answer.replayed
    assert_paid_once(sessions, answer)


def keys_like(session: Session, key: str) -> int:
    return session.scalar(select(func.count()).where(RequestKey.key == key)) or 0


def assert_paid_once(sessions: sessionmaker[Session], answer: Recorded) -> None:
    """Event, ledger, number, key and audit line are there, each once."""
    assert answer.result["receipt"] == "TTG-2020/000002"
    assert answer.result["allocation"]["interest"] == 620_000
    with sessions() as session:
        assert balances(session, LOAN, PAID_ON)["bank"] == 620_000 - 100_000_000
        assert session.get_one(NumberSeries, ("TTG", 2020)).last_number == 2
        assert keys_like(session, "k-repay") == 1
        events = select(func.count()).where(
            LoanEvent.type == "repayment", LoanEvent.idempotency_key == "k-repay"
        )
        lines = select(func.count()).where(
            AuditLine.action == "record_repayment", AuditLine.object_id == LOAN
        )
        assert (session.scalar(events), session.scalar(lines)) == (1, 1)
        assert differences(session, TODAY) == []


# `after_event` is where the first of two rows is appended and the second is not.
@pytest.mark.parametrize("place", ["after_event", "after_ledger", "after_commit_before_reply"])
def test_a_sheet_killed_in_the_middle_posts_nothing_and_once_when_sent_again(
    sessions: sessionmaker[Session], own_database: str, death: Reaper, place: str
) -> None:
    before = everything(sessions)
    is_committed = place == "after_commit_before_reply"

    assert death.run("sheet", own_database, place) == [KILLED]

    assert (everything(sessions) == before) is not is_committed
    answer = sheet(sessions, CLOCK)
    assert isinstance(answer, Recorded)
    assert answer.replayed is is_committed
    assert_sheet_once(sessions)


def test_a_sheet_sent_by_four_processes_at_once_is_posted_once(
    sessions: sessionmaker[Session], own_database: str, death: Reaper
) -> None:
    assert death.run("sheet", own_database, copies=4) == [0] * 4

    assert_sheet_once(sessions)


def assert_sheet_once(sessions: sessionmaker[Session]) -> None:
    """Two receipts, their ledger, one batch and one key."""
    with sessions() as session:
        numbers = select(LoanEvent.number).where(LoanEvent.value_date == PAID_ON)
        found = session.scalars(numbers.order_by(LoanEvent.id))
        assert list(found) == [f"TTG-2020/{number:06d}" for number in (1, 2, 3)]
        counts = [count_of(session, one) for one in (CollectionBatch, CollectionBatchRow)]
        assert counts == [1, 2]
        assert keys_like(session, "k-sheet") == 1
        assert balances(session, LOAN, PAID_ON)["bank"] == 620_000 - 100_000_000
        assert session.get_one(NumberSeries, ("TTG", 2020)).last_number == 3
        assert differences(session, TODAY) == []


OTHERS = [name for name in WORKS if name not in {"repayment", "interest_run"}]


@pytest.mark.parametrize("work", OTHERS)
def test_whatever_else_dies_before_its_commit_leaves_nothing(
    sessions: sessionmaker[Session], own_database: str, death: Reaper, work: str
) -> None:
    before = everything(sessions)

    assert death.run(work, own_database, "before_commit") == [KILLED]

    assert everything(sessions) == before


@pytest.mark.parametrize("work", ["disbursement", "reversal"])
def test_whatever_else_has_a_key_is_told_when_it_died_after_its_commit(
    sessions: sessionmaker[Session], own_database: str, death: Reaper, work: str
) -> None:
    assert death.run(work, own_database, "after_commit_before_reply") == [KILLED]
    stands = everything(sessions)

    again = WORKS[work](sessions, CLOCK)

    assert isinstance(again, Recorded)
    assert again.replayed
    assert everything(sessions) == stands


def test_an_import_that_died_after_its_commit_adds_nothing_when_repeated(
    sessions: sessionmaker[Session], own_database: str, death: Reaper
) -> None:
    assert death.run("receipts", own_database, "after_commit_before_reply") == [KILLED]
    stands = everything(sessions)

    again = WORKS["receipts"](sessions, CLOCK)

    assert isinstance(again, ImportReport)
    assert (again.added["receipts"], again.known["receipts"]) == (0, 2)
    assert everything(sessions) == stands


def test_four_processes_with_one_form_post_once(
    sessions: sessionmaker[Session], own_database: str, death: Reaper
) -> None:
    assert death.run("repayment", own_database, copies=4) == [0] * 4

    answer = repayment(sessions, CLOCK)
    assert isinstance(answer, Recorded)
    assert_paid_once(sessions, answer)


# The interest run

MANY = 2 * CHUNK + 30


@pytest.fixture
def large(sessions: sessionmaker[Session]) -> sessionmaker[Session]:
    """The same book with so many loans that a run takes three transactions."""
    january = FixedClock(date(2020, 1, 31))
    numbers = [f"{place:03d}/2019" for place in range(MANY)]
    with sessions() as session:
        operator = command_line(session, now=CLOCK.now())
        request = ImportBook(book=many_loans(numbers))
        import_book(session, request, operator, january, person(session, "manager"))
    return sessions


def many_loans(numbers: list[str]) -> Book:
    """Loans of a million at 7.3 %, which bear 200 đồng a day."""
    contracts = tuple(
        ContractRecord(
            place=Place(Sheet.CONTRACT, row),
            number=number,
            borrower="htx-dong-tam",
            source="QUY",
            signed_on=date(2020, 1, 10),
            amount=Money(1_000_000),
            annual_rate=Rate.percent("7.3"),
            term_months=12,
            repayment_method=RepaymentMethod.PRINCIPAL_AT_MATURITY,
        )
        for row, number in enumerate(numbers, start=2)
    )
    disbursements = tuple(
        DisbursementRecord(
            place=Place(Sheet.DISBURSEMENT, row),
            contract=number,
            number=f"KU{number}",
            value_date=date(2020, 1, 10),
            amount=Money(1_000_000),
        )
        for row, number in enumerate(numbers, start=2)
    )
    return Book(contracts=contracts, disbursements=disbursements)


def test_an_interest_run_killed_between_chunks_and_begun_again_is_like_one_that_was_not(
    large: sessionmaker[Session], own_database: str, death: Reaper
) -> None:
    assert death.run("interest_run", own_database, "between_chunks") == [KILLED]
    with large() as session:
        done = select(func.count()).where(Loan.reconciled_through == TODAY)
        assert session.scalar(done) == CHUNK

    report = interest_run(large, CLOCK)

    assert isinstance(report, Report)
    assert (report.done, report.failures) == (MANY + 2, [])
    assert_run_once(large)


def assert_run_once(sessions: sessionmaker[Session]) -> None:
    """Each loan has the seven rows of its five months, as worked by hand, and no other."""
    with sessions() as session:
        query = select(LedgerEntry).join(Loan, Loan.id == LedgerEntry.loan_id)
        rows = session.scalars(query.where(Loan.amount == Money(1_000_000)))
        found = Counter((row.value_date, row.debit, row.amount.dong) for row in rows)
        assert differences(session, TODAY) == []
    in_the_end = {
        (date(2020, 1, 10), "principal_in_term", 1_000_000),
        (date(2020, 2, 10), "interest_receivable", 31 * 200),
        (date(2020, 2, 29), "interest_income", 31 * 200),  # 19 days late: group 2
        (date(2020, 2, 29), "off_balance_interest", 31 * 200),
        (date(2020, 3, 10), "off_balance_interest", 29 * 200),
        (date(2020, 4, 10), "off_balance_interest", 31 * 200),
        (date(2020, 5, 10), "off_balance_interest", 30 * 200),
    }
    assert found == dict.fromkeys(in_the_end, MANY)


def test_two_interest_runs_at_once_have_the_effect_of_one(
    large: sessionmaker[Session], own_database: str, death: Reaper
) -> None:
    assert death.run("interest_run", own_database, copies=2) == [0, 0]

    assert_run_once(large)


def test_two_batches_that_name_the_same_loans_crosswise_both_go_through(
    large: sessionmaker[Session], own_engine: Engine
) -> None:
    numbers = [f"{place:03d}/2019" for place in range(MANY)]
    with large() as session:
        operator = command_line(session, now=CLOCK.now())

    def batch(prefix: str, contracts: list[str], session: Session) -> ImportReport:
        records = tuple(
            ReceiptRecord(
                place=Place(Sheet.RECEIPT, row),
                number=f"{prefix}{row}",
                contract=contract,
                value_date=PAID_ON,
                amount=Money(1_000),
            )
            for row, contract in enumerate(contracts, start=2)
        )
        request = ImportBook(book=Book(receipts=records))
        return import_book(session, request, operator, CLOCK, person(session, "manager"))

    works: list[Callable[[Session], ImportReport]] = [
        partial(batch, "A", numbers),
        partial(batch, "B", numbers[::-1]),
    ]
    outcomes = at_once(own_engine, works)

    assert refused(outcomes) == []
    with large() as session:
        paid = select(func.count()).where(LoanEvent.type == "repayment")
        assert session.scalar(paid) == 2 * MANY + 1
        assert differences(session, TODAY) == []


# The line to the server


@pytest.mark.parametrize("own_database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("is_committed", [False, True], ids=["before", "after"])
@pytest.mark.postgresql
def test_a_payment_whose_line_is_cut_at_its_commit_is_paid_once_when_asked_again(
    sessions: sessionmaker[Session], own_database: str, *, is_committed: bool
) -> None:
    with cutting(make_url(own_database), is_committed=is_committed) as address:
        engine = make_engine(address)
        with pytest.raises(DBAPIError):
            repayment(make_sessions(engine), CLOCK)
        engine.dispose()

    answer = repayment(sessions, CLOCK)

    assert isinstance(answer, Recorded)
    assert answer.replayed == is_committed
    assert_paid_once(sessions, answer)
