"""Mails to a real server: nothing lost, nothing double, whatever the server does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from loanfund.domain.errors import PermissionDeniedError
from loanfund.domain.reminder import PauseReason
from loanfund.jobs.outbox import drain
from loanfund.jobs.reminders import reminders as reminders_job
from loanfund.jobs.running import World, run_slot
from loanfund.models.borrower import Borrower
from loanfund.models.message import Dispatch, Message
from loanfund.models.reminder import Reminder
from loanfund.services._setting import SetSetting
from loanfund.services.reminder import hold_reminders
from loanfund.services.reminder_pause import Pause, pause_reminders, resume_reminders
from loanfund.services.setting import set_setting
from loanfund.services.user import command_line
from tests.builders import Fund, a_loan, repaid
from tests.jobs.conftest import TODAY
from tests.jobs.hand_clock import HandClock, at_office
from tests.jobs.owing import DUE, INTEREST, SIGNED, an_owing_fund, messages, owes, reminders
from tests.jobs.smtp import OK, Box, listening, post_at, takes_all
from tests.papers import words_of

pytestmark = pytest.mark.slow

ALL = [f"htx{number}@vi-du.example" for number in (1, 2, 3)]


@pytest.fixture(name="fund")
def the_owing_fund(own_sessions: sessionmaker[Session], hands: HandClock) -> Iterator[Fund]:
    with own_sessions() as session:
        yield an_owing_fund(session, hands)


@pytest.fixture(name="mailing")
def a_mailing_world(world: World, box: Box, fund: Fund) -> World:
    """A world with a mail server and three borrowers who owe."""
    assert fund.clock is not None
    return replace(world, post=post_at(box.port))


def remind(world: World, day: date | None = None) -> None:
    report = run_slot("reminders", reminders_job, day or world.clock.today(), world)
    assert report is not None
    assert report.failed == 0


def states(world: World) -> list[str]:
    return [state for *_, state in reminders(world.sessions)]


def test_a_mail_says_what_is_due_and_how_to_pay(mailing: World, served: Box) -> None:
    remind(mailing)

    assert served.recipients == ALL
    mail = next(one for one in served.taken if one["To"] == ALL[0])
    body = mail.get_content()
    assert mail["Subject"] == "Nhắc trả nợ đến hạn ngày 08/06/2020 – HTX Số 1"
    assert "Kính gửi: HTX Số 1" in body
    assert "Hợp đồng 01/2020/HĐTD ngày 08/05/2020" in body
    assert "Đến hạn 08/06/2020 (còn 7 ngày): lãi 509.589" in body
    assert "Năm trăm linh chín nghìn năm trăm tám mươi chín đồng" in body
    assert "Nội dung chuyển khoản: Tra no HD 01/2020/HDTD" in body
    assert "https://quy.example.vn." in body
    assert "?" not in body
    assert "quy@quy.example.vn" in mail["From"]
    assert "Quỹ hỗ trợ phát triển hợp tác xã" in mail["From"]
    assert reminders(mailing.sessions) == [
        (f"0{number}/2020/HĐTD", DUE, -7, "email", "sent") for number in (1, 2, 3)
    ]


def test_what_was_sent_is_kept_and_the_address_is_not(mailing: World, served: Box) -> None:
    remind(mailing)

    with mailing.sessions() as session:
        kept = session.scalars(select(Message).order_by(Message.id)).first()
    assert kept is not None
    assert kept.body == served.taken[0].get_content().replace("\r\n", "\n")
    assert kept.reply == OK
    assert "@" not in f"{kept.address_hash}{kept.body}"
    assert (kept.state, kept.attempts) == ("sent", 1)


def test_a_second_run_of_the_slot_sends_nothing(mailing: World, served: Box) -> None:
    remind(mailing)

    assert run_slot("reminders", reminders_job, TODAY, mailing, again=True) is None
    drain(mailing)

    assert served.recipients == ALL


def test_nothing_is_lost_or_double_when_the_server_comes_back(
    mailing: World, box: Box, hands: HandClock
) -> None:
    remind(mailing)
    assert states(mailing) == ["planned"] * 3
    for minutes in (1, 5, 15):
        hands.pass_by(minutes=minutes)
        drain(mailing)

    with listening(box):
        for _ in range(3):
            hands.pass_by(hours=1)
            drain(mailing)

    assert box.recipients == ALL
    assert states(mailing) == ["sent"] * 3


def test_a_server_that_is_not_there_is_asked_once_a_round(
    mailing: World, own_sessions: sessionmaker[Session]
) -> None:
    remind(mailing)

    with own_sessions() as session:
        attempts = sorted(session.scalars(select(Message.attempts)))
    assert attempts == [0, 0, 1]


def test_an_address_that_is_refused_gets_a_letter(mailing: World, served: Box) -> None:
    served.on_recipient = lambda address: "550 no such user" if "htx2" in address else OK

    remind(mailing)
    drain(mailing)

    assert served.recipients == [ALL[0], ALL[2]]
    assert [one for one in reminders(mailing.sessions) if one[0] == "02/2020/HĐTD"] == [
        ("02/2020/HĐTD", DUE, -7, "email", "suppressed"),
        ("02/2020/HĐTD", DUE, -7, "letter", "planned"),
    ]
    with mailing.sessions() as session:
        replies = session.scalars(select(Message.reply).where(Message.state == "failed")).all()
        reasons = session.scalars(
            select(Reminder.reason).where(Reminder.state == "suppressed")
        ).all()
    assert replies == ["550 no such user"]
    assert reasons == ["bounced"]


@pytest.mark.parametrize("where", ["on_recipient", "on_data"])
def test_what_is_deferred_is_tried_later_and_stops_no_other(
    mailing: World, served: Box, hands: HandClock, where: str
) -> None:
    answers = iter(["451 greylisted", "451 greylisted"])

    def judge(address: str) -> str:
        return next(answers, OK) if "htx1" in address else OK

    setattr(served, where, judge)
    waits = (timedelta(minutes=2), timedelta(minutes=20))
    remind(mailing)
    first = served.recipients
    hands.pass_by(minutes=1, seconds=1)
    drain(mailing, waits)
    hands.pass_by(minutes=19)
    drain(mailing, waits)
    early = served.recipients
    hands.pass_by(minutes=1)
    drain(mailing, waits)

    assert first == ALL[1:]
    assert early == ALL[1:]
    assert served.recipients == ALL


def test_paid_in_between_is_suppressed_with_its_reason(
    mailing: World, box: Box, fund: Fund, hands: HandClock
) -> None:
    remind(mailing)
    repaid(fund, "02/2020/HĐTD", TODAY, 100_000_000 + INTEREST)
    repaid(fund, "03/2020/HĐTD", TODAY, INTEREST)

    with listening(box):
        hands.pass_by(hours=2)
        drain(mailing)

    assert box.recipients == ALL[:1]
    with mailing.sessions() as session:
        query = select(Reminder.reason).where(Reminder.state == "suppressed")
        assert set(session.scalars(query)) == {"paid", "settled"}
    assert [state for *_, state in messages(mailing.sessions)] == [
        "sent",
        "cancelled",
        "cancelled",
    ]


def test_several_loans_of_a_borrower_make_one_mail(
    mailing: World, served: Box, fund: Fund
) -> None:
    a_loan(fund, "99/2020/HĐTD", borrower="htx-so-1", signed_on=SIGNED)

    remind(mailing)

    assert served.recipients == ALL
    body = next(one for one in served.taken if one["To"] == ALL[0]).get_content()
    assert "Hợp đồng 01/2020/HĐTD" in body
    assert "Hợp đồng 99/2020/HĐTD" in body
    assert "1.019.178" in body


def test_without_an_address_it_is_a_letter(mailing: World, served: Box, fund: Fund) -> None:
    owes(fund, 4, email=None)

    remind(mailing)

    assert served.recipients == ALL
    assert ("HTX Số 4", TODAY, "letter", "planned") in messages(mailing.sessions)


def test_who_is_paused_is_not_reminded_until_the_day_after_and_nothing_is_made_up_for(
    mailing: World, box: Box, fund: Fund, hands: HandClock
) -> None:
    """−7 waits when the pause begins, −3 falls into it; "today" is of the day after."""
    remind(mailing)
    asked = Pause(
        borrower_id=borrower_of(fund, "htx-so-2"),
        reason=PauseReason.PROMISE,
        last_day=date(2020, 6, 7),
    )
    pause_reminders(fund.session, asked, fund.officer, hands)

    with listening(box):
        hands.pass_by(hours=1)
        drain(mailing)
        paused = box.recipients
        for day in (5, 8):
            hands.instant = at_office(date(2020, 6, day)).instant
            remind(mailing)

    assert paused == [ALL[0], ALL[2]]
    own = [one[2:] for one in reminders(mailing.sessions) if one[0] == "02/2020/HĐTD"]
    assert own == [
        (-7, "email", "suppressed"),
        (-3, "email", "suppressed"),
        (0, "email", "sent"),
    ]
    with mailing.sessions() as session:
        query = select(Reminder.reason).where(Reminder.state == "suppressed")
        assert session.scalars(query).all() == ["paused", "paused"]


def test_a_pause_that_is_ended_lets_the_next_rule_speak(
    mailing: World, served: Box, fund: Fund, hands: HandClock
) -> None:
    number = borrower_of(fund, "htx-so-2")
    asked = Pause(borrower_id=number, reason=PauseReason.DISPUTE, last_day=date(2020, 6, 30))
    pause_reminders(fund.session, asked, fund.officer, hands)
    remind(mailing)
    before = served.recipients
    resume_reminders(fund.session, number, fund.manager, hands)
    hands.instant = at_office(date(2020, 6, 5)).instant
    remind(mailing)

    assert before == [ALL[0], ALL[2]]
    assert served.recipients == sorted([ALL[0], ALL[2], *ALL])


def borrower_of(fund: Fund, code: str) -> int:
    return fund.session.scalars(select(Borrower.id).where(Borrower.code == code)).one()


def test_while_held_nothing_goes_out(
    mailing: World, served: Box, fund: Fund, hands: HandClock
) -> None:
    with pytest.raises(PermissionDeniedError):
        hold_reminders(fund.session, fund.manager, hands, held=True)
    hold_reminders(fund.session, fund.admin, hands, held=True)
    remind(mailing)
    assert served.taken == []

    hold_reminders(fund.session, fund.admin, hands, held=False)
    drain(mailing)

    assert served.recipients == ALL


@pytest.mark.parametrize(("hour", "count"), [(7, 0), (8, 3), (19, 3), (20, 0)])
def test_mails_go_out_from_eight_to_eight(
    mailing: World, served: Box, hands: HandClock, hour: int, count: int
) -> None:
    hands.instant = at_office(TODAY, hour, 59 if hour == 19 else 0).instant

    remind(mailing)

    assert len(served.taken) == count


def test_mails_do_not_go_out_on_a_day_off(
    mailing: World, box: Box, fund: Fund, hands: HandClock
) -> None:
    """What could not go on Monday waits until Wednesday: Tuesday is a holiday here."""
    a_holiday(fund, hands, date(2020, 6, 2))
    remind(mailing)
    hands.pass_by(days=1)

    with listening(box):
        remind(mailing)
        on_the_day_off = box.recipients
        hands.pass_by(days=1)
        remind(mailing)

    assert on_the_day_off == []
    assert box.recipients == ALL


def a_holiday(fund: Fund, hands: HandClock, day: date) -> None:
    days_off = SetSetting(key="holidays", value=[day.isoformat()], valid_from=TODAY)
    set_setting(fund.session, days_off, fund.accountant, hands, fund.manager)


def test_a_due_on_a_day_off_is_named_the_working_day_before_with_what_else_that_day_brings(
    mailing: World, served: Box, fund: Fund, hands: HandClock
) -> None:
    """The 8th is a holiday: its "today" goes on Friday, the 5th, with −3 of that day."""
    a_holiday(fund, hands, DUE)
    hands.instant = at_office(date(2020, 6, 5)).instant

    remind(mailing)

    assert served.recipients == ALL
    assert served.taken[0]["Subject"] == "Nhắc trả nợ đến hạn ngày 08/06/2020 – HTX Số 1"
    body = served.taken[0].get_content()
    assert "Đến hạn 08/06/2020 (còn 3 ngày): lãi" in body
    assert "Hôm đó là ngày lễ, Quỹ nghỉ: xin nộp chậm nhất 05/06/2020." in body
    assert "hôm nay" not in body.casefold()
    assert body.count("509.589") == 2  # the due and what is to pay, each once
    assert [(rule, state) for _, _, rule, _, state in reminders(mailing.sessions)] == [
        (-3, "sent"),
        (0, "sent"),
    ] * 3


def test_the_next_day_s_mail_takes_over_all_that_waited(
    mailing: World, box: Box, fund: Fund, hands: HandClock
) -> None:
    """Two loans of one borrower wait on Monday; on Tuesday a third joins them in one mail."""
    a_loan(fund, "91/2020/HĐTD", borrower="htx-so-1", signed_on=SIGNED)
    a_loan(fund, "92/2020/HĐTD", borrower="htx-so-1", signed_on=SIGNED.replace(day=9))
    remind(mailing)
    hands.pass_by(days=1)

    with listening(box):
        remind(mailing)

    (mail,) = [one for one in box.taken if one["To"] == ALL[0]]
    body = mail.get_content()
    assert all(f"Hợp đồng {one}/2020/HĐTD" in body for one in ("01", "91", "92"))
    assert states(mailing) == ["sent"] * 5
    assert [state for *_, state in messages(mailing.sessions)] == [
        "merged",
        "sent",
        "sent",
        "sent",
    ]


def test_a_bounce_after_the_day_s_letter_was_printed_has_a_letter_of_its_own(
    mailing: World, served: Box, fund: Fund, hands: HandClock
) -> None:
    owes(fund, 4, email=None)
    served.on_recipient = lambda address: "550 no such user" if "htx2" in address else OK
    borrower = fund.session.scalars(select(Borrower).where(Borrower.code == "htx-so-2")).one()
    fund.session.add(
        Message(
            borrower_id=borrower.id,
            channel="letter",
            day=TODAY,
            state="sent",
            attempts=1,
            runner="",
            recorded_at=hands.now(),
        )
    )
    fund.session.commit()
    remind(mailing)
    hands.pass_by(days=1)
    remind(mailing)

    letters = [one for one in messages(mailing.sessions) if one[::2] == ("HTX Số 2", "letter")]
    assert letters == [("HTX Số 2", TODAY, "letter", state) for state in ("sent", "planned")]


def test_mails_that_wait_for_an_address_that_is_gone_become_letters(
    mailing: World, box: Box, fund: Fund, hands: HandClock
) -> None:
    remind(mailing)
    borrower = fund.session.scalars(select(Borrower).where(Borrower.code == "htx-so-2")).one()
    borrower.email = None
    fund.session.commit()
    hands.pass_by(days=1)

    with listening(box):
        remind(mailing)

    assert box.recipients == [ALL[0], ALL[2]]
    assert [one[3:] for one in reminders(mailing.sessions) if one[0] == "02/2020/HĐTD"] == [
        ("email", "suppressed"),
        ("letter", "planned"),
    ]


def test_what_was_not_sent_within_three_days_lapses(
    mailing: World, box: Box, hands: HandClock
) -> None:
    remind(mailing)
    for _ in range(3):
        hands.pass_by(days=1)
        remind(mailing)
    assert "lapsed" not in states(mailing)
    hands.pass_by(days=1)
    remind(mailing)

    lapsed = [(rule, state) for _, _, rule, _, state in reminders(mailing.sessions)]

    assert lapsed == [(-7, "lapsed"), (-3, "planned")] * 3
    with listening(box):
        hands.pass_by(days=3)
        drain(mailing)
    assert [mail["Subject"] for mail in box.taken] == [
        f"Hôm nay 08/06/2020 đến hạn trả nợ – HTX Số {number}" for number in (1, 2, 3)
    ]


def test_days_that_were_missed_are_made_up_for_once(
    mailing: World, served: Box, hands: HandClock
) -> None:
    remind(mailing, date(2020, 5, 29))
    assert served.taken == []
    hands.pass_by(days=2)

    remind(mailing)
    hands.pass_by(days=1)
    remind(mailing)

    assert served.recipients == ALL
    assert states(mailing) == ["sent"] * 3


def test_a_longer_stop_is_said_to_have_let_rules_lapse(
    mailing: World, served: Box, hands: HandClock
) -> None:
    remind(mailing, date(2020, 5, 29))
    hands.instant = at_office(DUE).instant

    remind(mailing)

    assert [(rule, state) for _, _, rule, _, state in reminders(mailing.sessions)] == [
        (-7, "lapsed"),
        (-3, "sent"),
        (0, "sent"),
    ] * 3
    assert served.recipients == ALL


def test_what_a_notice_asks_for_is_due_on_a_working_day(
    mailing: World, served: Box, hands: HandClock
) -> None:
    """Eleven days after Tuesday, 23 June 2020, are Saturday, 4 July: Monday, the 6th."""
    asked = SetSetting(key="notice_days", value=11, valid_from=date(2015, 1, 1))
    with mailing.sessions() as session:
        operator = command_line(session, now=hands.now())
        set_setting(session, asked, operator, hands)
    hands.instant = at_office(date(2020, 6, 23)).instant
    remind(mailing)

    mail = next(one for one in served.taken if one["To"] == ALL[0])
    assert "chậm nhất ngày 06/07/2020" in notice_text(mail)


def test_the_notice_rule_sends_a_numbered_notice_along(
    mailing: World, served: Box, hands: HandClock
) -> None:
    """15 days after 8 June is Tuesday, the 23rd; 30 days after, Wednesday, 8 July."""
    hands.instant = at_office(date(2020, 6, 23)).instant
    remind(mailing)
    hands.instant = at_office(date(2020, 7, 8)).instant
    remind(mailing)

    first, *_, last = [mail for mail in served.taken if mail["To"] == ALL[0]]
    assert [part.get_filename() for part in first.iter_attachments()] == [
        "Thong-bao_01-TB-QHT.pdf"
    ]
    text = notice_text(first)
    assert "Số: 01/TB-QHT" in text
    assert "(Lần thứ 1)" in text
    assert "1 08/06/2020 09/06/2020 15 – 509.589 509.589" in text
    assert "chậm nhất ngày 03/07/2020" in text
    second = notice_text(last)
    assert "(Lần thứ 2)" in second
    assert "Quỹ đã gửi các thông báo trước: số 01/TB-QHT ngày 23/06/2020." in second
    assert "1 08/06/2020 09/06/2020 30 – 509.589 509.589" in second


def notice_text(mail: EmailMessage) -> str:
    (attached,) = mail.iter_attachments()
    return words_of(attached.get_content())


def test_a_notice_is_issued_once_however_often_the_mail_is_tried(
    mailing: World, served: Box, hands: HandClock, own_sessions: sessionmaker[Session]
) -> None:
    hands.instant = at_office(date(2020, 6, 23)).instant
    served.on_data = lambda _address: "451 later"
    remind(mailing)
    served.on_data = takes_all
    hands.pass_by(minutes=2)
    drain(mailing)

    with own_sessions() as session:
        numbers = session.scalars(select(Dispatch.number).order_by(Dispatch.document_id)).all()
    assert list(numbers) == ["01/TB-QHT", "02/TB-QHT", "03/TB-QHT"]
    assert served.recipients == ALL
