"""The posting table of section 13, row by row, and what must hold of the accounts."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loanfund.domain.codec import parse_event, parse_terms
from loanfund.domain.errors import RuleViolationError
from loanfund.domain.folded import FoldedLoan, fold_loan
from loanfund.domain.history import read_history
from loanfund.domain.posting import (
    MEMO_ACCOUNTS,
    Account,
    Books,
    TransferKey,
    differences,
    must_hold,
)
from tests.loans import Json, folded, happened, lent, paid, plan
from tests.strategies import cases, last_day

S = "2025-01-15"
OWN, ENTRUSTED = Books(bears_risk=True), Books(bears_risk=False)
FEBRUARY = paid("2025-02-15", 620_000)
Transfer = tuple[str, str, str, int]


def transfers(
    *events: Json, as_of: str, books: Books = OWN, **terms: Any
) -> list[tuple[str, str, str, str, int]]:
    """(cause, value date, debit, credit, amount), in the order of days and then as implied."""
    wanted = folded(*events, as_of=as_of, **terms).wanted(books)
    return [
        (key.cause, key.value_date.isoformat(), str(key.debit), str(key.credit), amount)
        for key, amount in sorted(wanted.items(), key=lambda item: item[0].value_date)
    ]


def of_cause(
    cause: str, *events: Json, as_of: str, books: Books = OWN, **terms: Any
) -> list[Transfer]:
    """(value date, debit, credit, amount) of one cause."""
    every = transfers(*events, as_of=as_of, books=books, **terms)
    return [row[1:] for row in every if row[0] == cause]


# The worked line of section 13.


def test_the_worked_line_of_case_4() -> None:
    events = (
        happened("disbursement", "2025-01-10", amount=100_000_000),
        happened("repayment", "2025-02-10", amount=509_589),
        happened("repayment", "2025-03-27", amount=101_109_589),
    )

    found = transfers(*events, as_of="2025-03-27", annual_rate="6", term_months=1)

    assert [row[1:] for row in found] == [
        ("2025-01-10", "principal_in_term", "bank", 100_000_000),
        ("2025-02-10", "interest_receivable", "interest_income", 509_589),
        ("2025-02-10", "bank", "interest_receivable", 509_589),
        ("2025-02-10", "principal_overdue", "principal_in_term", 100_000_000),
        ("2025-03-10", "off_balance_interest", "off_balance_contra", 690_411),
        ("2025-03-27", "off_balance_interest", "off_balance_contra", 419_178),
        ("2025-03-27", "bank", "overdue_interest_income", 1_109_589),
        ("2025-03-27", "off_balance_contra", "off_balance_interest", 1_109_589),
        ("2025-03-27", "bank", "principal_overdue", 100_000_000),
    ]


# Row by row.


def test_a_disbursement_in_cash_or_by_bank() -> None:
    assert of_cause("event:e1", lent(S), as_of=S) == [
        (S, "principal_in_term", "bank", 100_000_000)
    ]
    assert of_cause("event:e1", {**lent(S), "method": "cash"}, as_of=S) == [
        (S, "principal_in_term", "cash", 100_000_000)
    ]


@pytest.mark.parametrize(
    ("books", "income"), [(OWN, "interest_income"), (ENTRUSTED, "entrusted_interest_payable")]
)
def test_an_interest_charge_on_balance(books: Books, income: str) -> None:
    assert of_cause("charge:interest:2025-02-15", lent(S), as_of="2025-02-15", books=books) == [
        ("2025-02-15", "interest_receivable", income, 620_000)
    ]


def test_an_interest_charge_off_balance_after_a_month_end_in_a_worse_group() -> None:
    # Unpaid since 15 February: 13 days on 28 February, group 2, so March starts off balance.
    assert of_cause("charge:interest:2025-03-15", lent(S), as_of="2025-03-15") == [
        ("2025-03-15", "off_balance_interest", "off_balance_contra", 560_000)
    ]


def test_penalty_charges_are_always_off_balance() -> None:
    # 25 February: overdue interest 75,000 and late interest 1,240 are charged by a payment.
    terms: dict[str, Any] = {
        "term_months": 4,
        "repayment_method": "equal_principal",
        "late_interest_rate": "7.3",
    }
    events = (lent(S), paid("2025-02-25", 1_000))

    assert [
        of_cause(f"charge:{kind}:2025-02-25", *events, as_of="2025-02-25", **terms)
        for kind in ("overdue_interest", "late_interest")
    ] == [
        [("2025-02-25", "off_balance_interest", "off_balance_contra", 75_000)],
        [("2025-02-25", "off_balance_interest", "off_balance_contra", 1_240)],
    ]


@pytest.mark.parametrize(
    ("books", "income"), [(OWN, "interest_income"), (ENTRUSTED, "entrusted_interest_payable")]
)
def test_what_is_open_goes_off_balance_at_a_month_end_in_a_worse_group(
    books: Books, income: str
) -> None:
    # 20,000 are paid on 20 February; 13 days late on the 28th.
    events = (lent(S), paid("2025-02-20", 20_000))

    assert of_cause("off_balance:2025-02-28", *events, as_of="2025-03-31", books=books) == [
        ("2025-02-28", income, "interest_receivable", 600_000),
        ("2025-02-28", "off_balance_interest", "off_balance_contra", 600_000),
    ]
    assert of_cause("off_balance:2025-03-31", *events, as_of="2025-03-31") == []


def test_a_month_end_in_the_first_group_moves_nothing() -> None:
    # Due on 25 February: three days late on the 28th.
    found = transfers(lent("2025-01-25"), as_of="2025-02-28")

    assert not [row for row in found if row[0].startswith("off_balance")]


def test_an_instalment_unpaid_at_the_end_of_its_due_date_is_overdue() -> None:
    terms: dict[str, Any] = {"term_months": 4, "repayment_method": "equal_principal"}
    part = (lent(S), paid("2025-02-15", 10_620_000))

    assert of_cause("overdue:2025-02-15", *part, as_of="2025-02-15", **terms) == [
        ("2025-02-15", "principal_overdue", "principal_in_term", 15_000_000)
    ]


def test_a_repayment_of_principal_overdue_due_and_prepaid() -> None:
    # On 15 March 15 million are overdue, 25 fall due and 5 more are prepaid.
    terms: dict[str, Any] = {"term_months": 4, "repayment_method": "equal_principal"}
    events = (
        lent(S),
        paid("2025-02-15", 10_620_000),
        paid("2025-03-15", 45_000_000, split={"principal": 45_000_000}),
    )

    assert of_cause("event:e3", *events, as_of="2025-03-15", **terms) == [
        ("2025-03-15", "bank", "principal_overdue", 15_000_000),
        ("2025-03-15", "bank", "principal_in_term", 30_000_000),
    ]


def test_a_repayment_of_interest_on_balance() -> None:
    in_cash = {**FEBRUARY, "method": "cash"}

    assert of_cause("event:e2", lent(S), in_cash, as_of="2025-02-15") == [
        ("2025-02-15", "cash", "interest_receivable", 620_000)
    ]


@pytest.mark.parametrize(
    ("books", "income"), [(OWN, "interest_income"), (ENTRUSTED, "entrusted_interest_payable")]
)
def test_a_repayment_of_interest_off_balance_is_income_then(books: Books, income: str) -> None:
    events = (lent(S), paid("2025-03-10", 620_000))

    assert of_cause("event:e2", *events, as_of="2025-03-10", books=books) == [
        ("2025-03-10", "bank", income, 620_000),
        ("2025-03-10", "off_balance_contra", "off_balance_interest", 620_000),
    ]


@pytest.mark.parametrize(
    ("books", "income"),
    [(OWN, "overdue_interest_income"), (ENTRUSTED, "entrusted_interest_payable")],
)
def test_a_repayment_of_penalties(books: Books, income: str) -> None:
    # One month: 100 million overdue for ten days, 300,000; late interest 1,240.
    split = {"overdue_interest": 300_000, "late_interest": 1_240}
    events = (lent(S), paid("2025-02-25", 301_240, split=split))
    terms: dict[str, Any] = {"term_months": 1, "late_interest_rate": "7.3"}

    assert of_cause("event:e2", *events, as_of="2025-02-25", books=books, **terms) == [
        ("2025-02-25", "bank", income, 301_240),
        ("2025-02-25", "off_balance_contra", "off_balance_interest", 301_240),
    ]


def test_money_kept_as_credit_applied_and_refunded() -> None:
    events = (
        lent(S),
        paid("2025-02-15", 1_620_000),
        {**happened("credit_refund", "2025-03-20", amount=400_000), "method": "cash"},
    )

    found = transfers(*events, as_of="2025-03-20")

    assert ("event:e2", "2025-02-15", "bank", "borrower_credit", 1_000_000) in found
    assert of_cause("credit:2025-03-15", *events, as_of="2025-03-20") == [
        ("2025-03-15", "borrower_credit", "interest_receivable", 560_000)
    ]
    assert of_cause("event:e3", *events, as_of="2025-03-20") == [
        ("2025-03-20", "borrower_credit", "cash", 400_000)
    ]


def test_credit_that_helps_to_settle_is_taken_from_the_borrowers_account() -> None:
    # 99,100,000 come in and 1,000,000 of credit: 100,100,000 are paid.
    events = (lent(S), paid("2025-02-15", 1_620_000), paid("2025-02-20", 99_100_000))

    assert of_cause("event:e3", *events, as_of="2025-02-20") == [
        ("2025-02-20", "bank", "interest_receivable", 100_000),
        ("2025-02-20", "bank", "principal_in_term", 100_000_000),
        ("2025-02-20", "borrower_credit", "bank", 1_000_000),
    ]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2025-02-20", ("interest_income", "interest_receivable")),
        ("2025-03-10", ("off_balance_contra", "off_balance_interest")),
    ],
)
def test_a_waiver_on_or_off_balance(day: str, expected: tuple[str, str]) -> None:
    waiver = happened("interest_waiver", day, amount=500_000, of="interest")

    assert of_cause("event:e2", lent(S), waiver, as_of=day) == [(day, *expected, 500_000)]


def test_a_rescheduling_ends_what_was_overdue() -> None:
    rows = plan(("2025-06-15", 100_000_000))
    events = (
        lent(S),
        FEBRUARY,
        happened("reschedule", "2025-02-25", kind="extend", plan=rows),
    )

    assert of_cause("event:e3", *events, as_of="2025-02-25", term_months=1) == [
        ("2025-02-25", "principal_in_term", "principal_overdue", 100_000_000)
    ]


@pytest.mark.parametrize(
    ("books", "loss", "income"),
    [
        (OWN, "specific_provision", "interest_income"),
        (ENTRUSTED, "entrusted_loss", "entrusted_interest_payable"),
    ],
)
def test_a_write_off(books: Books, loss: str, income: str) -> None:
    # Quarters of 25 million, one overdue since 15 February; written off on the 20th: five days,
    # interest 620,000 due and 75 million × 5 days = 75,000 accrued, overdue interest 37,500.
    terms: dict[str, Any] = {"term_months": 4, "repayment_method": "equal_principal"}
    events = (lent(S), happened("write_off", "2025-02-20"))
    day = "2025-02-20"

    assert of_cause("event:e2", *events, as_of=day, books=books, **terms) == [
        # Overdue interest is off balance already; 695,000 still stand on it.
        (day, income, "interest_receivable", 695_000),
        (day, "off_balance_interest", "off_balance_contra", 695_000),
        (day, loss, "principal_overdue", 25_000_000),
        (day, "off_balance_principal", "off_balance_contra", 100_000_000),
        (day, loss, "principal_in_term", 75_000_000),
    ]


@pytest.mark.parametrize(
    ("books", "principal", "interest"),
    [
        (OWN, "recovery_income", "recovery_income"),
        (ENTRUSTED, "entrusted_loss", "entrusted_interest_payable"),
    ],
)
def test_a_recovery(books: Books, principal: str, interest: str) -> None:
    # Ten days of interest: 200,000 beside 100 million.
    day = "2025-06-10"
    events = (
        lent(S),
        happened("write_off", "2025-01-25"),
        {**happened("recovery", day, amount=100_150_000), "method": "cash"},
    )

    posted = Counter[tuple[str, str]]()
    for _, debit, credit, amount in of_cause("event:e3", *events, as_of=day, books=books):
        posted[debit, credit] += amount

    expected = Counter[tuple[str, str]]()
    expected["cash", principal] += 100_000_000
    expected["cash", interest] += 150_000
    expected["off_balance_contra", "off_balance_principal"] += 100_000_000
    expected["off_balance_contra", "off_balance_interest"] += 150_000
    assert posted == expected


def test_what_comes_in_beyond_the_debt_is_the_borrowers() -> None:
    day = "2025-06-10"
    written_off = happened("write_off", "2025-01-25")
    recovered = happened("recovery", day, amount=100_200_700)
    settled = (lent(S), paid("2025-02-15", 100_620_000), paid(day, 700))

    beyond = of_cause("event:e3", lent(S), written_off, recovered, as_of=day)

    assert (day, "bank", "borrower_credit", 700) in beyond
    assert of_cause("event:e3", *settled, as_of=day) == [(day, "bank", "borrower_credit", 700)]


def test_the_credit_that_pays_before_a_write_off() -> None:
    # Quarters of 25 million: 30 million kept pay 150,000 of the interest of ten days, March's
    # instalment and 4,850,000 of April's; the rest is written off.
    day = "2025-02-25"
    terms: dict[str, Any] = {"term_months": 4, "repayment_method": "equal_principal"}
    events = (lent(S), paid("2025-02-15", 55_620_000), happened("write_off", day))

    assert of_cause("credit:2025-02-25", *events, as_of=day, **terms) == [
        (day, "borrower_credit", "interest_receivable", 150_000),
        (day, "borrower_credit", "principal_in_term", 29_850_000),
    ]
    assert of_cause("event:e3", *events, as_of=day, **terms) == [
        (day, "specific_provision", "principal_in_term", 45_150_000),
        (day, "off_balance_principal", "off_balance_contra", 45_150_000),
    ]


def test_a_reversal_leaves_no_row_of_its_own() -> None:
    reversed_payment = (lent(S), FEBRUARY, {"type": "reversal", "of": "e2"})

    assert transfers(*reversed_payment, as_of="2025-02-20") == transfers(
        lent(S), as_of="2025-02-20"
    )


def test_before_the_money_nothing_stands() -> None:
    assert transfers(as_of=S) == []
    assert transfers(lent(S), as_of="2025-01-14") == []


# What is posted: the difference.

A, B = Account.BANK, Account.INTEREST_INCOME
DAY = date(2025, 2, 15)
KEY = TransferKey("event:1", DAY, A, B)


@pytest.mark.parametrize(
    ("wanted", "standing", "expected"),
    [
        ({KEY: 500}, {}, [(KEY, 500)]),
        ({KEY: 500}, {KEY: 500}, []),
        ({KEY: 500}, {KEY: 300}, [(KEY, 200)]),
        ({KEY: 300}, {KEY: 500}, [(KEY.exchanged, 200)]),
        ({}, {KEY: 500}, [(KEY.exchanged, 500)]),
        # A row with debit and credit exchanged counts negative.
        ({KEY: 500}, {KEY.exchanged: 200}, [(KEY, 700)]),
        ({KEY: 500}, {KEY: 800, KEY.exchanged: 300}, []),
        ({}, {KEY: 500, KEY.exchanged: 500}, []),
        ({KEY.exchanged: 500}, {KEY: 100}, [(KEY.exchanged, 600)]),
    ],
)
def test_the_difference_is_posted(
    wanted: Mapping[TransferKey, int],
    standing: Mapping[TransferKey, int],
    expected: list[tuple[TransferKey, int]],
) -> None:
    assert differences(wanted, standing) == expected


def test_a_backdated_payment_is_met_by_differences() -> None:
    # 1,180,000 on 15 March pay February and March. A payment of February recorded afterwards
    # leaves 620,000 of them as credit.
    march = paid("2025-03-15", 1_180_000)
    before = folded(lent(S), march, as_of="2025-03-15").wanted(OWN)
    after = folded(lent(S), march, FEBRUARY, as_of="2025-03-15").wanted(OWN)

    posted = differences(after, before)

    standing = Counter(before)
    standing.update(dict(posted))
    assert differences(after, standing) == []
    receivable = TransferKey("event:e3", date(2025, 2, 15), A, Account.INTEREST_RECEIVABLE)
    assert (receivable, 620_000) in posted


# What must hold on every day of every history.


def possible(case: Json, through: date) -> FoldedLoan | None:
    try:
        recorded = [parse_event(event) for event in case["events"]]
        return fold_loan(read_history(parse_terms(case["terms"]), recorded), through)
    except RuleViolationError:
        return None


def balances(wanted: Mapping[TransferKey, int]) -> Counter[Account]:
    """Debits less credits."""
    sums = Counter[Account]()
    for key, amount in wanted.items():
        sums[key.debit] += amount
        sums[key.credit] -= amount
    return sums


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=cases(), days=st.integers(-60, 120), books=st.sampled_from([OWN, ENTRUSTED]))
def test_the_accounts_agree_with_the_position(case: Json, days: int, books: Books) -> None:
    loan = possible(case, last_day(case) + timedelta(days=days))
    if loan is None or loan.state is None:
        return

    wanted = loan.wanted(books)
    sums = balances(wanted)

    assert all(amount > 0 for amount in wanted.values())
    for name, accounts, expected in must_hold(loan.state):
        found = sum(sign * sums[account] for account, sign in accounts.items())
        assert found == expected, name
    assert sums[Account.OFF_BALANCE_CONTRA] == -sum(
        sums[account] for account in MEMO_ACCOUNTS - {Account.OFF_BALANCE_CONTRA}
    )
    assert sums[Account.BANK] + sums[Account.CASH] == money_received(loan)


def money_received(loan: FoldedLoan) -> int:
    """What came in less what went out, by the transactions."""
    signs = {"disbursement": -1, "credit_refund": -1, "repayment": 1, "recovery": 1}
    return sum(signs.get(row.type, 0) * row.amount.dong for row in loan.transactions())


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=cases(), days=st.integers(1, 400))
def test_what_stands_through_a_day_does_not_change_later(case: Json, days: int) -> None:
    """And what is wanted after the day can be told alone."""
    through = last_day(case)
    later, then = possible(case, through), possible(case, through - timedelta(days=days))
    if later is None or then is None:
        return

    whole = later.wanted(OWN).items()
    assert then.wanted(OWN) == {
        key: amount for key, amount in whole if key.value_date <= then.through
    }
    assert later.wanted(OWN, then.through) == {
        key: amount for key, amount in whole if key.value_date > then.through
    }
