"""The day's work by hand: dues, who is late, receipts, drafts, the books."""

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
from tests.builders import a_borrower, a_loan, repaid
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
    """On 10/06 An owes 509 589; Bình's 50 959 of 31 days of 10 million fall due on the 11th."""
    day = date(2020, 6, 10)
    fund = a_small_book(session, FixedClock(day))
    a_borrower(fund, "HTX Bình")
    a_loan(fund, "04/2020", borrower="htx-binh", signed_on=date(2020, 5, 11), amount=10_000_000)

    found = on(session, day)

    assert [(one.borrower, one.amount.dong) for one in found.due] == [("HTX An", 509_589)]
    assert [(one.borrower, one.amount.dong) for one in found.soon] == [("HTX Bình", 50_959)]
    asked = Asked(figure=Figure.SOON, status=ALL)
    behind = loan_list(session, Moment(day), asked).totals.part
    assert behind == found.due_total + found.soon_total


def test_money_held_is_taken_off_the_dues_to_come(session: Session) -> None:
    """An brought 400 000 too much in May, and 109 589 are left to bring on 10/06."""
    fund = a_small_book(session, FixedClock(date(2020, 6, 5)))
    repaid(fund, "01/2020/HĐTD", date(2020, 5, 30), 400_000)

    found = on(session, date(2020, 6, 5))

    assert [(one.borrower, one.amount.dong) for one in found.soon] == [("HTX An", 109_589)]


def test_a_part_payment_makes_no_due_of_the_day(session: Session) -> None:
    """On 01/06 Đặng pays all but the overdue interest, which the payment charges: 50 175."""
    fund = a_small_book(session, FixedClock(date(2020, 6, 1)))
    repaid(fund, "03/2020/HĐTD", date(2020, 6, 1), 5_000_000)

    found = on(session, date(2020, 6, 1))

    assert found.due == ()
    late = {one.borrower: (one.days_past_due, one.amount.dong) for one in found.overdue}
    # 36 986 of May, and 12 days of 4 457 534 at 9 % since 20/05: 13 189.
    assert late["HTX Đặng"] == (0, 36_986 + 13_189)


def test_who_is_late_stands_once_with_everything(session: Session) -> None:
    """On 05/06 Đặng owes 5 million of May, and 36 986 for 10 million 15 days overdue at 9 %.

    Of the day are 10 million and 509 589, and 17 586 for 16 days of the 4 457 534 left of May.
    Ánh never paid: 200 million of 15/04, interest of 1 019 178 + 953 425 + 1 019 178 in term,
    on 15/05 overdue interest of 1 479 452, and 21 days since: 1 035 616.
    """
    day = date(2020, 6, 5)
    a_small_book(session, FixedClock(day))

    found = on(session, day)

    assert [(one.borrower, one.days_past_due, one.amount.dong) for one in found.overdue] == [
        ("Hợp tác xã Ánh Dương", 111, 200_000_000 + 2_991_781 + 1_479_452 + 1_035_616),
        ("HTX Đặng", 31, 5_036_986 + 10_509_589 + 17_586),
    ]
    assert found.due == ()
    assert [one.today.dong for one in found.overdue] == [0, 10_509_589]


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
