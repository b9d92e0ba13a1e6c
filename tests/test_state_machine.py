"""Random lives of a fund through its services, and what must hold after every step of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from time import monotonic
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.db import make_sessions
from loanfund.domain.account import Position
from loanfund.domain.calendar import month_end
from loanfund.domain.codec import dump_terms
from loanfund.domain.errors import LoanFundError
from loanfund.domain.event import RescheduleKind, Reversal, WaiverOf
from loanfund.domain.folded import positions
from loanfund.domain.money import Money, Rate
from loanfund.domain.terms import PlannedInstalment, Surplus
from loanfund.models.ledger import LedgerEntry
from loanfund.models.loan import Loan, LoanEvent
from loanfund.models.period import Books
from loanfund.services._loan_change import Recorded
from loanfund.services.disbursement import Disburse, disburse
from loanfund.services.period import close_month
from loanfund.services.reconcile import bring_forward, reconcile_all
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
from loanfund.store.loan import LoadedLoan, load_loans, read_terms
from loanfund.store.setting import load_settings
from tests import oracle
from tests.builders import Fund, a_contract, a_source, disbursed
from tests.services.conftest import a_lender
from tests.services.derived import (
    AccountsByDay,
    accounts_by_day,
    derived,
    differences,
    loan_json,
    without_ids,
)

pytestmark = pytest.mark.slow

MINUTES = float(os.environ.get("LOANFUND_TEST_SOAK_MINUTES", "10"))
START = date(2020, 1, 10)
CONTRACTS = st.sampled_from(["01/2020", "02/2020", "03/2020"])
LAGS = st.sampled_from([0, 0, 0, 1, 7, 40])
PARTS = st.sampled_from([1, 2, 3, 10])


class Life(RuleBasedStateMachine):
    """One fund with three contracts; each rule is what somebody does on a working day."""

    engine: ClassVar[Engine]

    def __init__(self) -> None:
        super().__init__()
        self.connection = self.engine.connect()
        self.outermost = self.connection.begin()
        self.sessions = make_sessions(self.connection, join_transaction_mode="create_savepoint")
        self.session: Session = self.sessions()
        self.fund: Fund = a_lender(self.session, FixedClock(START))
        self.rows: dict[str, str] = {}
        self.closed_books: AccountsByDay = {}
        self.sent: tuple[Repay, Recorded] | None = None

    def teardown(self) -> None:
        self.session.close()
        self.outermost.rollback()
        self.connection.close()

    @initialize(
        method=st.sampled_from(["principal_at_maturity", "equal_principal", "annuity"]),
        months=st.sampled_from([3, 6, 12]),
        late=st.sampled_from(["0", "10"]),
        surplus=st.sampled_from(["credit", "principal"]),
    )
    def sign(self, method: str, months: int, late: str, surplus: str) -> None:
        a_source(self.fund, "UY", bears_risk=False)
        for number, source in (("01/2020", "QUY"), ("02/2020", "QUY"), ("03/2020", "UY")):
            a_contract(
                self.fund,
                number,
                source=source,
                annual_rate="7.3",
                term_months=months,
                repayment_method=method,
                late_interest_rate=late,
                surplus=surplus,
            )
            if number != "02/2020":  # of which nothing is lent yet
                disbursed(self.fund, number, START, 60_000_000)
        self.let_days_pass(45)

    # What the rules need to know

    @property
    def today(self) -> date:
        return self.fund.clock.today()

    @property
    def closed_through(self) -> date:
        return self.session.get_one(Books, 1).closed_through or date.min

    def day(self, lag: int) -> date:
        return max(START, self.today - timedelta(days=lag))

    def loan(self, contract: str) -> LoadedLoan:
        found = load_loans(
            self.session, load_settings(self.session), Loan.contract_number == contract
        )
        return found[0]

    def position(self, contract: str, day: date) -> Position | None:
        loan = self.loan(contract)
        return next(iter(positions(loan.history(), [day], loan.rule_sets)))

    def attempt(self, act: Callable[[], Recorded]) -> Recorded | None:
        """Let somebody try; whoever is refused has changed nothing."""
        before = self.counts()
        try:
            return act()
        except LoanFundError:
            self.session.expire_all()
            assert self.counts() == before
            return None

    def counts(self) -> list[int]:
        tables = ("loan_event", "ledger_entry", "audit_line", "request_key")
        return [
            self.connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one()  # noqa: S608
            for name in tables
        ]

    def decide(self, request: Restructuring) -> Recorded | None:
        fund = self.fund
        return self.attempt(
            lambda: restructure(self.session, request, fund.officer, fund.clock, fund.manager)
        )

    # What people do

    @rule(days=st.sampled_from([1, 5, 20, 31, 45]))
    def let_days_pass(self, days: int) -> None:
        clock = FixedClock(self.today + timedelta(days=days))
        self.fund = replace(self.fund, clock=clock)

    @rule(contract=CONTRACTS, lag=LAGS, parts=PARTS)
    def lend(self, contract: str, lag: int, parts: int) -> None:
        request = Disburse(
            contract_number=contract,
            value_date=self.day(lag),
            amount=Money(100_000_000 // parts),
        )
        fund = self.fund
        self.attempt(
            lambda: disburse(self.session, request, fund.officer, fund.clock, fund.manager)
        )

    def payment(self, contract: str, lag: int, parts: int, **more: Any) -> Repay | None:
        """A part of what settles the loan on a day, or all of it, or a little more."""
        day = self.day(lag)
        place = self.position(contract, day)
        if place is None:
            return None
        owed = place.settlement_amount.dong
        amount = owed + 12_345 if parts == 1 else owed // (parts * parts)
        return Repay(
            contract_number=contract, value_date=day, amount=Money(max(amount, 1)), **more
        )

    @rule(
        contract=CONTRACTS,
        lag=LAGS,
        parts=PARTS,
        surplus=st.sampled_from([None, Surplus.CREDIT, Surplus.PRINCIPAL]),
    )
    def pay(self, contract: str, lag: int, parts: int, surplus: Surplus | None) -> None:
        key = f"k{len(self.rows)}"
        request = self.payment(contract, lag, parts, surplus=surplus, key=key)
        if request is None:
            return
        fund = self.fund
        answer = self.attempt(lambda: repay(self.session, request, fund.officer, fund.clock))
        if answer is not None:
            parts_of = answer.result["allocation"]
            assert sum(parts_of.values()) == request.amount.dong  # INV-03
            self.sent = request, answer

    @precondition(lambda self: self.sent is not None)
    @rule()
    def send_again(self) -> None:
        """INV-06: the same key and payload, however often, is one posting and one answer."""
        assert self.sent is not None
        request, first = self.sent
        before = self.counts()

        again = repay(self.session, request, self.fund.officer, self.fund.clock)

        assert (again.replayed, again.result) == (True, first.result)
        assert self.counts() == before

    @rule(contract=CONTRACTS, place=st.integers(0, 30))
    def take_back(self, contract: str, place: int) -> None:
        sequences = list(
            self.session.scalars(
                select(LoanEvent.sequence)
                .join(Loan, Loan.id == LoanEvent.loan_id)
                .where(Loan.contract_number == contract)
                .order_by(LoanEvent.sequence.desc())
            )
        )
        if sequences:
            sequence = sequences[place % len(sequences)]
            self.reverse(Reverse(contract_number=contract, sequence=sequence, reason="Sai"))

    def reverse(self, request: Reverse | Correct) -> Recorded | None:
        fund = self.fund
        approver = fund.manager if self.closed_through > date.min else None

        def act() -> Recorded:
            try:
                return reverse(self.session, request, fund.officer, fund.clock, approver)
            except LoanFundError as refusal:
                if refusal.code != "permission_denied":
                    raise
                return reverse(self.session, request, fund.officer, fund.clock)

        return self.attempt(act)

    @rule(contract=CONTRACTS, place=st.integers(0, 30), lag=LAGS, parts=PARTS)
    def correct(self, contract: str, place: int, lag: int, parts: int) -> None:
        payments = [
            one.sequence for one in self.loan(contract).recorded if one.type == "repayment"
        ]
        right = self.payment(contract, lag, parts)
        if payments and right is not None:
            sequence = payments[place % len(payments)]
            self.reverse(Correct(sequence=sequence, repayment=right, reason="Sai"))

    @rule(contract=CONTRACTS, lag=LAGS, months=st.integers(1, 14), parts=PARTS)
    def reschedule(self, contract: str, lag: int, months: int, parts: int) -> None:
        day = self.day(lag)
        place = self.position(contract, day)
        if place is None or place.principal_outstanding.dong < parts:
            return
        owed = place.principal_outstanding.dong
        share = owed // parts
        days = [day + timedelta(days=30 * months + 20 * step) for step in range(parts)]
        amounts = [share] * (parts - 1) + [owed - share * (parts - 1)]
        extends = days[-1] > place.maturity_date
        self.decide(
            Reschedule(
                contract_number=contract,
                value_date=day,
                kind=RescheduleKind.EXTEND if extends else RescheduleKind.ADJUST,
                plan=tuple(
                    PlannedInstalment(due, Money(amount))
                    for due, amount in zip(days, amounts, strict=True)
                ),
                unpaid_interest_due=days[0] if months % 2 else None,
                keeps_debt_group=months % 3 == 0,
            )
        )

    @rule(contract=CONTRACTS, lag=LAGS, rate=st.sampled_from(["0", "3.65", "9.125"]))
    def change_rate(self, contract: str, lag: int, rate: str) -> None:
        self.decide(
            ChangeRate(
                contract_number=contract,
                value_date=self.day(lag),
                annual_rate=Rate.percent(rate),
            )
        )

    @rule(contract=CONTRACTS, lag=LAGS, days=st.sampled_from([1, 15, 60]))
    def freeze(self, contract: str, lag: int, days: int) -> None:
        day = self.day(lag)
        until = day + timedelta(days=days)
        self.decide(Freeze(contract_number=contract, value_date=day, until=until))

    @rule(contract=CONTRACTS, lag=LAGS, parts=PARTS, of=st.sampled_from(list(WaiverOf)))
    def waive(self, contract: str, lag: int, parts: int, of: WaiverOf) -> None:
        day = self.day(lag)
        place = self.position(contract, day)
        if place is not None and place.interest_open:
            amount = Money(max(1, place.interest_open.dong // parts))
            self.decide(
                WaiveInterest(contract_number=contract, value_date=day, amount=amount, of=of)
            )

    @rule(contract=CONTRACTS, lag=LAGS, rate=st.sampled_from(["0", "5", "10"]))
    def amend(self, contract: str, lag: int, rate: str) -> None:
        name = "late_interest_rate" if lag else "annual_rate"
        self.decide(Amend(contract_number=contract, terms={name: rate}))

    @precondition(lambda self: self.today > START + timedelta(days=60))
    @rule(contract=CONTRACTS, lag=LAGS)
    def write_off(self, contract: str, lag: int) -> None:
        self.decide(WriteOff(contract_number=contract, value_date=self.day(lag)))

    @rule(contract=CONTRACTS, lag=LAGS, parts=PARTS)
    def recover(self, contract: str, lag: int, parts: int) -> None:
        day = self.day(lag)
        place = self.position(contract, day)
        if place is None or not place.written_off_principal:
            return
        owed = place.written_off_principal + place.written_off_interest - place.recovered
        request = Recover(
            contract_number=contract, value_date=day, amount=Money(owed.dong // parts)
        )
        fund = self.fund
        self.attempt(lambda: recover(self.session, request, fund.officer, fund.clock))

    @rule(contract=CONTRACTS, parts=PARTS)
    def refund(self, contract: str, parts: int) -> None:
        place = self.position(contract, self.today)
        if place is None or place.credit.dong < parts:
            return
        amount = Money(place.credit.dong // parts)
        request = Refund(contract_number=contract, value_date=self.today, amount=amount)
        fund = self.fund
        self.attempt(
            lambda: refund_credit(self.session, request, fund.officer, fund.clock, fund.manager)
        )

    @rule(lag=LAGS)
    def run_interest(self, lag: int) -> None:
        """INV-24: the whole compared, or an earlier day, nothing is left to post."""
        through = self.day(lag)
        self.session.commit()  # whatever others do lies beside what it has read, not within
        people = self.fund.accountant, self.fund.clock

        first = bring_forward(self.sessions, self.today, *people)
        again = reconcile_all(self.sessions, self.today, *people)
        earlier = reconcile_all(self.sessions, through, *people)

        assert first.failures == []
        assert (again.posted, earlier.posted) == (0, 0)

    @rule()
    def close_the_next_month(self) -> None:
        last = self.closed_through
        following = month_end(max(last, START) + timedelta(days=1 if last >= START else 0))
        if following >= self.today:
            return
        self.run_interest(0)
        fund = self.fund
        close_month(self.session, following, fund.accountant, fund.clock, fund.manager)
        self.closed_books = self.booked_through(following)

    def booked_through(self, day: date) -> AccountsByDay:
        booked = accounts_by_day(self.session, LedgerEntry.booking_date)
        return {key: change for key, change in booked.items() if key[1] <= day}

    @rule(contract=CONTRACTS, lag=LAGS, parts=PARTS)
    def pay_and_take_it_back(self, contract: str, lag: int, parts: int) -> None:
        """INV-12: of a payment that was reversed, no derived figure of any day knows."""
        request = self.payment(contract, lag, parts)
        if request is None:
            return
        self.run_interest(0)
        days = [START, self.day(40), self.day(lag), self.today]
        before = derived(self.session, days, self.today)
        fund = self.fund
        answer = self.attempt(lambda: repay(self.session, request, fund.officer, fund.clock))
        if answer is None:
            return
        undo = Reverse(contract_number=contract, sequence=answer.result["event"], reason="Sai")

        assert self.reverse(undo) is not None

        assert derived(self.session, days, self.today) == before

    @rule(contract=CONTRACTS, lag=LAGS)
    def ask_the_oracle(self, contract: str, lag: int) -> None:
        """INV-23: the account is that of the events that stand, typed in order of their days.

        The other reading of the rules, which shares no code with the program, says the same.
        """
        day = self.day(lag)
        row = self.session.scalars(select(Loan).where(Loan.contract_number == contract)).one()
        typed = [dict(one.payload) for one in self.events_of(row)]
        case = {"terms": dump_terms(read_terms(row)), "as_of": day.isoformat()}

        found = loan_json(self.session, contract, day)
        found.pop("final_group")

        assert found == oracle.simulate({**case, "events": typed})
        if not any(event.get("replaces") for event in typed):
            in_order = oracle.simulate({**case, "events": typed_in_order(typed)})
            assert without_ids(found) == without_ids(in_order)

    def events_of(self, row: Loan) -> list[LoanEvent]:
        query = select(LoanEvent).where(LoanEvent.loan_id == row.id)
        return list(self.session.scalars(query.order_by(LoanEvent.sequence)))

    # What must hold

    @invariant()
    def books_caches_and_fold_say_the_same(self) -> None:
        assert differences(self.session, self.today) == []

    @invariant()
    def outstanding_is_lent_less_repaid_less_written_off_on_every_day(self) -> None:
        """INV-02."""
        days = [START + timedelta(days=n) for n in range(0, (self.today - START).days + 1, 7)]
        for loan in load_loans(self.session, load_settings(self.session)):
            for place in positions(loan.history(), days, loan.rule_sets):
                if place is not None:
                    gone = place.principal_repaid + place.written_off_principal
                    left = place.principal_disbursed - gone
                    assert place.principal_outstanding == left >= Money(0)

    @invariant()
    def what_was_written_stands(self) -> None:
        """INV-14: rows of events and of the ledger are added, and never otherwise."""
        found = {
            f"{table.__tablename__} {row.id}": repr(tuple(row))
            for table in (LoanEvent, LedgerEntry)
            for row in self.session.execute(select(table.__table__))
        }
        assert self.rows.items() <= found.items()
        self.rows = found

    @invariant()
    def nothing_is_booked_in_a_closed_month(self) -> None:
        """INV-15."""
        assert self.booked_through(self.closed_through) == self.closed_books


def typed_in_order(typed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events that stand, by day and within a day as recorded; amendments first of all."""
    gone = {event["of"] for event in typed if event["type"] == Reversal.type}
    standing = [
        event for event in typed if event["id"] not in gone and event["type"] != Reversal.type
    ]
    return sorted(standing, key=lambda event: event.get("date") or "")


def lives(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


def a_life_on(database: Engine) -> type[Life]:
    class LifeOn(Life):
        engine = database

    return LifeOn


def test_whatever_people_do_the_books_stay_right(engine: Engine) -> None:
    run_state_machine_as_test(a_life_on(engine), settings=lives(examples=3, steps=18))


@pytest.mark.soak
def test_they_stay_right_for_as_long_as_one_cares_to_wait(engine: Engine) -> None:
    many = settings(lives(examples=10, steps=50), phases=[Phase.generate, Phase.shrink])
    end = monotonic() + MINUTES * 60 / 2  # two databases

    while monotonic() < end:
        run_state_machine_as_test(a_life_on(engine), settings=many)
