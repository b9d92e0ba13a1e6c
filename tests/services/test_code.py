"""`PT1` and `pt1` are one number, and one transfer is recorded once, however it is spelled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from loanfund.domain.book_problem import ProblemCode, WorkbookRefusedError
from loanfund.domain.borrower import BorrowerFacts
from loanfund.domain.errors import ConflictError, InvalidInputError
from loanfund.domain.money import Money
from loanfund.domain.terms import Component
from loanfund.models.borrower import Borrower
from loanfund.models.loan import LoanEvent
from loanfund.queries.contract import borrower_debt
from loanfund.queries.remarks import Remark, remarks
from loanfund.services._book_import import ImportBook
from loanfund.services._capital import SourceFacts
from loanfund.services._contract import ContractFacts
from loanfund.services._loan_change import Recorded
from loanfund.services.book import import_book
from loanfund.services.borrower import change_borrower, register_borrower
from loanfund.services.capital import create_source
from loanfund.services.collection_sheet import PostSheet, SheetRow, post_sheet
from loanfund.services.contract import draft_contract
from loanfund.services.repayment import Recover, Repay, recover, repay
from loanfund.services.restructuring import WriteOff, restructure
from loanfund.services.reversal import Reverse, reverse
from loanfund.store.code import kept_code
from tests.builders import A_YEAR_AT_SIX_PERCENT, Fund, a_loan
from tests.domain.test_book_check import a_book
from tests.services.conftest import fund
from tests.services.refusal import refusal_of

__all__ = ["fund"]

LOAN = "01/2020"
DAY = date(2020, 2, 10)


def a_borrower(fund: Fund, code: str) -> Borrower:
    facts = BorrowerFacts(code=code, name="HTX Mới", kind="cooperative")
    return register_borrower(fund.session, facts, fund.officer, fund.clock)


def a_source(fund: Fund, code: str) -> object:
    facts = SourceFacts(code=code, name="Nguồn mới", bears_risk=True)
    return create_source(fund.session, facts, fund.accountant, fund.clock, fund.manager)


def a_contract(fund: Fund, code: str) -> object:
    borrower = fund.session.scalars(select(Borrower.code)).first()
    facts = ContractFacts(
        contract_number=code,
        borrower_code=borrower or "",
        source_code="QUY",
        signed_on=DAY,
        terms={**A_YEAR_AT_SIX_PERCENT, "amount": 5_000_000},
    )
    return draft_contract(fund.session, facts, fund.officer, fund.clock)


def test_a_code_is_found_however_it_is_spelled(fund: Fund) -> None:
    a_borrower(fund, "HTX-Đ1")

    assert kept_code(fund.session, Borrower.code, "htx-Ð1") == "HTX-Đ1"
    assert kept_code(fund.session, Borrower.code, "htx-đ2") == "htx-đ2"
    assert borrower_debt(fund.session, "htx-đ1", DAY).code == "HTX-Đ1"


def test_of_two_old_spellings_the_exact_one_is_found_and_no_third(fund: Fund) -> None:
    a_borrower(fund, "PT1")
    twin = update(Borrower).where(Borrower.code != "PT1")
    fund.session.execute(twin.values(code="pt1", code_fold=" pt1"))

    found = [kept_code(fund.session, Borrower.code, one) for one in ("PT1", "pt1", "Pt1")]

    assert found == ["PT1", "pt1", "Pt1"]
    assert refusal_of(lambda: borrower_debt(fund.session, "Pt1", DAY)).code == "not_found"


def test_a_contract_names_its_borrower_however_the_code_is_spelled(fund: Fund) -> None:
    borrower = a_borrower(fund, "HTX-MOI")
    facts = ContractFacts(
        contract_number="09/2020",
        borrower_code="htx-moi",
        source_code="QUY",
        signed_on=DAY,
        terms={**A_YEAR_AT_SIX_PERCENT, "amount": 5_000_000},
    )

    drafted = draft_contract(fund.session, facts, fund.officer, fund.clock)

    assert drafted.borrower_id == borrower.id


GIVERS: dict[str, Callable[[Fund, str], object]] = {
    "borrower_code": a_borrower,
    "source_code": a_source,
    "contract_number": a_contract,
}


@pytest.mark.parametrize("kind", GIVERS)
def test_a_code_is_given_once_however_it_is_spelled_and_the_refusal_names_it(
    fund: Fund, kind: str
) -> None:
    give = GIVERS[kind]
    give(fund, "PT1/HĐ")

    for spelled in ("pt1/hđ", "PT1/HĐ", "Pt1/hĐ"):
        refusal = refusal_of(partial(give, fund, spelled))

        assert (type(refusal), refusal.reason) == (ConflictError, kind)
        assert "PT1/HĐ" in refusal.facts.values()
    give(fund, "PT1/HD")


@pytest.mark.parametrize("kind", GIVERS)
@pytest.mark.parametrize("code", ["PT 1", "PT\u200b1", "РТ1", "PT#1"])
def test_a_new_code_with_strange_letters_is_refused(fund: Fund, kind: str, code: str) -> None:
    refusal = refusal_of(lambda: GIVERS[kind](fund, code))

    assert (type(refusal), refusal.reason) == (InvalidInputError, "code_letters")


def test_a_workbook_brings_no_new_code_with_strange_letters_and_keeps_those_stored(
    fund: Fund,
) -> None:
    book = a_book()
    strange = replace(
        book,
        sources=tuple(replace(one, code=f"{one.code} #") for one in book.sources),
        movements=(),
        borrowers=tuple(replace(one, code=f"{one.code} #") for one in book.borrowers),
        contracts=(),
        disbursements=(),
        receipts=(),
        reschedules=(),
    )

    with pytest.raises(WorkbookRefusedError) as refused:
        import_book(
            fund.session, ImportBook(book=strange), fund.officer, fund.clock, fund.manager
        )

    found = {one.code for one in refused.value.problems}
    assert found == {ProblemCode.CODE_LETTERS}
    assert len(refused.value.problems) == len(strange.sources) + len(strange.borrowers)


def test_stored_codes_that_nobody_could_give_now_stay_and_are_told(fund: Fund) -> None:
    first = a_borrower(fund, "KH1")
    columns = {one.key: getattr(first, one.key) for one in Borrower.__table__.columns}
    old = [("kh1", " kh1"), ("KH (2)", "kh (2)")]  # as a migration left them
    for number, (code, fold) in enumerate(old, start=1):
        row = {**columns, "id": first.id + 100 + number, "code": code, "code_fold": fold}
        fund.session.execute(insert(Borrower).values(row))

    found = list(remarks(fund.session))

    assert found == [Remark("code_letters", "KH (2)"), Remark("code_twin", "kh1")]


def paid(**more: Any) -> dict[str, Any]:
    return {"contract_number": LOAN, "value_date": DAY, "amount": Money(500_000), **more}


def by_form(fund: Fund, reference: str) -> Recorded:
    return repay(fund.session, Repay(**paid(reference=reference)), fund.officer, fund.clock)


def by_sheet(fund: Fund, reference: str) -> Recorded:
    rows = (SheetRow(1, Repay(**paid(reference=reference))),)
    sheet = PostSheet(month=date(2020, 2, 1), source=None, rows=rows, key=reference)
    return post_sheet(fund.session, sheet, fund.officer, fund.clock)


def by_split(fund: Fund, reference: str) -> Recorded:
    split = {Component.PRINCIPAL: Money(500_000)}
    asked = Repay(**paid(reference=reference, split=split))
    return repay(fund.session, asked, fund.officer, fund.clock, fund.manager)


def by_recovery(fund: Fund, reference: str) -> Recorded:
    lost = WriteOff(contract_number=LOAN, value_date=date(2020, 1, 20))
    restructure(fund.session, lost, fund.officer, fund.clock, fund.manager)
    return recover(fund.session, Recover(**paid(reference=reference)), fund.officer, fund.clock)


@pytest.mark.parametrize("record", [by_form, by_sheet, by_split, by_recovery])
def test_one_transfer_is_recorded_once_however_its_reference_is_spelled(
    fund: Fund, record: Callable[[Fund, str], Recorded]
) -> None:
    a_loan(fund, LOAN)
    a_loan(fund, "02/2020", borrower=a_borrower(fund, "HB").code)
    asked = Repay(**paid(contract_number="02/2020", reference=" Ft20153\u200b 001 "))
    first = repay(fund.session, asked, fund.officer, fund.clock)

    refusal = refusal_of(lambda: record(fund, "FT20153001"))

    assert (type(refusal), refusal.reason) == (ConflictError, "same_reference")
    assert refusal.facts == {"number": first.result["receipt"], "contract": "02/2020"}
    kept = select(LoanEvent.reference).where(LoanEvent.reference.is_not(None))
    assert fund.session.scalars(kept).all() == ["Ft20153 001"]


@pytest.mark.parametrize("record", [by_form, by_sheet, by_split, by_recovery])
def test_one_transfer_may_pay_two_loans_of_one_borrower_and_each_once(
    fund: Fund, record: Callable[[Fund, str], Recorded]
) -> None:
    a_loan(fund, LOAN)
    a_loan(fund, "02/2020")
    other = Repay(**paid(contract_number="02/2020", reference="FT1"))
    repay(fund.session, other, fund.officer, fund.clock)

    assert record(fund, "ft1").result

    twice = Repay(**paid(contract_number="02/2020", reference="FT1"))
    refusal = refusal_of(lambda: repay(fund.session, twice, fund.officer, fund.clock))
    assert refusal.reason == "same_reference"


def test_a_reference_is_free_again_once_its_receipt_is_taken_back(fund: Fund) -> None:
    a_loan(fund, LOAN)
    event = by_form(fund, "FT1").result["event"]
    undo = Reverse(contract_number=LOAN, sequence=event, reason="nhầm")
    reverse(fund.session, undo, fund.officer, fund.clock)

    assert by_form(fund, "ft1").result["receipt"]


def test_two_rows_of_a_sheet_do_not_share_a_reference(fund: Fund) -> None:
    a_loan(fund, LOAN)
    a_loan(fund, "02/2020", borrower=a_borrower(fund, "HB").code)
    rows = tuple(
        SheetRow(place, Repay(**paid(contract_number=contract, reference=reference)))
        for place, (contract, reference) in enumerate([(LOAN, "FT1"), ("02/2020", "ft 1")], 1)
    )
    sheet = PostSheet(month=date(2020, 2, 1), source=None, rows=rows, key="sheet-1")

    refusal = refusal_of(lambda: post_sheet(fund.session, sheet, fund.officer, fund.clock))

    assert refusal.reason == "same_reference"


def test_a_changed_borrower_keeps_a_code_that_nobody_could_give_now(fund: Fund) -> None:
    row = a_borrower(fund, "KH1")
    kept = {"code": "KH (1)", "code_fold": " KH (1)"}
    fund.session.execute(update(Borrower).where(Borrower.id == row.id).values(kept))
    fund.session.expire_all()
    facts = BorrowerFacts(code="KH (1)", name="HTX Khác", kind="cooperative")
    changed = change_borrower(fund.session, facts, 1, fund.officer, fund.clock)

    assert (changed.name, changed.code_fold) == ("HTX Khác", " KH (1)")
