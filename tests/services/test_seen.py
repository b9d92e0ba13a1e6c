"""What is approved is what was seen: of every act that is proposed, tried for the kind.

What days or other people's payments move is shown then and now, and stops nobody; a check that
answers otherwise, or another subject than was seen, sends it back with both pictures.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import Clock, FixedClock
from loanfund.domain.book import Book
from loanfund.domain.errors import ConflictError
from loanfund.domain.event import RescheduleKind
from loanfund.domain.money import Money, Rate
from loanfund.domain.permission import TABLE, Action, Grant, Role
from loanfund.domain.proposal import FLIPPED, MOVED, REFUSED, UNSEEN, makers_of
from loanfund.domain.seen import CHECKS, Check, Compared
from loanfund.domain.terms import Component, PlannedInstalment
from loanfund.models.ledger import LedgerEntry
from loanfund.models.loan import Loan, LoanEvent
from loanfund.models.proposal import Proposal
from loanfund.models.user import SecondFactor, User
from loanfund.queries.change import change_picture
from loanfund.queries.proposal import proposal_page
from loanfund.services import _proposable
from loanfund.services._book_import import ImportBook
from loanfund.services._capital import MoveCapital
from loanfund.services._closing import table_fingerprint
from loanfund.services._person import GiveRole
from loanfund.services._proposable import Proposed
from loanfund.services._setting import SetSetting
from loanfund.services.book import bring_in_book, import_book
from loanfund.services.capital import move_capital
from loanfund.services.disbursement import Disburse
from loanfund.services.job import Begin, Report, begin_run, finish_run
from loanfund.services.period import would_lock
from loanfund.services.proposal import (
    Decide,
    Propose,
    approve,
    compare_proposal,
    preview_proposal,
    propose,
)
from loanfund.services.reconcile import reconcile_loan
from loanfund.services.repayment import Refund, Repay
from loanfund.services.restructuring import (
    Amend,
    ChangeRate,
    Freeze,
    Reschedule,
    WaiveInterest,
    WriteOff,
)
from loanfund.services.reversal import Reverse
from loanfund.services.setting import set_setting
from loanfund.wording import LANGUAGES
from tests.builders import Fund, a_borrower, a_contract, a_loan, a_source, repaid
from tests.prepared import prepared
from tests.services.before import alter, of_before
from tests.services.conftest import a_lender
from tests.services.drafts import a_draft
from tests.services.months import closed, on
from tests.services.refusal import refusal_of
from tests.web.test_proposal_import import BOOK

LENT, CREDITED, OTHER = "01/2020", "03/2020", "09/2020"  # OTHER is another borrower's
MAY, DAY, TODAY = date(2020, 5, 31), date(2020, 5, 20), date(2020, 6, 1)
LATER = date(2020, 7, 5)  # OTHER's first interest fell due on 20 June
OF_DAYS = {"to_pay", "settlement", "days_past_due"}


@pytest.fixture
def fund(session: Session, clock: FixedClock) -> Fund:
    return a_busy_book(session, clock)


@prepared
def a_busy_book(session: Session, clock: Clock) -> Fund:
    """Loans late, with credit, not lent yet, and one of another borrower that is on time."""
    fund = a_lender(session, clock)
    a_borrower(fund, "HTX An")
    a_loan(fund, LENT)
    a_contract(fund, "02/2020")
    reconcile_loan(fund.session, "02/2020", TODAY, fund.accountant, fund.clock)
    a_loan(fund, CREDITED, signed_on=date(2020, 5, 1), surplus="credit")
    repaid(fund, CREDITED, date(2020, 5, 10), 1_000_000)
    a_loan(
        fund, OTHER, borrower="htx-an", signed_on=DAY, amount=500_000_000, surplus="principal"
    )
    return fund


# What is proposed


def changing(asked: Any) -> Callable[[Fund], int]:
    return lambda fund: proposed(fund, _proposable.loan_change(asked.change()))


def proposed(fund: Fund, asked: Proposed, maker: str = "officer") -> int:
    return propose(fund.session, Propose(proposed=asked), getattr(fund, maker), fund.clock)


def reversing(fund: Fund) -> int:
    closed(fund, MAY)
    return changing(Reverse(contract_number=CREDITED, sequence=2, reason="Nhầm"))(fund)


def contracting(fund: Fund) -> int:
    draft = a_draft(fund, contract_number="04/2020", borrower_code="htx-an")
    return proposed(fund, _proposable.contract("04/2020", draft.version, {"annual_rate": "6"}))


def taking(fund: Fund) -> int:
    taken = MoveCapital(
        source_code="QUY", value_date=TODAY, amount=Money(-100_000_000), contributor="UBND"
    )
    return proposed(fund, _proposable.capital_movement(taken), "accountant")


def closing(fund: Fund) -> int:
    verified(fund, failed=0)
    shown = table_fingerprint(would_lock(fund.session, MAY))
    return proposed(fund, _proposable.closing(MAY, shown), "accountant")


def verified(fund: Fund, failed: int, slot: date = TODAY) -> None:
    run = begin_run(fund.session, Begin(job="verify", slot=slot, runner="test"), fund.clock)
    assert run is not None
    finish_run(fund.session, run, Report(done=3, failed=failed), fund.clock)


def setting(fund: Fund) -> int:
    value = SetSetting(key="fund_phone", value="0204 3555 000", valid_from=DAY)
    return proposed(fund, _proposable.settings((value,)), "accountant")


def promoting(fund: Fund) -> int:
    wanted = GiveRole(
        email=fund.officer.email, name="Lê An", role="accountant", was=Role.OFFICER.value
    )
    return proposed(fund, _proposable.role_change(wanted, fund.admin), "admin")


def linking(fund: Fund) -> int:
    return proposed(fund, _proposable.link_for(fund.officer.email), "admin")


def unlocking(fund: Fund) -> int:
    user = fund.session.get_one(User, fund.officer.user_id)
    user.factor = SecondFactor(secret="x", enrolled_at=fund.clock.now(), last_step=0)
    fund.session.commit()
    return proposed(fund, _proposable.factor_off(fund.officer.email, "Mất máy"), "admin")


def importing(fund: Fund) -> int:
    found = bring_in_book(fund.session, ImportBook(book=BOOK), fund.officer, fund.clock)
    assert found.proposal is not None
    return found.proposal


# What moves figures


def days(fund: Fund) -> Fund:
    return on(fund, LATER)


def a_payment(fund: Fund) -> Fund:
    repaid(fund, OTHER, TODAY, 50_000_000)
    return fund


def nothing(fund: Fund) -> Fund:
    return fund


# What sends back


def month_closed(fund: Fund) -> Fund:
    closed(fund, MAY)
    return fund


def loan_moved(contract: str) -> Callable[[Fund], Fund]:
    def move(fund: Fund) -> Fund:
        repaid(fund, contract, TODAY, 10_000)
        return fund

    return move


def money_gone(fund: Fund) -> Fund:
    taken = MoveCapital(
        source_code="QUY", value_date=TODAY, amount=Money(-250_000_000), contributor="UBND"
    )
    move_capital(fund.session, taken, fund.accountant, fund.clock, fund.manager)
    return fund


def found_wrong(fund: Fund) -> Fund:
    verified(fund, failed=1, slot=date(2020, 6, 2))
    return fund


def set_otherwise(fund: Fund) -> Fund:
    value = SetSetting(key="fund_phone", value="0240 3555 999", valid_from=DAY)
    set_setting(fund.session, value, fund.accountant, fund.clock, fund.manager)
    return fund


def role_given(fund: Fund) -> Fund:
    fund.session.get_one(User, fund.officer.user_id).role = Role.AUDITOR.value
    fund.session.commit()
    return fund


def disabled(fund: Fund) -> Fund:
    fund.session.get_one(User, fund.officer.user_id).disabled_at = fund.clock.now()
    fund.session.commit()
    return fund


def factor_gone(fund: Fund) -> Fund:
    fund.session.delete(fund.session.get_one(SecondFactor, fund.officer.user_id))
    fund.session.commit()
    fund.session.expire_all()
    return fund


def rows_known(fund: Fund) -> Fund:
    some = Book(borrowers=BOOK.borrowers)
    import_book(fund.session, ImportBook(book=some), fund.officer, fund.clock, fund.manager)
    return fund


@dataclass(frozen=True)
class Case:
    """An act: what proposes it, what moves which figures, what sends it back and why."""

    propose: Callable[[Fund], int]
    moves: Callable[[Fund], Fund]
    figures: set[str]
    back: Callable[[Fund], Fund]
    flips: Check | None = None


WAIVED = WaiveInterest(contract_number=LENT, value_date=DAY, amount=Money(100_000))
PLAN = (PlannedInstalment(date(2021, 6, 10), Money(100_000_000)),)
LONGER = Reschedule(contract_number=LENT, value_date=DAY, kind=RescheduleKind.EXTEND, plan=PLAN)
GIVEN = Repay(
    contract_number=LENT,
    value_date=DAY,
    amount=Money(1_000_000),
    split={Component.INTEREST: Money(1_000_000)},
)
DEARER = ChangeRate(contract_number=LENT, value_date=DAY, annual_rate=Rate.percent("7.2"))
FROZEN = Freeze(contract_number=LENT, value_date=DAY, until=date(2020, 12, 10))
GIVEN_BACK = Refund(contract_number=CREDITED, value_date=DAY, amount=Money(500_000))
LENDING = Disburse(contract_number="02/2020", value_date=TODAY, amount=Money(100_000_000))
LEFT = {"source_left", "source_left_after"}
OPEN = (month_closed, Check.OPEN_MONTH)

CASES: dict[Action, Case] = {
    Action.DISBURSE: Case(changing(LENDING), a_payment, LEFT, money_gone, Check.SOURCE_HAS),
    Action.RESCHEDULE: Case(changing(LONGER), days, OF_DAYS, *OPEN),
    Action.CHANGE_RATE: Case(changing(DEARER), days, OF_DAYS, *OPEN),
    Action.FREEZE: Case(changing(FROZEN), days, OF_DAYS, *OPEN),
    Action.WAIVE: Case(changing(WAIVED), days, OF_DAYS, *OPEN),
    Action.WRITE_OFF: Case(
        changing(WriteOff(contract_number=LENT, value_date=DAY)), days, OF_DAYS, *OPEN
    ),
    Action.AMEND: Case(
        changing(Amend(contract_number=LENT, terms={"annual_rate": "7.2"})),
        days,
        OF_DAYS,
        loan_moved(LENT),
    ),
    Action.REFUND_CREDIT: Case(changing(GIVEN_BACK), days, {"settlement"}, *OPEN),
    Action.RECORD_GIVEN_SPLIT: Case(changing(GIVEN), days, OF_DAYS, *OPEN),
    Action.REVERSE_IN_CLOSED_MONTH: Case(reversing, days, {"settlement"}, loan_moved(CREDITED)),
    Action.APPROVE_CONTRACT: Case(
        contracting, a_payment, LEFT | {"other_outstanding"}, days, Check.ON_TIME
    ),
    Action.MOVE_CAPITAL: Case(taking, a_payment, LEFT, money_gone, Check.SOURCE_HAS),
    Action.CLOSE_MONTH: Case(closing, a_payment, set(), found_wrong, Check.VERIFIED),
    Action.CHANGE_SETTINGS: Case(setting, days, set(), *OPEN),
    Action.GIVE_ROLE: Case(promoting, days, set(), role_given),
    Action.GIVE_LINK: Case(linking, days, set(), disabled, Check.POSSIBLE),
    Action.TURN_OFF_FACTOR: Case(unlocking, days, set(), factor_gone, Check.POSSIBLE),
    Action.IMPORT_BOOK: Case(importing, a_payment, {"events"}, rows_known, Check.ROWS_NEW),
}
each = pytest.mark.parametrize("action", CASES, ids=lambda action: action.value)


def decision(fund: Fund, number: int) -> Decide:
    fund.session.expire_all()
    shown = fund.session.get_one(Proposal, number).payload_hash
    return Decide(proposal_id=number, payload_hash=shown)


def beside(fund: Fund, number: int) -> Compared:
    return compare_proposal(fund.session, number, fund.clock)


def moved_names(found: Compared) -> set[str]:
    return {row.name for row in found.rows if row.has_moved}


def decided(fund: Fund, number: int) -> dict[str, Any]:
    return approve(fund.session, decision(fund, number), fund.manager, fund.clock)


def test_every_act_that_is_proposed_has_its_checks_and_its_case() -> None:
    acts = {
        action
        for action in TABLE
        if makers_of(action) and any(one is Grant.APPROVES for one in TABLE[action].values())
    }

    assert set(CHECKS) == acts
    assert set(CASES) == acts


@each
def test_what_days_and_payments_move_is_shown_then_and_now_and_stops_nobody(
    fund: Fund, action: Action
) -> None:
    case = CASES[action]
    number = case.propose(fund)
    assert moved_names(beside(fund, number)) == set()
    after = case.moves(fund)

    found = beside(after, number)
    assert case.figures <= moved_names(found)
    assert not found.sends_back
    assert "returned" not in decided(after, number)
    kept = fund.session.get_one(Proposal, number)
    assert kept.state == "approved"
    assert moved_names(beside(after, number)) >= case.figures  # both stay on file


@each
def test_a_check_that_flips_or_another_subject_sends_it_back_with_both_pictures(
    fund: Fund, action: Action
) -> None:
    case = CASES[action]
    number = case.propose(fund)
    events = len(fund.session.scalars(select(LoanEvent.id)).all())
    after = case.back(fund)
    added = len(fund.session.scalars(select(LoanEvent.id)).all()) - events

    shown = beside(after, number)
    result = decided(after, number)

    assert result == {"returned": FLIPPED if case.flips else MOVED}
    row = fund.session.get_one(Proposal, number)
    assert (row.state, row.reason) == ("returned", result["returned"])
    kept = beside(after, number)
    if case.flips:
        assert case.flips in shown.flipped
        assert case.flips in kept.flipped
    assert moved_names(kept) == moved_names(shown)
    assert len(fund.session.scalars(select(LoanEvent.id)).all()) - events == added


@pytest.mark.parametrize(
    "action",
    [one for one in CASES if one is not Action.CLOSE_MONTH],
    ids=lambda action: action.value,
)
def test_no_refusal_of_carrying_out_is_an_accident(fund: Fund, action: Action) -> None:
    """Nothing was seen of one of before, so that no check stops it: carrying out refuses.

    A close that nobody saw is never carried out.
    """
    case = CASES[action]
    number = case.propose(fund)
    of_before(fund, number)
    after = case.back(fund)

    result = decided(after, number)

    row = fund.session.get_one(Proposal, number)
    assert row.state == ("returned" if "returned" in result else "approved")
    assert (result == {"returned": REFUSED}) == (action in REFUSING)
    if action in REFUSING:
        assert row.reason == REFUSED
        assert all(row.result["refused"][language] for language in LANGUAGES)


REFUSING = {  # the money is gone, the account disabled, the factor off
    Action.DISBURSE,
    Action.MOVE_CAPITAL,
    Action.GIVE_LINK,
    Action.TURN_OFF_FACTOR,
}


@each
def test_what_was_decided_never_shows_other_figures(fund: Fund, action: Action) -> None:
    number = CASES[action].propose(fund)
    shown = figures_of(fund, number)

    assert "returned" not in decided(fund, number)
    assert figures_of(fund, number) == shown
    more = MoveCapital(
        source_code="QUY", value_date=TODAY, amount=Money(70_000_000), contributor="UBND"
    )
    move_capital(fund.session, more, fund.accountant, fund.clock, fund.manager)
    a_payment(fund)
    assert figures_of(on(fund, LATER), number) == shown


def figures_of(fund: Fund, number: int) -> tuple[Any, ...]:
    """Everything that a proposal's page says in figures."""
    fund.session.expire_all()
    found = beside(fund, number)
    seen = preview_proposal(fund.session, number, fund.clock, as_shown=True)
    picture = change_picture(seen.plan, seen.closed_through) if seen else None
    lines = proposal_page(fund.session, number, fund.manager).lines
    return lines, found.rows, found.checks, found.locked, found.locked_now, picture


def test_a_payment_into_the_month_sends_a_close_back_and_names_its_loan(fund: Fund) -> None:
    """Of interest only: no principal moves, no group, and still it is another position."""
    number = closing(fund)
    repaid(fund, LENT, date(2020, 5, 25), 100_000)

    shown = beside(fund, number)
    result = decided(fund, number)

    assert [one.contract for one in shown.loans] == [LENT]
    (moved,) = shown.loans
    assert moved.then is not None
    assert moved.now is not None
    assert moved.then.interest - moved.now.interest == Money(100_000)
    assert moved.then.principal == moved.now.principal
    assert result == {"returned": MOVED}
    assert shown.locked_now not in {None, shown.locked}
    repaid(fund, LENT, date(2020, 5, 26), 100_000)  # what comes later changes neither picture
    kept = beside(fund, number)
    assert (kept.loans, kept.locked) == (shown.loans, shown.locked)
    assert kept.locked_now == shown.locked_now


def test_no_close_is_proposed_on_another_table_than_was_shown(fund: Fund) -> None:
    verified(fund, failed=0)
    shown = table_fingerprint(would_lock(fund.session, MAY))
    repaid(fund, LENT, date(2020, 5, 25), 100_000)

    for seen in (shown, ""):
        asked = _proposable.closing(MAY, seen)
        refusal = refusal_of(partial(proposed, fund, asked, "accountant"))
        assert (type(refusal), refusal.reason) == (ConflictError, "stale_table")
    assert fund.session.scalars(select(Proposal)).all() == []


@pytest.mark.parametrize("part", ["day", "checks", "figures", "locked"])
def test_what_was_seen_cannot_be_written_anew(fund: Fund, part: str) -> None:
    number = closing(fund) if part == "locked" else changing(LENDING)(fund)
    shown = decision(fund, number)
    seen = deepcopy(fund.session.get_one(Proposal, number).seen)
    assert seen is not None
    if part == "day":
        seen["day"] = "2020-05-01"
    elif part == "checks":
        seen["checks"]["source_has"] = False
    elif part == "figures":
        seen["figures"][0]["value"] = {"money": 1}
    else:
        seen["locked"]["loans"][0][3] += 1
    alter(fund, number, {"seen": seen})

    refusal = refusal_of(lambda: approve(fund.session, shown, fund.manager, fund.clock))

    assert (type(refusal), refusal.reason) == (ConflictError, "proposal_changed")


def test_one_of_before_is_decided_as_things_stand(fund: Fund) -> None:
    number = changing(LENDING)(fund)
    of_before(fund, number)
    a_payment(fund)

    found = beside(fund, number)

    assert moved_names(found) == set()
    assert {row.name for row in found.rows} >= LEFT
    assert decided(fund, number)["event"]


def test_no_month_is_closed_of_which_nobody_saw_the_table(fund: Fund) -> None:
    number = closing(fund)
    of_before(fund, number)

    assert decided(fund, number) == {"returned": UNSEEN}


def test_another_setting_approved_meanwhile_is_another_proposal(fund: Fund) -> None:
    number = setting(fund)
    set_otherwise(fund)

    found = beside(fund, number)

    assert [(row.then, row.now) for row in found.rows] == [("", "0240 3555 999")]
    assert decided(fund, number) == {"returned": MOVED}


def figures(fund: Fund, number: int) -> dict[str, Any]:
    return {row.name: row.now for row in beside(fund, number).rows}


def standing(fund: Fund, account: str, day: date) -> int:
    """What stands to the credit of an account of LENT, summed from the rows themselves."""
    rows = fund.session.scalars(
        select(LedgerEntry)
        .join(Loan, Loan.id == LedgerEntry.loan_id)
        .where(Loan.contract_number == LENT, LedgerEntry.value_date <= day)
    ).all()
    signs = {row: (row.credit == account) - (row.debit == account) for row in rows}
    return sum(row.amount.dong * sign for row, sign in signs.items())


def test_the_file_of_a_write_off_says_what_it_does_to_the_provision(fund: Fund) -> None:
    """111 days late in May: group 4, half is set aside; June's close charges the other half."""
    closed(fund, MAY)
    number = changing(WriteOff(contract_number=LENT, value_date=TODAY))(fund)

    told = figures(fund, number)

    assert told["provision_group"] == 4  # whose provision is for group 5 only
    assert told["provision_held"] == Money(standing(fund, "specific_provision", MAY))
    assert (told["provision_held"], told["provision_used"], told["provision_missing"]) == (
        Money(50_000_000),
        Money(100_000_000),
        Money(50_000_000),
    )
    decided(fund, number)
    assert figures(fund, number)["provision_held"] == Money(50_000_000)  # as it was decided
    assert standing(fund, "specific_provision", TODAY) == -50_000_000
    july = on(fund, date(2020, 7, 1))
    for one in fund.session.scalars(select(Loan.contract_number)).all():
        reconcile_loan(fund.session, one, date(2020, 6, 30), fund.accountant, july.clock)
    closed(july, date(2020, 6, 30))
    assert standing(fund, "specific_provision", date(2020, 6, 30)) == 0


def test_the_file_of_a_write_off_of_entrusted_capital_uses_no_provision(fund: Fund) -> None:
    a_source(fund, "UT", bears_risk=False)
    a_loan(fund, "71/2020", source="UT")
    lost = WriteOff(contract_number="71/2020", value_date=TODAY)

    told = figures(fund, changing(lost)(fund))

    assert told["loss_of_capital"] == Money(100_000_000)
    assert not {name for name in told if name.startswith("provision")}
