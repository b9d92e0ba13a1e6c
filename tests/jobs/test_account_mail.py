"""Mails about accounts to a real server: links that stand in no row, nobody kept waiting."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from loanfund.domain.errors import NotFoundError, PermissionDeniedError
from loanfund.domain.permission import Actor, Role
from loanfund.jobs.leader import Lease
from loanfund.jobs.outbox import drain_accounts
from loanfund.jobs.running import World, run_slot
from loanfund.jobs.schedule import SCHEDULE
from loanfund.jobs.scheduler import Scheduler
from loanfund.models.audit import AuditLine
from loanfund.models.message import AccountMail
from loanfund.models.position import CachedPosition
from loanfund.models.user import PasswordLink, User
from loanfund.queries.user import session_of, users
from loanfund.services.account_mail import ask_reset
from loanfund.services.reminder import hold_reminders
from loanfund.services.sign_in import (
    ChangePassword,
    SetPassword,
    SignIn,
    change_password,
    set_password,
    sign_in,
)
from loanfund.services.user import AddUser, add_user, choose_language, disable_user, mail_link
from loanfund.store.audit import read_head
from tests.builders import Fund
from tests.jobs.hand_clock import HandClock, at_office
from tests.jobs.smtp import OK, Box, listening, post_at
from tests.people import CHEAP, PASSWORD, WHY, a_user

pytestmark = pytest.mark.slow

LINK = re.compile(r"https://quy\.example\.vn/password/(\S+)")
NEW = "moi@quy.example.vn"
SUNDAY = date(2020, 6, 7)


@pytest.fixture(name="mailing")
def a_mailing_world(world: World, box: Box) -> World:
    return replace(world, post=post_at(box.port))


@pytest.fixture
def admin(own_sessions: sessionmaker[Session]) -> Actor:
    """The administrator of a fund that somebody new has just come to."""
    with own_sessions() as session:
        admin = a_user(session, Role.ADMIN)
        person = AddUser(email=NEW, name="Lê Thị Mới", role=Role.OFFICER)
        add_user(session, person, admin, now=at_office(date(2020, 6, 1)).instant)
    return admin


def invited(world: World, admin: Actor) -> None:
    with world.sessions() as session:
        mail_link(session, NEW, admin, now=world.clock.now())


def secret_in(mail: EmailMessage) -> str:
    found = LINK.search(mail.get_content())
    assert found is not None, mail.get_content()
    return found[1]


def chooses(world: World, secret: str) -> None:
    with world.sessions() as session:
        chosen = SetPassword(link=secret, password=PASSWORD)
        set_password(session, chosen, now=world.clock.now(), hasher=CHEAP)


def typed(person: Actor) -> SignIn:
    return SignIn(email=person.email, password=PASSWORD, address="192.0.2.7")


def states(world: World) -> list[tuple[str, str, int]]:
    with world.sessions() as session:
        rows = session.scalars(select(AccountMail).order_by(AccountMail.id))
        return [(row.kind, row.state, row.attempts) for row in rows]


def test_an_invitation_goes_out_at_night_and_while_reminders_are_held(
    mailing: World, served: Box, admin: Actor, hands: HandClock
) -> None:
    hands.instant = at_office(SUNDAY, 23).instant
    with mailing.sessions() as session:
        hold_reminders(session, admin, hands, held=True)
    invited(mailing, admin)

    scheduler = Scheduler(mailing, Lease(mailing.sessions, "test", hands))
    scheduler.send_mails()
    scheduler.send_mails()

    (mail,) = served.taken
    assert (mail["To"], mail["Subject"]) == (NEW, "Mời đặt mật khẩu vào sổ tín dụng của Quỹ")
    body = mail.get_content()
    assert "Kính gửi Lê Thị Mới," in body
    assert "dùng được một lần, đến 08/06/2020 23:00." in body
    chooses(mailing, secret_in(mail))


def test_the_secret_stands_nowhere_but_in_the_mail(
    mailing: World, served: Box, admin: Actor
) -> None:
    invited(mailing, admin)
    drain_accounts(mailing)

    secret = secret_in(served.taken[0])

    with mailing.sessions() as session:
        rows = [
            vars(row)
            for table in (AccountMail, PasswordLink, User, AuditLine)
            for row in session.scalars(select(table)).all()
        ]
        (line,) = session.scalars(select(AuditLine).where(AuditLine.action == "mail_link"))
    assert secret not in str(rows)
    assert line.facts == {"email": NEW, "role": "officer", "kind": "invitation"}


def test_who_asks_in_english_is_told_in_english(
    mailing: World, served: Box, admin: Actor
) -> None:
    with mailing.sessions() as session:
        session.execute(update(User).where(User.email == NEW).values(language="en"))
        session.commit()
    invited(mailing, admin)

    drain_accounts(mailing)

    assert served.taken[0]["Subject"] == "Choose your password for the fund's loan book"
    assert "Dear Lê Thị Mới," in served.taken[0].get_content()


def test_a_deferred_mail_comes_later_with_a_link_that_holds_from_then(
    mailing: World, served: Box, admin: Actor, hands: HandClock
) -> None:
    answers = iter(["451 greylisted"])
    served.on_data = lambda _address: next(answers, OK)
    invited(mailing, admin)
    drain_accounts(mailing)
    drain_accounts(mailing)
    assert states(mailing) == [("invitation", "planned", 1)]

    hands.pass_by(minutes=2)
    drain_accounts(mailing)

    (mail,) = served.taken
    assert "đến 02/06/2020 09:02." in mail.get_content()
    assert states(mailing) == [("invitation", "sent", 2)]
    hands.pass_by(hours=23, minutes=59)
    chooses(mailing, secret_in(mail))


def test_a_mail_that_may_have_gone_out_goes_again_and_both_links_hold(
    mailing: World, served: Box, admin: Actor, hands: HandClock
) -> None:
    """Whoever sent the first died before writing down that the server had taken it."""
    invited(mailing, admin)
    drain_accounts(mailing)
    with mailing.sessions() as session:
        session.execute(update(AccountMail).values(state="sending", claimed_at=hands.now()))
        session.commit()

    hands.pass_by(minutes=16)
    drain_accounts(mailing)

    first, second = served.taken
    assert first["Message-ID"] == second["Message-ID"]
    chooses(mailing, secret_in(first))
    with pytest.raises(NotFoundError):
        chooses(mailing, secret_in(second))


def test_an_address_that_is_refused_is_seen_in_the_list(
    mailing: World, served: Box, admin: Actor
) -> None:
    served.on_recipient = lambda _address: "550 no such user"
    invited(mailing, admin)

    drain_accounts(mailing)

    with mailing.sessions() as session:
        (mail,) = [one.invitation for one in users(session) if one.email == NEW]
    assert mail is not None
    assert (mail.state, mail.reply) == ("failed", "550 no such user")


def test_what_waited_too_long_and_what_nobody_is_to_get_is_not_sent(
    mailing: World, box: Box, admin: Actor, hands: HandClock
) -> None:
    invited(mailing, admin)
    hands.pass_by(days=3)
    with listening(box):
        drain_accounts(mailing)
        assert states(mailing) == [("invitation", "lapsed", 0)]
        invited(mailing, admin)
        with mailing.sessions() as session:
            disable_user(session, NEW, WHY, admin, now=hands.now())
        drain_accounts(mailing)

    assert box.taken == []
    assert states(mailing) == [("invitation", "lapsed", 0)]


def test_a_new_link_ends_the_one_before(
    mailing: World, served: Box, admin: Actor, hands: HandClock
) -> None:
    for _ in range(2):
        invited(mailing, admin)
        drain_accounts(mailing)
        hands.instant += timedelta(minutes=1)

    first, second = (secret_in(mail) for mail in served.taken)

    with pytest.raises(NotFoundError):
        chooses(mailing, first)
    chooses(mailing, second)


def asked(world: World, *emails: str) -> None:
    for email in emails:
        with world.sessions() as session:
            ask_reset(session, email, now=world.clock.now())


def test_who_forgot_gets_a_link_for_half_an_hour_and_nobody_else_a_mail(
    mailing: World, served: Box, admin: Actor, hands: HandClock
) -> None:
    with mailing.sessions() as session:
        gone = a_user(session, Role.ACCOUNTANT)
        disable_user(session, gone.email, WHY, admin, now=hands.now())
    asked(mailing, "nobody@quy.vn", NEW, gone.email, admin.email.upper(), admin.email)

    drain_accounts(mailing)

    (mail,) = served.taken
    assert (mail["To"], mail["Subject"]) == (admin.email, "Đặt lại mật khẩu")
    assert "dùng được một lần, đến 01/06/2020 09:30." in mail.get_content()
    assert [one for one in states(mailing) if one[0] == "reset"] == [("reset", "sent", 1)]
    hands.pass_by(minutes=30)
    with pytest.raises(NotFoundError):
        chooses(mailing, secret_in(mail))


def test_a_new_password_ends_every_session_and_the_wait_after_failures(
    mailing: World, served: Box, admin: Actor, hands: HandClock
) -> None:
    wrong = replace(typed(admin), password="không phải mật khẩu")
    with mailing.sessions() as session:
        token = sign_in(session, typed(admin), now=hands.now(), hasher=CHEAP)
        for _ in range(5):
            with pytest.raises(PermissionDeniedError):
                sign_in(session, wrong, now=hands.now(), hasher=CHEAP)
    asked(mailing, admin.email)
    drain_accounts(mailing)

    chooses(mailing, secret_in(served.taken[0]))

    with mailing.sessions() as session:
        assert session_of(session, token, now=hands.now()) is None
        assert sign_in(session, typed(admin), now=hands.now(), hasher=CHEAP)
        query = select(AuditLine.action, AuditLine.facts).order_by(AuditLine.id)
        lines = [tuple(row) for row in session.execute(query)]
    made = ("mail_link", {"email": admin.email, "role": "admin", "kind": "reset"})
    entered = ("sign_in", {"network": "192.0.2.7"})
    assert lines[-3:] == [made, ("set_password", {}), entered]


def test_whose_password_changed_is_told_in_their_language(
    mailing: World, served: Box, admin: Actor, hands: HandClock
) -> None:
    """Sent at night too, with the minute it happened; the first password is no news."""
    drain_accounts(mailing)
    assert served.taken == []
    hands.instant = at_office(SUNDAY, 21, 7).instant
    with mailing.sessions() as session:
        choose_language(session, "en", admin)
        token = sign_in(session, typed(admin), now=hands.now(), hasher=CHEAP)
        change = ChangePassword(
            current=PASSWORD, password=f"{PASSWORD} 2", token=token, address="192.0.2.7"
        )
        change_password(session, change, admin, now=hands.now(), hasher=CHEAP)
    hands.pass_by(minutes=10)

    drain_accounts(mailing)

    (mail,) = served.taken
    assert (mail["To"], mail["Subject"]) == (
        admin.email,
        "The password of your account was set",
    )
    body = mail.get_content()
    assert "was set or changed at 07/06/2020 21:07." in body
    assert "at https://quy.example.vn and tell the fund at once" in body
    assert "/password/" not in body


def test_whose_password_was_set_by_a_link_is_told(
    mailing: World, served: Box, admin: Actor
) -> None:
    asked(mailing, admin.email)
    drain_accounts(mailing)
    chooses(mailing, secret_in(served.taken[0]))

    drain_accounts(mailing)

    reset, told = served.taken
    assert (told["To"], told["Subject"]) == (reset["To"], "Mật khẩu của tài khoản vừa được đặt")


def test_a_request_that_nobody_could_answer_for_an_hour_is_forgotten(
    mailing: World, box: Box, admin: Actor, hands: HandClock
) -> None:
    asked(mailing, admin.email)
    drain_accounts(mailing)
    hands.pass_by(hours=1)

    with listening(box):
        drain_accounts(mailing)

    assert box.taken == []
    assert ("reset", "lapsed", 1) in states(mailing)


def test_auditors_are_told_at_night_how_far_the_audit_log_goes(
    mailing: World, served: Box, admin: Actor
) -> None:
    with mailing.sessions() as session:
        auditor = a_user(session, Role.AUDITOR)
        gone = a_user(session, Role.AUDITOR, email="da-nghi@quy.example.vn")
        disable_user(session, gone.email, WHY, admin, now=mailing.clock.now())
    drain_accounts(mailing)
    served.taken.clear()

    run_slot("verify", SCHEDULE["verify"], date(2020, 6, 1), mailing)
    drain_accounts(mailing)

    (mail,) = served.taken
    with mailing.sessions() as session:
        head = read_head(session)
    assert (mail["To"], mail["Subject"]) == (auditor.email, "Mã nhật ký của Quỹ")
    body = mail.get_content()
    assert f"có dòng cuối là {head.line}, với mã:\n\n{head.hash}\n" in body
    assert "Kiểm tra sổ ngày 01/06/2020: không có sai lệch." in body
    assert "https://quy.example.vn/audit/chain" in body


def test_auditors_are_told_what_the_night_found(
    mailing: World, served: Box, fund: Fund
) -> None:
    with mailing.sessions() as session:
        session.execute(update(CachedPosition).values(frozen_days=3))
        session.commit()

    run_slot("verify", SCHEDULE["verify"], date(2020, 6, 1), mailing)
    drain_accounts(mailing)

    (mail,) = served.taken
    assert mail["To"] == fund.auditor.email
    assert "Kiểm tra sổ ngày 01/06/2020: 3 sai lệch." in mail.get_content()
