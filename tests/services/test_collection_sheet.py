"""A whole sheet in one act: all rows or none, once for each key, and taken back as one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.db import make_sessions, read_session
from loanfund.domain.errors import (
    ConflictError,
    InvalidInputError,
    PermissionDeniedError,
    RowsRefusedError,
)
from loanfund.domain.money import Money
from loanfund.models.audit import AuditLine
from loanfund.models.collection_sheet import CollectionBatch, CollectionBatchRow
from loanfund.models.loan import Loan, LoanEvent
from loanfund.queries._standing import Moment
from loanfund.queries.loan import loan_at
from loanfund.services._loan_change import Recorded
from loanfund.services.collection_sheet import (
    PostSheet,
    SheetRow,
    UndoBatch,
    post_sheet,
    preview_sheet,
    preview_undo,
    undo_batch,
)
from loanfund.services.repayment import Refund, Repay, refund_credit
from loanfund.services.reversal import Reverse, reverse
from loanfund.wording import explain
from tests.books import a_small_book
from tests.builders import Fund, repaid
from tests.prepared import prepared
from tests.services.at_once import accepted, at_once
from tests.services.derived import balances, contents, count_of, derived, verified
from tests.services.months import closed
from tests.services.refusal import refusal_of
from tests.services.test_book import noting_folds

TODAY = date(2020, 6, 1)
JUNE = date(2020, 6, 1)
AN, ANH, DANG = "01/2020/HĐTD", "02/2020/HĐTD", "03/2020/HĐTD"
AMOUNTS = {AN: 509_589, ANH: 3_000_000, DANG: 5_000_000}


@pytest.fixture
@prepared
def book(session: Session, clock: FixedClock) -> Fund:
    """An paid up, Ánh overdue since April, Đặng short of 5 000 000 of May's principal."""
    return a_small_book(session, clock)


def row(place: int, contract: str, **facts: object) -> SheetRow:
    known = {"value_date": TODAY, "amount": Money(AMOUNTS[contract])} | facts
    return SheetRow(place, Repay(contract_number=contract, **known))  # type: ignore[arg-type]


def a_sheet(*rows: SheetRow, key: str = "k-sheet") -> PostSheet:
    every = rows or tuple(row(place, one) for place, one in enumerate(AMOUNTS, start=1))
    return PostSheet(month=JUNE, source=None, rows=every, key=key)


def posted(fund: Fund, sheet: PostSheet) -> Recorded:
    return post_sheet(fund.session, sheet, fund.officer, fund.clock)


def undone(fund: Fund, batch_id: int, **more: object) -> Recorded:
    request = UndoBatch(batch_id=batch_id, reason="Nhầm tháng", **more)  # type: ignore[arg-type]
    return undo_batch(fund.session, request, fund.officer, fund.clock)


def versions_of(session: Session) -> dict[str, int]:
    rows = session.execute(select(Loan.contract_number, Loan.version))
    return {row.contract_number: row.version for row in rows}


def receipts(session: Session) -> list[tuple[int, str, str | None]]:
    """Rows of the one batch with the contract and number of each."""
    query = (
        select(CollectionBatchRow.place, Loan.contract_number, LoanEvent.number)
        .join(LoanEvent, LoanEvent.id == CollectionBatchRow.event_id)
        .join(Loan, Loan.id == LoanEvent.loan_id)
        .order_by(CollectionBatchRow.place)
    )
    return [(place, contract, number) for place, contract, number in session.execute(query)]


def test_all_rows_are_posted_with_receipts_in_the_order_of_the_sheet(book: Fund) -> None:
    result = posted(book, a_sheet()).result

    assert (result["number"], result["receipts"], result["amount"]) == (
        "BT-2020/000001",
        3,
        8_509_589,
    )
    # Six payments came before.
    assert receipts(book.session) == [
        (1, AN, "TTG-2020/000007"),
        (2, ANH, "TTG-2020/000008"),
        (3, DANG, "TTG-2020/000009"),
    ]
    # Nothing is due of An on 1 June, so what was brought is credit; 5 542 466 of Đặng's May
    # came before, and now 5 000 000 more.
    assert balances(book.session, AN, TODAY)["borrower_credit"] == -509_589
    assert verified(book) == []


def test_every_receipt_and_the_batch_leave_a_line_in_the_audit_log(book: Fund) -> None:
    posted(book, a_sheet())

    query = select(AuditLine.object_type, AuditLine.object_id).where(
        AuditLine.action == "record_collection_sheet"
    )
    lines = [tuple(line) for line in book.session.execute(query.order_by(AuditLine.id))]
    assert lines == [
        *(("loan", contract) for contract in AMOUNTS),
        ("collection_batch", "BT-2020/000001"),
    ]


def test_a_row_keeps_its_own_day_method_payer_reference_and_note(book: Fund) -> None:
    told = {"payer": "Bà Sáu", "reference": "FT01", "note": "Thu tại xã"}

    posted(book, a_sheet(row(5, AN, value_date=date(2020, 5, 29), **told)))

    event = book.session.scalars(select(LoanEvent).order_by(LoanEvent.id.desc())).first()
    assert event is not None
    assert event.value_date == date(2020, 5, 29)
    assert {name: getattr(event, name) for name in told} == told


def test_one_bad_row_stops_all_and_every_bad_row_is_named(book: Fund) -> None:
    before = contents(book.session)
    sheet = a_sheet(
        row(4, AN),
        row(7, ANH, value_date=date(2020, 6, 2)),
        row(9, DANG, value_date=date(2020, 3, 4)),
    )

    refusal = refusal_of(lambda: posted(book, sheet))

    assert isinstance(refusal, RowsRefusedError)
    assert [(one.place, one.name, one.error.reason) for one in refusal.rows] == [
        (7, "Hợp tác xã Ánh Dương", "after_business_date"),
        (9, "HTX Đặng", "before_first_disbursement"),
    ]
    assert contents(book.session) == before
    said = explain(refusal, "vi").splitlines()
    assert said[0] == ("Chưa ghi dòng nào: 2 dòng chưa ghi được. Hãy sửa rồi ghi lại cả bảng.")
    assert said[2].startswith("Dòng 9 – HTX Đặng: Ngày này trước lần giải ngân đầu tiên")


def test_a_loan_stands_on_one_row_and_must_be_known(book: Fund) -> None:
    sheet = a_sheet(
        row(1, AN), row(2, AN), SheetRow(3, replace(row(3, AN).repayment, contract_number="?"))
    )

    refusal = refusal_of(lambda: posted(book, sheet))

    assert isinstance(refusal, RowsRefusedError)
    assert [(one.place, one.name, one.error.reason) for one in refusal.rows] == [
        (2, "HTX An", "loan_twice"),
        (3, "?", "loan"),
    ]


def test_a_sheet_without_amounts_is_refused(book: Fund) -> None:
    sheet = replace(a_sheet(), rows=())

    with pytest.raises(InvalidInputError, match="sheet_empty"):
        posted(book, sheet)


def test_only_officers_and_accountants_post_a_sheet(book: Fund) -> None:
    for actor in (book.manager, book.auditor, book.admin):
        with pytest.raises(PermissionDeniedError):
            post_sheet(book.session, a_sheet(), actor, book.clock)

    assert not post_sheet(book.session, a_sheet(), book.accountant, book.clock).replayed


def test_each_loan_is_folded_once(book: Fund) -> None:
    with noting_folds() as folds:
        posted(book, a_sheet())

    recorded = [events for events in folds if events not in {(), ("quote",)}]
    assert len(recorded) == len(AMOUNTS)


def test_the_preview_is_what_is_posted(book: Fund) -> None:
    sheet = a_sheet()
    preview = preview_sheet(book.session, sheet.rows, book.officer, book.clock)
    assert (preview.refused, sorted(preview.planned)) == ((), [1, 2, 3])
    shown = {one.loan.contract_number: one.after.position() for one in preview.planned.values()}

    posted(book, sheet)

    moment = Moment(TODAY)
    stands = {
        contract: loan_at(book.session, contract, moment).folded.position()
        for contract in AMOUNTS
    }
    assert stands == shown


def test_a_key_answers_with_its_first_batch_and_serves_nothing_else(book: Fund) -> None:
    first = posted(book, a_sheet())

    again = posted(book, a_sheet())

    assert again.replayed
    assert again.result == first.result
    assert count_of(book.session, CollectionBatch) == 1
    other = a_sheet(row(1, AN))
    assert refusal_of(lambda: posted(book, other)).reason == "key_used"


def test_a_row_whose_loan_moved_since_it_was_shown_is_named(book: Fund) -> None:
    versions = versions_of(book.session)
    repaid(book, ANH, TODAY, 1_000)
    sheet = a_sheet(
        *(row(place, one, version=versions[one]) for place, one in enumerate(AMOUNTS, 1))
    )

    refusal = refusal_of(lambda: posted(book, sheet))

    assert isinstance(refusal, RowsRefusedError)
    assert [(one.place, one.error.reason) for one in refusal.rows] == [(2, "stale_preview")]


# Taking a batch back


def test_an_undone_batch_leaves_every_figure_as_it_was(book: Fund) -> None:
    days = [date(2020, 5, 15), date(2020, 5, 31), TODAY]
    before = derived(book.session, days, TODAY)
    batch = posted(book, a_sheet()).result["batch"]
    assert derived(book.session, days, TODAY)["loans"] != before["loans"]

    assert undone(book, batch).result["receipts"] == 3

    assert derived(book.session, days, TODAY) == before
    query = select(LoanEvent.note).where(LoanEvent.type == "reversal")
    assert set(book.session.scalars(query)) == {"Nhầm tháng"}
    assert refusal_of(lambda: undone(book, batch)).reason == "batch_reversed"


def test_what_was_taken_back_alone_is_left_out(book: Fund) -> None:
    batch = posted(book, a_sheet()).result["batch"]
    sequence = book.session.scalar(
        select(func.max(LoanEvent.sequence)).join(Loan).where(Loan.contract_number == ANH)
    )
    assert sequence is not None
    alone = Reverse(contract_number=ANH, sequence=sequence, reason="Nhầm")
    reverse(book.session, alone, book.officer, book.clock)

    preview = preview_undo(book.session, batch, book.officer, book.clock)

    assert sorted(preview.planned) == [1, 3]
    assert undone(book, batch).result["receipts"] == 2


def test_the_same_undo_twice_happens_once(book: Fund) -> None:
    batch = posted(book, a_sheet()).result["batch"]
    first = undone(book, batch, key="k-undo")

    again = undone(book, batch, key="k-undo")

    assert again.replayed
    assert again.result == first.result


def test_an_undo_of_what_moved_since_it_was_shown_is_refused(book: Fund) -> None:
    batch = posted(book, a_sheet()).result["batch"]
    versions = versions_of(book.session)
    repaid(book, DANG, TODAY, 1_000)

    refusal = refusal_of(lambda: undone(book, batch, versions=versions))

    assert isinstance(refusal, RowsRefusedError)
    assert [(one.place, one.error.reason) for one in refusal.rows] == [(3, "stale_preview")]


def test_a_row_in_a_closed_month_cannot_be_undone_by_one_person_and_is_named(
    book: Fund,
) -> None:
    january = date(2020, 1, 31)
    early = date(2020, 1, 20)
    sheet = a_sheet(row(1, AN, value_date=early), row(2, DANG))
    batch = posted(book, sheet).result["batch"]
    closed(book, january)
    before = contents(book.session)

    refusal = refusal_of(lambda: undone(book, batch))

    assert isinstance(refusal, RowsRefusedError)
    assert [(one.place, one.name, one.error.reason) for one in refusal.rows] == [
        (1, "HTX An", "reversal_in_closed_month")
    ]
    assert contents(book.session) == before
    preview = preview_undo(book.session, batch, book.officer, book.clock)
    assert [one.place for one in preview.refused] == [1]


def test_a_row_without_which_later_events_are_impossible_is_named(book: Fund) -> None:
    # With 5 000 000 as credit a refund of it followed: the receipt cannot go before the refund.
    posted_first = posted(book, a_sheet(row(2, AN, amount=Money(5_000_000))))
    back = Refund(contract_number=AN, value_date=TODAY, amount=Money(4_000_000))
    refund_credit(book.session, back, book.officer, book.clock, book.manager)

    refusal = refusal_of(lambda: undone(book, posted_first.result["batch"]))

    assert isinstance(refusal, RowsRefusedError)
    assert [(one.place, one.error.reason) for one in refusal.rows] == [(2, "more_than_credit")]
    assert "later" in refusal.rows[0].error.facts


def test_an_unknown_batch_is_not_found(book: Fund) -> None:
    assert refusal_of(lambda: undone(book, 9_999_999)).code == "not_found"
    with read_session(make_sessions(book.session.get_bind())) as session:
        request = partial(preview_undo, session, 9_999_999, book.officer, book.clock)
        assert refusal_of(request).code == "not_found"


# At once


def a_real_book(engine: Engine, clock: FixedClock) -> Fund:
    with make_sessions(engine)() as session:
        return a_small_book(session, clock)


def test_one_key_from_six_threads_posts_once(own_engine: Engine, clock: FixedClock) -> None:
    fund = a_real_book(own_engine, clock)
    works: list[Callable[[Session], Recorded]] = [
        lambda session: post_sheet(session, a_sheet(), fund.officer, clock)
    ] * 6

    answers = accepted(at_once(own_engine, works))

    assert len(answers) == 6
    assert sorted(one.replayed for one in answers) == [False] + [True] * 5
    with make_sessions(own_engine)() as session:
        assert count_of(session, CollectionBatch) == 1
        assert count_of(session, CollectionBatchRow) == 3


def test_of_two_officers_with_the_same_rows_one_posts_and_the_other_hears_which(
    own_engine: Engine, clock: FixedClock
) -> None:
    fund = a_real_book(own_engine, clock)
    with make_sessions(own_engine)() as session:
        versions = versions_of(session)
    shown = [
        row(place, one, version=versions[one]) for place, one in enumerate(AMOUNTS, start=1)
    ]
    sheets = (a_sheet(*shown, key="k-an"), a_sheet(*shown[::-1], key="k-binh"))
    people = (fund.officer, fund.accountant)

    def post(place: int, session: Session) -> Recorded:
        return post_sheet(session, sheets[place], people[place], clock)

    outcomes = at_once(own_engine, [partial(post, 0), partial(post, 1)])

    assert len(accepted(outcomes)) == 1
    refusal = next(one for one in outcomes if not isinstance(one, Recorded))
    assert isinstance(refusal, RowsRefusedError)
    assert {one.error.reason for one in refusal.rows} == {"stale_preview"}
    assert {one.name for one in refusal.rows} == {
        "HTX An",
        "Hợp tác xã Ánh Dương",
        "HTX Đặng",
    }
    assert isinstance(refusal.rows[0].error, ConflictError)
    with make_sessions(own_engine)() as session:
        assert count_of(session, CollectionBatch) == 1
        query = select(func.count()).where(LoanEvent.type == "repayment")
        assert session.scalar(query) == 6 + 3
