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
from loanfund.db import make_sessions
from loanfund.domain.errors import ConflictError, NotFoundError, PermissionDeniedError
from loanfund.domain.issue import Issue
from loanfund.domain.money import Money
from loanfund.domain.voucher import MoneyVoucher
from loanfund.models.audit import AuditLine
from loanfund.models.document import Document
from loanfund.models.loan import LoanEvent
from loanfund.services._setting import SetSetting
from loanfund.services.repayment import Refund, Repay, refund_credit
from loanfund.services.reversal import Correct, Reverse, reverse
from loanfund.services.setting import set_setting
from loanfund.services.voucher import PrintVoucher, print_voucher
from tests.builders import FOUNDED, Fund, a_loan, repaid
from tests.services.at_once import accepted, at_once
from tests.services.conftest import a_lender
from tests.services.derived import AT_20_000_A_DAY

LOAN, FEBRUARY = "01/2020", date(2020, 2, 10)


def as_json(found: MoneyVoucher, issue: Issue) -> bytes:
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

    assert (found.kind, found.number) == ("receipt", "PT-2020/000001")
    assert (found.period_from, found.period_to) == (FEBRUARY, FEBRUARY)
    assert found.file == b"PT-2020/000001 PT-2020/000001 1000000"
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
    query = select(AuditLine).where(AuditLine.action == "issue_receipt")
    line = fund.session.scalars(query).one()
    assert line.facts["number"] == "PT-2020/000001"


def test_every_further_print_is_a_counted_copy(fund: Fund) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    paid = repaid(fund, LOAN, FEBRUARY, 620_000).result["event"]

    found = [printed(fund, paid) for _ in range(3)]

    assert [one.number for one in found] == [
        "PT-2020/000001",
        "PT-2020/000001-IL1",
        "PT-2020/000001-IL2",
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

    assert again == ["PT-2020/000001"] * 2
    assert fund.session.scalar(select(func.count()).select_from(Document)) == 1


def test_a_copy_says_when_the_split_was_computed_anew(fund: Fund) -> None:
    """The interest of February was paid by what was typed later, so this prepays instead."""
    a_loan(fund, **AT_20_000_A_DAY)
    paid = repaid(fund, LOAN, date(2020, 2, 20), 700_000).result["event"]
    first = printed(fund, paid)

    repaid(fund, LOAN, FEBRUARY, 620_000)
    copy = printed(fund, paid)

    assert parts(first)["interest"] == 620_000
    assert (parts(copy)["interest"], parts(copy)["credit"]) == (0, 700_000)
    assert copy.content["copy"]["differs"]


def test_a_receipt_taken_back_prints_what_it_said_struck_with_the_reversal(fund: Fund) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    paid = repaid(fund, LOAN, FEBRUARY, 620_000).result["event"]
    undo = Reverse(contract_number=LOAN, sequence=paid, reason="Ghi nhầm khoản vay")
    reverse(fund.session, undo, fund.accountant, fund.clock)

    found = printed(fund, paid)

    assert parts(found)["interest"] == 620_000
    struck = found.content["struck"]
    assert (struck["number"], struck["by"]) == ("#3", fund.accountant.name)
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
    assert old.content["struck"]["replaced_by"] == new.content["number"] == "PT-2020/000002"
    assert new.content["replaces"] == "PT-2020/000001"
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

    assert (lent.kind, lent.number) == ("payment_voucher", "KU-2020/000001")
    assert parts(lent) == {
        "disbursed": 100_000_000,
        "undisbursed": 0,
        "principal_balance": 100_000_000,
    }
    assert (refund.kind, refund.number) == ("payment_voucher", "PC-2020/000001")
    assert parts(refund)["credit_left"] == 50_000


def test_what_moved_no_money_has_no_voucher(fund: Fund) -> None:
    a_loan(fund, **AT_20_000_A_DAY)
    paid = repaid(fund, LOAN, FEBRUARY, 620_000).result["event"]
    undo = Reverse(contract_number=LOAN, sequence=paid, reason="Nhầm")
    reverse(fund.session, undo, fund.officer, fund.clock)

    for sequence in (paid + 1, 99):
        with pytest.raises(NotFoundError):
            printed(fund, sequence)


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

    copies = [f"KU-2020/000001-IL{count}" for count in range(1, 8)]
    assert sorted(accepted(outcomes)) == sorted(["KU-2020/000001", *copies])
