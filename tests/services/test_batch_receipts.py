"""The receipts of a collection batch are printed in one act, each as if it were alone."""

from __future__ import annotations

import json
from datetime import date

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.db import make_sessions
from loanfund.domain.errors import ConflictError, NotFoundError, PermissionDeniedError
from loanfund.domain.event import PaymentMethod
from loanfund.domain.money import Money
from loanfund.models.audit import AuditLine
from loanfund.models.document import Document
from loanfund.queries._recorded import paper_differences
from loanfund.queries.collection_batch import batch_prints, receipt_files
from loanfund.services.collection_sheet import PostSheet, SheetRow, post_sheet
from loanfund.services.repayment import Repay
from loanfund.services.reversal import Reverse, reverse
from loanfund.services.voucher import PrintBatch, PrintVoucher, print_batch, print_voucher
from tests.builders import Fund, a_loan
from tests.prepared import prepared
from tests.services.at_once import accepted, at_once
from tests.services.conftest import a_lender
from tests.services.test_voucher import as_json
from tests.statement_count import counting

DAY = date(2020, 3, 10)
LOANS = 12


def contract(place: int) -> str:
    return f"{place:02}/2020"


def a_batch(fund: Fund, loans: int, first: int = 1) -> int:
    """Let the loans pay in one sheet, each a sum of its own; every third one in cash."""
    rows = [
        SheetRow(
            place,
            Repay(
                contract_number=contract(first + place - 1),
                value_date=DAY,
                amount=Money(100_000 + place),
                method=PaymentMethod.BANK if place % 3 else PaymentMethod.CASH,
            ),
        )
        for place in range(1, loans + 1)
    ]
    sheet = PostSheet(month=date(2020, 3, 1), source=None, rows=tuple(rows), key=f"k{first}")
    return int(post_sheet(fund.session, sheet, fund.officer, fund.clock).result["batch"])


def a_book(session: Session, clock: FixedClock) -> Fund:
    fund = a_lender(session, clock)
    for place in range(1, LOANS + 2):
        a_loan(fund, contract(place), amount=10_000_000)
    return fund


@pytest.fixture
@prepared
def book(session: Session, clock: FixedClock) -> Fund:
    return a_book(session, clock)


def printed(fund: Fund, batch_id: int, **more: str) -> int:
    request = PrintBatch(batch_id=batch_id, **more)
    return print_batch(fund.session, request, fund.officer, fund.clock, as_json)


def papers(fund: Fund) -> list[Document]:
    return list(fund.session.scalars(select(Document).order_by(Document.id)))


def alone(fund: Fund, paper: Document) -> Document:
    """Print the same receipt by itself, and give that print."""
    name = paper.content["head"]["contract_number"]
    request = PrintVoucher(contract_number=name, sequence=paper.content["sequence"])
    number = print_voucher(fund.session, request, fund.officer, fund.clock, as_json)
    return fund.session.scalars(select(Document).where(Document.number == number)).one()


def test_each_receipt_is_issued_once_in_the_order_of_numbers(book: Fund) -> None:
    batch_id = a_batch(book, LOANS)

    last = printed(book, batch_id)

    cash = [f"PT-2020/{one:06d}" for one in range(1, LOANS // 3 + 1)]
    bank = [f"TTG-2020/{one:06d}" for one in range(1, LOANS - LOANS // 3 + 1)]
    assert [one.number for one in papers(book)] == cash + bank
    assert papers(book)[-1].id == last
    assert len({one.code for one in papers(book)}) == LOANS
    files = [one.file for one in papers(book)]
    assert receipt_files(book.session, batch_id, last) == files
    amounts = [100_003 + 3 * place for place in range(LOANS // 3)]
    assert [one.content["amount"] for one in papers(book)[: LOANS // 3]] == amounts


def test_each_says_what_it_says_when_it_is_printed_alone(book: Fund) -> None:
    batch_id = a_batch(book, LOANS)
    printed(book, batch_id)

    for paper in papers(book)[:LOANS:5]:
        again = alone(book, paper)
        assert again.number == f"{paper.number}-IL1"
        assert {**again.content, "copy": None} == paper.content
        assert not again.content["copy"]["differs"]


def test_printed_alone_before_each_comes_out_as_its_copy(book: Fund) -> None:
    batch_id = a_batch(book, 2)
    request = PrintVoucher(contract_number=contract(2), sequence=2)
    number = print_voucher(book.session, request, book.officer, book.clock, as_json)
    assert batch_prints(book.session, batch_id).receipts == 1

    printed(book, batch_id)

    numbers = [one.number for one in papers(book)]
    assert numbers == [number, "TTG-2020/000001", f"{number}-IL1"]
    assert {**papers(book)[2].content, "copy": None} == papers(book)[0].content


def test_printed_once_more_each_is_the_next_copy(book: Fund) -> None:
    batch_id = a_batch(book, 3)
    first, second = printed(book, batch_id), printed(book, batch_id)

    found = papers(book)
    assert [one.number for one in found[3:]] == [f"{one.number}-IL1" for one in found[:3]]
    assert receipt_files(book.session, batch_id, first) == [one.file for one in found[:3]]
    assert receipt_files(book.session, batch_id, second) == [one.file for one in found[3:]]
    prints = batch_prints(book.session, batch_id)
    assert (prints.receipts, prints.last) == (3, second)


def test_one_that_was_taken_back_is_printed_struck(book: Fund) -> None:
    batch_id = a_batch(book, 3)
    undo = Reverse(contract_number=contract(2), sequence=2, reason="Ghi nhầm")
    reverse(book.session, undo, book.accountant, book.clock)

    printed(book, batch_id)

    struck = {
        one.content["head"]["contract_number"]: one.content["struck"] for one in papers(book)
    }
    assert struck.pop(contract(2))["reason"] == "Ghi nhầm"
    assert set(struck.values()) == {None}


def test_the_same_key_prints_once_and_for_one_batch_only(book: Fund) -> None:
    batch_id, other = a_batch(book, 2), a_batch(book, 1, first=3)

    assert printed(book, batch_id, key="k") == printed(book, batch_id, key="k")
    with pytest.raises(ConflictError):
        printed(book, other, key="k")
    assert len(papers(book)) == 2


def test_there_is_one_line_in_the_audit_log_with_every_paper(book: Fund) -> None:
    batch_id = a_batch(book, 3)
    printed(book, batch_id)

    query = select(AuditLine).where(AuditLine.action.startswith("issue_"))
    line = book.session.scalars(query).one()
    assert (line.action, line.object_id) == ("issue_receipts", "BT-2020/000001")
    told = json.loads(json.dumps(line.facts["papers"]))
    expected = [{"number": one.number, "sha256": one.sha256} for one in papers(book)]
    assert [{"number": one["number"], "sha256": one["sha256"]} for one in told] == expected
    assert len({one["content"] for one in told}) == len(expected)
    assert list(paper_differences(book.session)) == []


def test_many_receipts_ask_the_database_as_often_as_few(book: Fund, engine: Engine) -> None:
    few, many = a_batch(book, 1, first=LOANS + 1), a_batch(book, LOANS)
    sent = []
    for batch_id in (few, many):
        with counting(engine) as statements:
            last = printed(book, batch_id)
            receipt_files(book.session, batch_id, last)
        sent.append(len(statements))

    assert sent[0] == sent[1], sent


def test_only_who_issues_papers_prints_and_only_a_batch_there_is(book: Fund) -> None:
    batch_id = a_batch(book, 1)

    for actor in (book.admin, book.auditor):
        with pytest.raises(PermissionDeniedError):
            print_batch(book.session, PrintBatch(batch_id=batch_id), actor, book.clock, as_json)
    with pytest.raises(NotFoundError):
        printed(book, 99)
    with pytest.raises(NotFoundError):
        receipt_files(book.session, batch_id, 99)
    assert papers(book) == []


def test_printed_by_two_at_once_each_receipt_has_one_original_and_one_copy(
    own_engine: Engine, clock: FixedClock
) -> None:
    with make_sessions(own_engine)() as session:
        fund = a_lender(session, clock)
        for place in (1, 2, 3):
            a_loan(fund, contract(place))
        batch_id = a_batch(fund, 3)

    def print_it(session: Session) -> int:
        request = PrintBatch(batch_id=batch_id)
        return print_batch(session, request, fund.officer, fund.clock, as_json)

    assert len(accepted(at_once(own_engine, [print_it] * 2))) == 2

    with make_sessions(own_engine)() as session:
        numbers = session.scalars(select(Document.number)).all()
    each = ["PT-2020/000001", "TTG-2020/000001", "TTG-2020/000002"]
    assert sorted(numbers) == sorted([*each, *(f"{one}-IL1" for one in each)])
