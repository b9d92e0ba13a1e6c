"""What a cooperative is told, with figures worked by hand, and of whose loans (INV-29)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.account import LoanStatus
from loanfund.domain.errors import NotFoundError, PermissionDeniedError
from loanfund.domain.money import Money
from loanfund.domain.permission import Actor, Role
from loanfund.models.borrower import Borrower
from loanfund.models.document import Document
from loanfund.models.loan import Loan
from loanfund.queries._standing import Moment
from loanfund.queries.document import document_file
from loanfund.queries.how_to_pay import how_to_pay
from loanfund.queries.loan_page import known_loan
from loanfund.queries.portal import explained, own_loan, own_loans, own_papers
from loanfund.services.restructuring import Freeze, restructure
from loanfund.services.statement import IssueStatement, issue_statement
from tests.books import a_small_book
from tests.builders import Fund, a_borrower, a_contract, a_draft, a_loan, repaid
from tests.conftest import TODAY
from tests.statement_count import counting

NOW = Moment(TODAY)


@pytest.fixture
def book(session: Session, clock: FixedClock) -> Fund:
    return a_small_book(session, clock)


def of(fund: Fund, code: str) -> Actor:
    """Somebody of a cooperative, as the session says."""
    query = select(Borrower.id).where(Borrower.code == code)
    borrower_id = fund.session.scalars(query).one()
    return replace(fund.officer, role=Role.COOPERATIVE, borrower_id=borrower_id)


def test_who_pays_as_due_is_told_the_next_interest_and_its_days(book: Fund) -> None:
    """31 days × 100 million × 6 % / 365 = 509 589.04."""
    (loan,) = own_loans(book.session, of(book, "htx-an"), NOW).loans

    assert loan.place.principal_outstanding == Money(100_000_000)
    assert loan.to_pay.amount == Money(0)
    assert loan.coming is not None
    assert loan.coming.due_date == date(2020, 6, 10)
    assert (loan.coming.interest, loan.coming.days) == (Money(509_589), 31)
    (charge,) = loan.coming.charges
    assert [line.amount for line in charge.lines] == ["509589.04"]
    assert loan.transfer_note == "Tra no HD 01/2020/HDTD"


def test_who_is_late_is_told_everything_that_should_be_paid_by_now(book: Fund) -> None:
    """Principal, three months of interest, and 47 days of it at 9 % since the term ended."""
    interest = 1_019_178 + 953_425 + 1_019_178
    penalties = 1_479_452 + 838_356  # 30 days charged on 15/05, 17 days since
    actor = of(book, "hop-tac-xa-anh-duong")

    (loan,) = own_loans(book.session, actor, NOW).loans

    assert loan.to_pay.amount == Money(200_000_000 + interest + penalties)
    assert loan.place.days_past_due == 107
    assert loan.coming is None
    lines = explained(book.session, actor, loan.id, NOW)
    assert [one.amount.dong for one in lines.accrued if one.amount] == [838_356]
    assert lines.payments == ()


def test_what_was_paid_is_listed_with_its_split(book: Fund) -> None:
    actor = of(book, "htx-dang")
    (loan,) = own_loans(book.session, actor, NOW).loans

    late, first = explained(book.session, actor, loan.id, NOW).payments

    assert (first.value_date, first.amount) == (date(2020, 4, 5), Money(10_611_507))
    assert first.split
    assert (first.split.principal, first.split.interest) == (Money(10_000_000), Money(611_507))
    assert first.split.left == Money(110_000_000)
    assert late.split
    assert late.split.principal + late.split.interest + late.split.penalties == late.amount


def test_running_loans_come_before_those_paid_off(book: Fund) -> None:
    a_loan(book, "90/2019", borrower="htx-an", signed_on=date(2019, 3, 1), term_months=1)
    repaid(book, "90/2019", date(2019, 4, 1), 100_509_589)
    a_contract(book, "04/2020", borrower="htx-an")

    found = own_loans(book.session, of(book, "htx-an"), NOW)

    assert found.borrower == "HTX An"
    assert [one.place.status for one in found.loans] == [
        LoanStatus.ACTIVE,
        LoanStatus.APPROVED,
        LoanStatus.CLOSED,
    ]
    assert found.loans[-1].paid_off_on == date(2019, 4, 1)


def test_money_after_a_settlement_does_not_move_its_day(book: Fund) -> None:
    a_loan(book, "90/2019", borrower="htx-an", signed_on=date(2019, 3, 1), term_months=1)
    for day, amount in ((date(2019, 4, 1), 100_509_589), (TODAY, 500_000)):
        repaid(book, "90/2019", day, amount)

    (found,) = [
        one
        for one in own_loans(book.session, of(book, "htx-an"), NOW).loans
        if one.place.status is LoanStatus.CLOSED
    ]

    assert (found.paid_off_on, found.place.credit) == (date(2019, 4, 1), Money(500_000))


def test_a_draft_is_the_fund_s_own_business(book: Fund) -> None:
    actor = of(book, "htx-an")
    before = own_loans(book.session, actor, NOW).loans
    number = a_draft(book, "04/2020", borrower="htx-an", signed_on=date(2020, 5, 20))
    query = select(Loan.id).where(Loan.contract_number == number)
    draft = book.session.scalars(query).one()

    assert own_loans(book.session, actor, NOW).loans == before
    with pytest.raises(NotFoundError):
        own_loan(book.session, actor, draft, TODAY)


def test_the_number_of_questions_does_not_grow_with_the_loans(
    book: Fund, engine: Engine
) -> None:
    actor = of(book, "htx-an")
    with counting(engine) as one:
        own_loans(book.session, actor, NOW)
    for number in range(3):
        a_loan(book, f"1{number}/2020", borrower="htx-an")

    with counting(engine) as four:
        own_loans(book.session, actor, NOW)

    assert len(four) == len(one)


def test_everything_is_seen_by_its_owner_and_staff_and_by_nobody_else(book: Fund) -> None:
    """Every person with every loan and paper, on every path that finds one."""
    session = book.session
    numbers = session.scalars(select(Loan.contract_number).order_by(Loan.id)).all()
    for number in numbers:
        asked = IssueStatement(contract_number=number)
        issue_statement(session, asked, book.officer, book.clock, lambda *_: b"%PDF")
    papers = {row.loan_id: row.number for row in session.scalars(select(Document))}
    codes = session.scalars(select(Borrower.code).order_by(Borrower.id)).all()
    people = [*(of(book, code) for code in codes), book.officer, book.auditor]

    for actor, loan in product(people, session.scalars(select(Loan)).all()):
        visible = actor.role is not Role.COOPERATIVE or loan.borrower_id == actor.borrower_id
        assert found(lambda a=actor, n=loan.id: known_loan(session, n, a)) is visible
        paper = papers[loan.id]
        assert found(lambda a=actor, n=paper: document_file(session, n, a)) is visible
        assert bool(own_papers(session, actor, loan.id)) is visible
        if actor.role is Role.COOPERATIVE:
            assert found(lambda a=actor, n=loan.id: own_loan(session, a, n, TODAY)) is visible
            asked = IssueStatement(contract_number=loan.contract_number)
            assert (
                found(
                    lambda a=actor, r=asked: issue_statement(
                        session, r, a, book.clock, lambda *_: b"%PDF"
                    )
                )
                is visible
            )


def found(look: object) -> bool:
    """Say whether somebody finds what they look for."""
    assert callable(look)
    try:
        look()
    except NotFoundError:
        return False
    return True


def test_a_cooperative_s_user_of_no_cooperative_sees_nothing(book: Fund) -> None:
    """No default borrower, ever (D-36)."""
    nobody = replace(book.officer, role=Role.COOPERATIVE)

    with pytest.raises(NotFoundError):
        own_loans(book.session, nobody, NOW)
    with pytest.raises(PermissionDeniedError):
        own_loans(book.session, book.admin, NOW)


def test_a_cooperative_without_loans_and_a_fund_without_an_account_show_none(
    book: Fund,
) -> None:
    code = a_borrower(book, "HTX Mới")

    assert own_loans(book.session, of(book, code), NOW).loans == ()
    owner = of(book, "htx-an")
    (loan,) = own_loans(book.session, owner, NOW).loans
    assert how_to_pay(book.session, owner, loan.id, TODAY, TODAY).account is None


def test_what_a_freeze_moved_forward_keeps_its_kind_in_the_settlement(
    book: Fund, clock: FixedClock
) -> None:
    """The same loan before and after: freezing it moves days, and no đồng from kind to kind."""
    owner = of(book, "hop-tac-xa-anh-duong")
    (loan,) = own_loans(book.session, owner, NOW).loans

    def settled() -> dict[str, Money]:
        sums = how_to_pay(book.session, owner, loan.id, TODAY, TODAY).sums
        return dict(next(one for one in sums if one.name == "all").parts)

    before = settled()
    freeze = Freeze(
        contract_number=loan.contract_number, value_date=TODAY, until=date(2020, 9, 1)
    )
    restructure(book.session, freeze, book.officer, clock, book.manager)

    assert before["overdue_interest"] == Money(1_479_452 + 838_356)
    assert settled() == before
