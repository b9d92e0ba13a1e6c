"""Notices that are signed: approved by a manager, marked as signed, then sent, or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from email.message import EmailMessage

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from loanfund.domain.errors import PermissionDeniedError
from loanfund.domain.reminder import PauseReason
from loanfund.jobs.outbox import drain
from loanfund.jobs.reminders import reminders as reminders_job
from loanfund.jobs.running import World, run_slot
from loanfund.models.audit import AuditLine
from loanfund.models.borrower import Borrower
from loanfund.models.document import Document
from loanfund.models.message import Dispatch, Message
from loanfund.queries.letter import letter_files
from loanfund.queries.signing import NoticeToSign, count_to_sign, notices_in_step
from loanfund.services._notice import Issuer
from loanfund.services._setting import SetSetting
from loanfund.services.letter import HandOver, hand_over, print_letters
from loanfund.services.reminder_pause import Pause, pause_reminders
from loanfund.services.setting import set_setting
from loanfund.services.signing import (
    Signing,
    approve_notices,
    discard_notices,
    sign_notices,
)
from loanfund.store.message import TO_APPROVE, TO_SIGN
from tests.builders import Fund, repaid
from tests.jobs.hand_clock import HandClock, at_office
from tests.jobs.month import rendered
from tests.jobs.owing import an_owing_fund, reminders
from tests.jobs.smtp import OK, Box, post_at
from tests.papers import a_pdf, words_of

pytestmark = pytest.mark.slow

NOTICED = date(2020, 6, 23)  # 15 days after the due of 8 June
DEADLINE = date(2020, 7, 3)


@pytest.fixture(name="fund")
def the_owing_fund(own_sessions: sessionmaker[Session], hands: HandClock) -> Iterator[Fund]:
    with own_sessions() as session:
        fund = an_owing_fund(session, hands, borrowers=1)
        asked = SetSetting(key="notices_signed", value=True, valid_from=date(2020, 1, 1))
        set_setting(session, asked, fund.accountant, hands, fund.manager)
        yield fund


@pytest.fixture(name="mailing")
def a_mailing_world(world: World, served: Box, fund: Fund, hands: HandClock) -> World:
    """A world in which the notice of 23 June waits to be approved."""
    assert fund.clock is not None
    mailing = replace(world, post=post_at(served.port))
    remind(mailing, hands, NOTICED)
    return mailing


def remind(world: World, hands: HandClock, day: date) -> None:
    hands.instant = at_office(day).instant
    report = run_slot("reminders", reminders_job, day, world)
    assert report is not None
    assert report.failed == 0


def approved(fund: Fund) -> Signing:
    ids = [one.paper_id for one in in_step(fund, TO_APPROVE)]
    return approve_notices(fund.session, ids, issuer(fund, "manager"))


def signed(fund: Fund) -> Signing:
    ids = [one.paper_id for one in in_step(fund, TO_SIGN)]
    return sign_notices(fund.session, ids, issuer(fund, "officer"))


def issuer(fund: Fund, role: str) -> Issuer:
    return Issuer(getattr(fund, role), fund.clock, rendered)


def in_step(fund: Fund, step: str) -> tuple[NoticeToSign, ...]:
    found = notices_in_step(fund.session, step)
    fund.session.rollback()  # so that others may write
    return found


def waiting(fund: Fund) -> tuple[int, int]:
    found = count_to_sign(fund.session)
    fund.session.rollback()
    return found.to_approve, found.to_sign


def notices(world: World) -> list[tuple[str, str]]:
    """Every number and what became of it."""
    with world.sessions() as session:
        query = select(Dispatch.number, Dispatch.state).order_by(Dispatch.document_id)
        return [(row[0], row[1]) for row in session.execute(query)]


def ends(world: World, rule: int = 15) -> list[tuple[str, str]]:
    return [one[3:] for one in reminders(world.sessions) if one[2] == rule]


def attached(mail: EmailMessage) -> list[bytes]:
    return [one.get_content() for one in mail.iter_attachments()]


def test_a_notice_goes_once_it_is_approved_and_signed_as_it_was_signed(
    mailing: World, served: Box, fund: Fund, hands: HandClock
) -> None:
    assert waiting(fund) == (1, 0)
    assert served.taken == []
    assert notices(mailing) == [("01/TB-QHT", "waiting")]
    (seen,) = in_step(fund, TO_APPROVE)
    assert (seen.number, seen.count, seen.channel) == ("01/TB-QHT", 1, "email")
    assert (seen.to_pay.dong, seen.goes_until) == (509_589, date(2020, 7, 2))

    remind(mailing, hands, date(2020, 6, 24))
    assert signed(fund).count == 0  # nobody has approved it yet
    assert approved(fund).count == 1
    drain(mailing)
    assert waiting(fund) == (0, 1)
    assert served.taken == []
    assert signed(fund).count == 1
    drain(mailing)
    drain(mailing)

    (mail,) = served.taken
    with mailing.sessions() as session:
        kept = session.scalars(select(Document.file)).all()
        acts = session.scalars(select(AuditLine.action).order_by(AuditLine.id)).all()
    assert attached(mail) == kept
    body = mail.get_body()
    assert body is not None
    assert "đến hết ngày 23/06/2020" in body.get_content()
    assert "01/TB-QHT" in body.get_content()
    assert notices(mailing) == [("01/TB-QHT", "delivered")]
    assert ends(mailing) == [("email", "sent")]
    assert acts[-3:] == ["issue_overdue_notice", "approve_notice", "sign_notice"]


def test_only_a_manager_approves_and_only_who_may_marks_as_signed(
    mailing: World, fund: Fund
) -> None:
    (one,) = in_step(fund, TO_APPROVE)
    for role in ("officer", "accountant", "admin", "auditor"):
        with pytest.raises(PermissionDeniedError):
            approve_notices(fund.session, [one.paper_id], issuer(fund, role))
    for role in ("accountant", "admin", "auditor"):
        with pytest.raises(PermissionDeniedError):
            sign_notices(fund.session, [one.paper_id], issuer(fund, role))
        with pytest.raises(PermissionDeniedError):
            discard_notices(
                fund.session, [one.paper_id], "x", getattr(fund, role), mailing.clock
            )

    assert waiting(fund) == (1, 0)


@pytest.mark.parametrize("step", ["to_approve", "to_sign", "signed"])
def test_what_is_paid_before_it_goes_is_not_sent(
    mailing: World, served: Box, fund: Fund, hands: HandClock, step: str
) -> None:
    steps_to(fund, step)
    hands.pass_by(hours=1)
    repaid(fund, "01/2020/HĐTD", NOTICED, 509_589)

    assert go_on(fund, step, mailing, hands).count == 0

    assert served.taken == []
    assert waiting(fund) == (0, 0)
    assert notices(mailing) == [("01/TB-QHT", "unsent")]
    assert ends(mailing) == [("email", "suppressed")]


@pytest.mark.parametrize("step", ["to_approve", "to_sign", "signed"])
def test_what_changed_before_it_goes_is_issued_anew_and_approved_again(
    mailing: World, served: Box, fund: Fund, hands: HandClock, step: str
) -> None:
    steps_to(fund, step)
    hands.pass_by(hours=1)
    repaid(fund, "01/2020/HĐTD", NOTICED, 100_000)

    assert go_on(fund, step, mailing, hands).count == 0
    assert waiting(fund) == (1, 0)
    assert notices(mailing) == [("01/TB-QHT", "unsent"), ("02/TB-QHT", "waiting")]
    (seen,) = in_step(fund, TO_APPROVE)
    assert (seen.count, seen.to_pay.dong) == (1, 409_589)
    assert approved(fund).count == 1
    assert signed(fund).count == 1
    drain(mailing)

    assert [mail["To"] for mail in served.taken] == ["htx1@vi-du.example"]
    assert notices(mailing) == [("01/TB-QHT", "unsent"), ("02/TB-QHT", "delivered")]


def steps_to(fund: Fund, step: str) -> None:
    if step != "to_approve":
        approved(fund)
    if step == "signed":
        signed(fund)


def go_on(fund: Fund, step: str, mailing: World, hands: HandClock) -> Signing:
    """Do what comes next: approve, mark as signed, or let the next day look and send."""
    if step == "signed":
        remind(mailing, hands, date(2020, 6, 24))
        return Signing()
    return approved(fund) if step == "to_approve" else signed(fund)


def test_who_is_paused_gets_no_notice(mailing: World, fund: Fund, hands: HandClock) -> None:
    borrower_id = fund.session.scalars(select(Borrower.id)).one()
    fund.session.rollback()
    asked = Pause(
        borrower_id=borrower_id, reason=PauseReason.DISPUTE, last_day=date(2020, 7, 30)
    )
    pause_reminders(fund.session, asked, fund.officer, hands)
    remind(mailing, hands, date(2020, 6, 24))

    assert waiting(fund) == (0, 0)
    assert notices(mailing) == [("01/TB-QHT", "unsent")]
    assert ends(mailing) == [("email", "suppressed")]


def test_what_nobody_signs_lapses_with_its_deadline(
    mailing: World, served: Box, fund: Fund, hands: HandClock
) -> None:
    remind(mailing, hands, date(2020, 7, 2))
    assert waiting(fund) == (1, 0)
    remind(mailing, hands, DEADLINE)

    assert waiting(fund) == (0, 0)
    assert [mail for mail in served.taken if attached(mail)] == []
    assert notices(mailing) == [("01/TB-QHT", "unsent")]
    assert ends(mailing) == [("email", "lapsed")]


def test_what_is_discarded_says_why_and_is_not_sent(
    mailing: World, served: Box, fund: Fund, hands: HandClock
) -> None:
    (one,) = in_step(fund, TO_APPROVE)

    assert discard_notices(fund.session, [one.paper_id], "Hẹn trả", fund.manager, hands) == 1
    assert discard_notices(fund.session, [one.paper_id], "Hẹn trả", fund.manager, hands) == 0
    drain(mailing)

    assert served.taken == []
    assert notices(mailing) == [("01/TB-QHT", "unsent")]
    assert ends(mailing) == [("email", "suppressed")]


@pytest.mark.parametrize("refused", [True, False])
def test_a_letter_brings_the_signed_notice_that_no_mail_can(
    mailing: World, served: Box, fund: Fund, hands: HandClock, *, refused: bool
) -> None:
    """Days later the mail is refused, or the address is gone: the same paper goes by letter."""
    approved(fund)
    if refused:
        served.on_recipient = lambda _address: "550 no such user"
        hands.instant = at_office(date(2020, 6, 29)).instant
        signed(fund)
        drain(mailing)
        served.on_recipient = lambda _address: OK
    else:
        fund.session.scalars(select(Borrower)).one().email = None
        fund.session.commit()
        remind(mailing, hands, date(2020, 6, 29))

    assert served.taken == []
    assert waiting(fund) == (0, 1)
    batch = signed(fund).batch_id
    assert batch is not None
    with mailing.sessions() as session:
        (file,) = letter_files(session, batch)
        (letter,) = session.scalars(select(Message.id).where(Message.batch_id == batch))
    assert "Số: 01/TB-QHT" in words_of(file)
    asked = HandOver(batch_id=batch, message_ids=[letter], day=hands.today())
    hand_over(fund.session, asked, fund.officer, hands)

    assert notices(mailing) == [("01/TB-QHT", "delivered")]
    assert ends(mailing) == [("email", "suppressed"), ("letter", "sent")]


def test_nobody_approves_what_they_had_printed(
    world: World, fund: Fund, hands: HandClock
) -> None:
    remind(world, hands, NOTICED)  # without a mail server: a letter
    printed = print_letters(fund.session, issuer(fund, "manager"), lambda _: a_pdf("letter"))

    assert (printed.batch_id, printed.to_approve) == (None, 1)
    with pytest.raises(PermissionDeniedError) as refusal:
        approved(fund)
    assert refusal.value.reason == "own_notice"
    assert waiting(fund) == (1, 0)


def test_a_second_notice_of_a_loan_waits_for_the_first_and_then_cites_it(
    mailing: World, served: Box, fund: Fund, hands: HandClock
) -> None:
    """The due of 8 July is coming, its reminders go; 30 days after 8 June is 8 July."""
    approved(fund)
    remind(mailing, hands, date(2020, 7, 1))
    signed(fund)
    drain(mailing)
    remind(mailing, hands, date(2020, 7, 8))

    (seen,) = in_step(fund, TO_APPROVE)
    assert (seen.number, seen.count) == ("02/TB-QHT", 2)
    plain = [mail for mail in served.taken if not attached(mail)]
    assert [mail["Subject"][:16] for mail in plain] == ["Nợ quá hạn cần t"]
    assert notices(mailing) == [("01/TB-QHT", "delivered"), ("02/TB-QHT", "waiting")]
