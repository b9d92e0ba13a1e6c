"""An amount far beyond dues: refused until somebody says why, wherever somebody types it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from loanfund.domain.money import Money
from loanfund.domain.terms import Surplus
from loanfund.models.audit import AuditLine
from loanfund.models.loan import LoanEvent
from loanfund.models.period import Books
from loanfund.models.proposal import Proposal
from loanfund.services._loan_change import record
from loanfund.services._proposable import loan_change, read_loan_change
from loanfund.services.collection_sheet import PostSheet, SheetRow, post_sheet
from loanfund.services.proposal import Propose, propose
from loanfund.services.repayment import Recover, Repay, recover, repay
from loanfund.services.restructuring import WriteOff, restructure
from loanfund.services.reversal import Correct, reverse
from tests.builders import Fund, a_loan, repaid
from tests.services.derived import AT_20_000_A_DAY, count_of
from tests.services.refusal import refusal_of

LOAN, WHY = "01/2020", "bán được kho"
FIRST_DUE = date(2020, 2, 10)  # 620,000 are due; 580,000 come in March
Act = Callable[[Fund, Repay], object]


def asked(amount: int, meant: str | None = None, **more: object) -> Repay:
    """What somebody types: more than fits the loan and its next due day is a decision too."""
    facts = {"surplus": Surplus.CREDIT, "must_decide": True, "must_be_meant": True, **more}
    return Repay(
        contract_number=LOAN,
        value_date=FIRST_DUE,
        amount=Money(amount),
        meant=meant,
        **facts,  # type: ignore[arg-type]
    )


def at_the_counter(fund: Fund, payment: Repay) -> object:
    return repay(fund.session, payment, fund.officer, fund.clock)


def on_a_sheet(fund: Fund, payment: Repay) -> object:
    sheet = PostSheet(
        month=date(2020, 2, 1), source=None, rows=(SheetRow(1, payment),), key=payment.key
    )
    return post_sheet(fund.session, sheet, fund.officer, fund.clock)


def as_a_correction(fund: Fund, payment: Repay) -> object:
    request = Correct(sequence=2, repayment=payment, reason="Sai số tiền")
    return reverse(fund.session, request, fund.officer, fund.clock)


def newest_facts(fund: Fund) -> dict[str, object]:
    query = select(AuditLine.facts).where(AuditLine.object_id == LOAN)
    return dict(fund.session.scalars(query.order_by(AuditLine.id.desc()).limit(1)).one())


@pytest.mark.parametrize("act", [at_the_counter, on_a_sheet, as_a_correction])
def test_an_amount_far_beyond_dues_is_posted_with_a_reason_only(fund: Fund, act: Act) -> None:
    """1,860,000 is three times the 620,000 that are due: one đồng more must be meant."""
    a_loan(fund, **AT_20_000_A_DAY)
    if act is as_a_correction:
        repaid(fund, LOAN, FIRST_DUE, 62_000)
    before = count_of(fund.session, LoanEvent)

    refusals = [
        refusal_of(lambda why=why: act(fund, asked(1_860_001, why)))  # type: ignore[misc]
        for why in (None, "")
    ]
    untouched = count_of(fund.session, LoanEvent)
    act(fund, asked(1_860_001, WHY))

    rows = [getattr(one, "rows", None) for one in refusals]
    errors = [row[0].error if row else one for row, one in zip(rows, refusals, strict=True)]
    assert [one.reason for one in errors] == ["beyond_dues"] * 2
    assert untouched == before
    assert newest_facts(fund)["meant"] == WHY


@pytest.mark.parametrize("act", [at_the_counter, on_a_sheet, as_a_correction])
def test_next_to_nothing_is_posted_with_a_reason_only(fund: Fund, act: Act) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    if act is as_a_correction:
        repaid(fund, LOAN, FIRST_DUE, 62_000)

    refusal = refusal_of(lambda: act(fund, asked(1_500)))
    act(fund, asked(1_500, WHY))

    rows = getattr(refusal, "rows", None)
    assert (rows[0].error if rows else refusal).reason == "far_too_little"
    assert newest_facts(fund)["meant"] == WHY


@pytest.mark.parametrize("act", [at_the_counter, on_a_sheet, as_a_correction])
def test_three_times_what_is_due_needs_no_reason(fund: Fund, act: Act) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    if act is as_a_correction:
        repaid(fund, LOAN, FIRST_DUE, 62_000)

    act(fund, asked(1_860_000))

    assert "meant" not in newest_facts(fund)


def test_what_settles_the_loan_needs_no_reason_and_one_dong_more_does(fund: Fund) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    settling = 100_620_000  # all 100 million and January's interest

    refusal = refusal_of(lambda: at_the_counter(fund, asked(settling + 1)))
    at_the_counter(fund, asked(settling, surplus=Surplus.PRINCIPAL))

    assert refusal.reason == "beyond_settlement"
    assert "meant" not in newest_facts(fund)


def test_a_recovery_beyond_what_was_written_off_needs_a_reason(fund: Fund) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    lost = WriteOff(contract_number=LOAN, value_date=FIRST_DUE)
    restructure(fund.session, lost, fund.officer, fund.clock, fund.manager)
    request = Recover(
        contract_number=LOAN,
        value_date=date(2020, 3, 1),
        amount=Money(500_000_000),
        must_be_meant=True,
    )

    refusal = refusal_of(lambda: recover(fund.session, request, fund.officer, fund.clock))
    recover(fund.session, replace(request, meant=WHY), fund.officer, fund.clock)

    assert refusal.reason == "beyond_written_off"
    assert newest_facts(fund)["meant"] == WHY


def test_of_a_correction_in_a_closed_month_the_reason_is_asked_twice(fund: Fund) -> None:
    """Before it is proposed, and again when it is approved."""
    a_loan(fund, **AT_20_000_A_DAY)
    repaid(fund, LOAN, FIRST_DUE, 62_000)
    fund.session.get_one(Books, 1).closed_through = date(2020, 2, 29)
    fund.session.commit()

    def propose_it(meant: str | None) -> int:
        payment = asked(20_000_000, meant)
        change = Correct(sequence=2, repayment=payment, reason="Sai số tiền").change()
        asking = Propose(proposed=loan_change(change))
        return propose(fund.session, asking, fund.officer, fund.clock)

    refusal = refusal_of(lambda: propose_it(None))
    row = fund.session.get_one(Proposal, propose_it(WHY))
    again = read_loan_change(row.payload, row.version)
    people = (fund.officer, fund.clock, fund.manager)
    unsaid = refusal_of(lambda: record(fund.session, replace(again, meant=None), *people))
    record(fund.session, again, *people)

    assert refusal.reason == unsaid.reason == "beyond_dues"
    assert newest_facts(fund)["meant"] == WHY
