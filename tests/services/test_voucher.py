"""A voucher is printed once as the original and then as counted copies; each print is kept."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.db import make_sessions, unit_of_work
from loanfund.domain.errors import ConflictError, NotFoundError, PermissionDeniedError
from loanfund.domain.event import PaymentMethod, WaiverOf
from loanfund.domain.issue import Issue
from loanfund.domain.money import Money, Rate
from loanfund.domain.voucher import AnyVoucher
from loanfund.models.audit import AuditLine
from loanfund.models.document import Document
from loanfund.models.loan import LoanEvent
from loanfund.services._setting import SetSetting
from loanfund.services.disbursement import Disburse, disburse
from loanfund.services.repayment import Recover, Refund, Repay, recover, refund_credit
from loanfund.services.restructuring import ChangeRate, WaiveInterest, WriteOff, restructure
from loanfund.services.reversal import Correct, Reverse, reverse
from loanfund.services.setting import set_setting
from loanfund.services.voucher import PrintVoucher, print_voucher
from loanfund.store.audit import write_audit
from tests.builders import FOUNDED, Fund, a_contract, a_loan, repaid
from tests.people import NOW
from tests.services.at_once import accepted, at_once
from tests.services.conftest import a_lender
from tests.services.derived import AT_20_000_A_DAY

LOAN, FEBRUARY = "01/2020", date(2020, 2, 10)


def as_json(found: AnyVoucher, issue: Issue) -> bytes:
    """Stand in for the file: what the paper would say, as bytes."""
    return f"{issue.number} {found.number} {found.amount.dong}".encode()


def printed(fund: Fund, sequence: int, **more: Any) -> Document:
    request = PrintVoucher(contract_number=LOAN, sequence=sequence, **more)
    number = print_voucher(fund.session, request, fund.officer, fund.clock, as_json)
    return fund.session.scalars(select(Document).where(Document.number == number)).one()


def parts(document: Document) -> dict[str, int]:
    taken = document.content["taken"]
    return {one["name"]: one["amount"] for one in (*taken["parts"], *taken["left"])}


def test_the_first_print_is_kept_with_its_content_and_fingerprint(fund: Fund) -> None:
    """31 days at 20,000 are 620,000 of interest; 380,000 are kept as credit."""
    a_loan(fund, **AT_20_000_A_DAY)
    numbers = {"bank": "1121", "interest_income": "5151"}
    chosen = SetSetting(key="account_numbers", value=numbers, valid_from=FOUNDED)
    set_setting(fund.session, chosen, fund.accountant, fund.clock, fund.manager)
    done = repaid(fund, LOAN, FEBRUARY, 1_000_000, payer="Bà Tư", reference="FT1", note="lãi")

    found = printed(fund, done.result["event"])

    assert (found.kind, found.number) == ("bank_receipt", "TTG-2020/000001")
    assert (found.period_from, found.period_to) == (FEBRUARY, FEBRUARY)
    assert found.file == b"TTG-2020/000001 TTG-2020/000001 1000000"
    assert found.sha256 == hashlib.sha256(found.file).hexdigest()
    assert len(found.code) == 12
    content = found.content
    assert json.loads(json.dumps(content)) == content
    assert (content["party"], content["reference"], content["note"]) == ("Bà Tư", "FT1", "lãi")
    assert content["copy"] is None
    assert parts(found) == {
        "principal": 0,
        "interest": 620_000,
        "overdue_interest": 0,
        "late_interest": 0,
        "credit": 380_000,
        "principal_balance": 100_000_000,
    }
    assert content["taken"]["debit"] == [{"account": "bank", "number": "1121"}]
    assert {one["account"] for one in content["taken"]["credit"]} == {
        "interest_receivable",
        "borrower_credit",
    }
    query = select(AuditLine).where(AuditLine.action == "issue_bank_receipt")
    line = fund.session.scalars(query).one()
    assert line.facts["number"] == "TTG-2020/000001"


def test_every_further_print_is_a_counted_copy(fund: Fund) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    paid = repaid(fund, LOAN, FEBRUARY, 620_000).result["event"]

    found = [printed(fund, paid) for _ in range(3)]

    assert [one.number for one in found] == [
        "TTG-2020/000001",
        "TTG-2020/000001-IL1",
        "TTG-2020/000001-IL2",
    ]
    assert [(one.content["copy"] or {}).get("number") for one in found] == [None, 1, 2]
    assert len({one.code for one in found}) == 3
    assert not found[2].content["copy"]["differs"]


def test_the_same_key_prints_once_and_another_request_under_it_is_refused(fund: Fund) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    first = repaid(fund, LOAN, FEBRUARY, 620_000).result["event"]
    second = repaid(fund, LOAN, date(2020, 3, 10), 580_000).result["event"]

    again = [printed(fund, first, key="k").number for _ in range(2)]
    with pytest.raises(ConflictError):
        printed(fund, second, key="k")

    assert again == ["TTG-2020/000001"] * 2
    assert fund.session.scalar(select(func.count()).select_from(Document)) == 1


def test_a_copy_says_when_the_split_was_computed_anew(fund: Fund) -> None:
    """The interest of February was paid by what was typed later, so this prepays instead."""
    a_loan(fund, **AT_20_000_A_DAY)
    paid = repaid(fund, LOAN, date(2020, 2, 20), 700_000).result["event"]
    first = printed(fund, paid)

    repaid(fund, LOAN, FEBRUARY, 620_000)
    copy = printed(fund, paid)

    assert parts(first)["interest"] == 620_000
    assert parts(copy) == parts(first)  # what the payer was given stays what it says
    assert copy.content["copy"]["differs"]


def test_a_receipt_taken_back_prints_what_it_said_struck_with_the_reversal(fund: Fund) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    paid = repaid(fund, LOAN, FEBRUARY, 620_000).result["event"]
    undo = Reverse(contract_number=LOAN, sequence=paid, reason="Ghi nhầm khoản vay")
    reverse(fund.session, undo, fund.accountant, fund.clock)

    found = printed(fund, paid)

    assert parts(found)["interest"] == 620_000
    struck = found.content["struck"]
    assert (struck["number"], struck["by"]) == ("PKT-2020/000001", fund.accountant.name)
    assert (struck["reason"], struck["replaced_by"]) == ("Ghi nhầm khoản vay", "")


def test_a_correction_links_both_vouchers_and_keeps_its_own_note(fund: Fund) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    wrong = repaid(fund, LOAN, FEBRUARY, 62_000, payer="Bà Tư", note="kỳ 1").result["event"]
    right = Repay(
        contract_number=LOAN,
        value_date=FEBRUARY,
        amount=Money(620_000),
        payer="Bà Năm",
        reference="FT9",
        note="kỳ một",
    )
    request = Correct(sequence=wrong, repayment=right, reason="Thiếu một số 0")
    done = reverse(fund.session, request, fund.officer, fund.clock).result["event"]

    old, new = printed(fund, wrong), printed(fund, done)

    assert old.content["struck"]["reason"] == "Thiếu một số 0"
    assert old.content["struck"]["replaced_by"] == new.content["number"] == "TTG-2020/000002"
    assert new.content["replaces"] == "TTG-2020/000001"
    assert (new.content["party"], new.content["note"]) == ("Bà Năm", "kỳ một")
    events = {one.sequence: one for one in fund.session.scalars(select(LoanEvent))}
    assert (events[done].note, events[done].reference) == ("kỳ một", "FT9")
    reversal = events[done - 1]
    assert (reversal.note, reversal.payer, reversal.reference) == ("Thiếu một số 0", None, None)


def test_money_that_leaves_has_a_payment_voucher(fund: Fund) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    repaid(fund, LOAN, FEBRUARY, 700_000)
    asked = Refund(contract_number=LOAN, value_date=FEBRUARY, amount=Money(30_000))
    back = refund_credit(fund.session, asked, fund.officer, fund.clock, fund.manager)

    lent, refund = printed(fund, 1), printed(fund, back.result["event"])

    assert (lent.kind, lent.number) == ("bank_payment", "CTG-2020/000001")
    assert parts(lent) == {
        "disbursed": 100_000_000,
        "undisbursed": 0,
        "principal_balance": 100_000_000,
    }
    assert (refund.kind, refund.number) == ("bank_payment", "CTG-2020/000002")
    assert parts(refund)["credit_left"] == 50_000


@pytest.mark.parametrize(
    ("method", "kinds", "numbers"),
    [
        (
            PaymentMethod.CASH,
            ["payment_voucher", "receipt", "payment_voucher", "receipt"],
            ["PC-2020/000001", "PT-2020/000001", "PC-2020/000002", "PT-2020/000002"],
        ),
        (
            PaymentMethod.BANK,
            ["bank_payment", "bank_receipt", "bank_payment", "bank_receipt"],
            ["CTG-2020/000001", "TTG-2020/000001", "CTG-2020/000002", "TTG-2020/000002"],
        ),
    ],
)
def test_the_voucher_goes_by_the_way_the_money_took(
    fund: Fund, method: PaymentMethod, kinds: list[str], numbers: list[str]
) -> None:
    """The forms 01-TT and 02-TT are of cash; each way has series of its own."""
    a_contract(fund, **AT_20_000_A_DAY)
    people = (fund.officer, fund.clock, fund.manager)
    asked: dict[str, Any] = {"contract_number": LOAN, "method": method}
    lent = Disburse(value_date=date(2020, 1, 10), amount=Money(100_000_000), **asked)
    disburse(fund.session, lent, *people)
    repaid(fund, LOAN, FEBRUARY, 700_000, method=method)
    back = Refund(value_date=FEBRUARY, amount=Money(30_000), **asked)
    refund_credit(fund.session, back, *people)
    lost = WriteOff(contract_number=LOAN, value_date=date(2020, 3, 10))
    restructure(fund.session, lost, *people)
    won = Recover(value_date=date(2020, 4, 10), amount=Money(1_000_000), **asked)
    recover(fund.session, won, fund.officer, fund.clock)

    found = [printed(fund, sequence) for sequence in (1, 2, 3, 5)]

    assert [one.kind for one in found] == kinds
    assert [one.number for one in found] == numbers


def test_entries_without_money_have_a_journal_voucher(fund: Fund) -> None:
    """February's 620,000 are waived in part, that is taken back, and all is written off.

    Own risk: principal goes to the provision, interest of group 1 leaves receivables.
    """
    a_loan(fund, **AT_20_000_A_DAY)
    waived = WaiveInterest(
        contract_number=LOAN,
        value_date=FEBRUARY,
        amount=Money(20_000),
        of=WaiverOf.INTEREST,
        reference="05/QĐ-QHT",
    )
    people = (fund.officer, fund.clock, fund.manager)
    restructure(fund.session, waived, *people)
    undo = Reverse(contract_number=LOAN, sequence=2, reason="Sai quyết định")
    reverse(fund.session, undo, fund.officer, fund.clock)
    lost = WriteOff(contract_number=LOAN, value_date=date(2020, 2, 20))
    restructure(fund.session, lost, *people)

    waiver, reversal, write_off = (printed(fund, sequence) for sequence in (2, 3, 4))

    assert {one.kind for one in (waiver, reversal, write_off)} == {"journal_voucher"}
    numbers = [f"PKT-2020/{place:06d}" for place in (1, 2, 3)]
    assert [one.number for one in (waiver, reversal, write_off)] == numbers
    assert posted(waiver) == [("interest_income", "interest_receivable", 20_000)]
    assert posted(reversal) == [("interest_receivable", "interest_income", 20_000)]
    assert waiver.content["reference"] == "05/QĐ-QHT"
    assert waiver.content["struck"]["number"] == reversal.content["number"]
    assert reversal.content["of"] == waiver.content["number"]
    assert (waiver.content["recorded_by"], waiver.content["approved_by"]) == (
        fund.officer.name,
        fund.manager.name,
    )
    assert set(posted(write_off)) >= {
        ("specific_provision", "principal_in_term", 100_000_000),
        ("off_balance_principal", "off_balance_contra", 100_000_000),
        ("interest_income", "interest_receivable", 620_000 + 10 * 20_000),
    }


def posted(document: Document) -> list[tuple[str, str, int]]:
    return [
        (one["debit"]["account"], one["credit"]["account"], one["amount"])
        for one in document.content["entries"]
    ]


def test_what_posts_nothing_has_no_voucher(fund: Fund) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    cheaper = ChangeRate(
        contract_number=LOAN, value_date=date(2020, 1, 20), annual_rate=Rate.percent("6")
    )
    restructure(fund.session, cheaper, fund.officer, fund.clock, fund.manager)
    undo = Reverse(contract_number=LOAN, sequence=2, reason="Nhầm")
    reverse(fund.session, undo, fund.officer, fund.clock)

    for sequence in (2, 3, 99):
        with pytest.raises(NotFoundError):
            printed(fund, sequence)


def test_a_paper_issued_before_is_printed_again_as_it_was(fund: Fund) -> None:
    """An earlier version gave money through the bank a form of cash, under today's circular."""
    a_loan(fund, **AT_20_000_A_DAY)
    paid = repaid(fund, LOAN, FEBRUARY, 620_000).result["event"]
    first = printed(fund, paid)
    before = {
        **{key: one for key, one in first.content.items() if key != "account"},
        "kind": "receipt",
        "number": "PT-2020/000007",
        "circular": "Ban hành theo Thông tư 99/2025/TT-BTC",
    }
    old = Document(
        **{
            name: getattr(first, name)
            for name in ("loan_id", "period_from", "period_to", "known_at", "sha256")
        },
        **{name: getattr(first, name) for name in ("file", "issued_at", "issued_by")},
        kind="receipt",
        number="PT-2020/000007",
        code="0" * 12,
        content={**before, "sequence": 1},
    )
    with unit_of_work(fund.session):
        fund.session.add(old)
        write_audit(
            fund.session,
            at=NOW,
            actor=fund.officer.user_id,
            action="issue_receipt",
            subject=("loan", LOAN),
            facts={"number": old.number},
        )

    again = printed(fund, 1)

    assert (again.kind, again.number) == ("receipt", "PT-2020/000007-IL1")
    assert {**again.content, "copy": None} == {**before, "sequence": 1, "account": ""}


def test_only_who_issues_papers_prints(fund: Fund) -> None:
    a_loan(fund)
    request = PrintVoucher(contract_number=LOAN, sequence=1)

    for actor in (fund.admin, fund.auditor):
        with pytest.raises(PermissionDeniedError):
            print_voucher(fund.session, request, actor, fund.clock, as_json)


def test_eight_prints_at_once_are_one_original_and_seven_copies(
    own_engine: Engine, clock: FixedClock
) -> None:
    with make_sessions(own_engine)() as session:
        fund = a_lender(session, clock)
        a_loan(fund)

    def print_it(session: Session) -> str:
        request = PrintVoucher(contract_number=LOAN, sequence=1)
        return print_voucher(session, request, fund.officer, fund.clock, as_json)

    outcomes = at_once(own_engine, [print_it] * 8)

    copies = [f"CTG-2020/000001-IL{count}" for count in range(1, 8)]
    assert sorted(accepted(outcomes)) == sorted(["CTG-2020/000001", *copies])
