"""The day's work by hand: dues, arrears without the day's own, receipts, drafts, the books."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.money import Money
from loanfund.queries._loan_row import Figure
from loanfund.queries._standing import Moment
from loanfund.queries.loan_list import ALL, Asked, loan_list
from loanfund.queries.today import Today, day_of_work
from loanfund.services.reversal import Reverse, reverse
from loanfund.store.collection_sheet import DraftName, put_draft
from tests.books import a_small_book
from tests.builders import a_loan, repaid
from tests.statement_count import counting

NOBODY = 0


def on(session: Session, day: date) -> Today:
    return day_of_work(session, day, NOBODY)


def test_an_empty_book_has_nothing_to_do(session: Session, clock: FixedClock) -> None:
    found = on(session, clock.today())

    assert not found.has_loans
    assert (found.due, found.soon, found.later, found.overdue, found.receipts) == (
        (),
        (),
        None,
        (),
        (),
    )


def test_dues_of_the_day_and_of_the_week_are_apart(session: Session) -> None:
    """On 05/06 Đặng owes 10 million, 509 589 and 17 586 of that day, An 509 589 on the 10th.

    Đặng's last part costs on the 4 457 534 that are overdue since 20/05: 16 days at 9 %.
    """
    day = date(2020, 6, 5)
    a_small_book(session, FixedClock(day))

    found = on(session, day)

    assert [(one.borrower, one.amount.dong) for one in found.due] == [("HTX Đặng", 10_527_175)]
    assert [(one.borrower, one.amount.dong) for one in found.soon] == [("HTX An", 509_589)]
    asked = Asked(figure=Figure.SOON, status=ALL)
    behind = loan_list(session, Moment(day), asked).totals.part
    assert behind == found.due_total + found.soon_total


def test_what_fell_due_today_is_not_yet_overdue(session: Session) -> None:
    """Đặng owes 5 million from May, and 36 986 for 10 million overdue for 15 days at 9 %.

    Ánh never paid: 200 million of 15/04, interest of 1 019 178 + 953 425 + 1 019 178 in term,
    and on 15/05 overdue interest of 1 479 452.
    """
    day = date(2020, 6, 5)
    a_small_book(session, FixedClock(day))

    found = on(session, day)

    assert [(one.borrower, one.days_past_due, one.amount.dong) for one in found.overdue] == [
        ("Hợp tác xã Ánh Dương", 111, 200_000_000 + 2_991_781 + 1_479_452),
        ("HTX Đặng", 31, 5_000_000 + 36_986),
    ]


def test_where_nothing_is_due_the_next_dues_are_named(session: Session) -> None:
    day = date(2020, 5, 21)
    a_small_book(session, FixedClock(day))

    found = on(session, day)

    assert (found.due, found.soon) == ((), ())
    assert found.later == (date(2020, 6, 5), 1, Money(10_509_589))


def test_a_receipt_taken_back_is_shown_and_not_counted(
    session: Session, clock: FixedClock
) -> None:
    fund = a_small_book(session, clock)
    day = clock.today()
    repaid(fund, "01/2020/HĐTD", day, 509_589)
    wrong = repaid(fund, "03/2020/HĐTD", day, 700_000)
    repaid(fund, "03/2020/HĐTD", date(2020, 5, 30), 900_000)
    undo = Reverse(
        contract_number="03/2020/HĐTD", sequence=wrong.result["event"], reason="nhầm"
    )
    reverse(session, undo, fund.officer, clock)

    found = on(session, day)

    assert [(one.amount.dong, one.is_reversed) for one in found.receipts] == [
        (700_000, True),
        (509_589, False),
    ]
    assert found.received == Money(509_589)


def test_drafts_are_ones_own_and_hold_something(session: Session, clock: FixedClock) -> None:
    fund = a_small_book(session, clock)
    may, june = date(2020, 5, 1), date(2020, 6, 1)
    filled = {"head": {}, "rows": {"7": {"amount": "1tr"}, "8": {"amount": "2tr"}}}
    mine, others = fund.officer.user_id, fund.accountant.user_id
    put_draft(session, DraftName(mine, june, "QUY"), filled, clock.now())
    put_draft(session, DraftName(mine, may, ""), {"head": {}, "rows": {}}, clock.now())
    put_draft(session, DraftName(others, june, ""), filled, clock.now())

    drafts = day_of_work(session, june, mine).drafts

    assert [(one.month, one.source, one.rows) for one in drafts] == [(june, "QUY", 2)]


def test_the_day_takes_a_handful_of_queries_however_many_loans(
    session: Session, clock: FixedClock, engine: Engine
) -> None:
    fund = a_small_book(session, clock)
    counts = []
    for more in (1, 5):
        for number in range(more):
            a_loan(fund, f"{more}-{number}", borrower="htx-an", amount=10_000_000)
            repaid(fund, f"{more}-{number}", clock.today(), 100_000)
        session.expire_all()
        with counting(engine) as sent:
            on(session, clock.today())
        counts.append(len(sent))

    assert counts[0] == counts[1] <= 12
