"""The reminders page: what goes out next, what waits, what went; by role and language."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from zipfile import ZipFile

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.mail import Answer, Outcome
from loanfund.models.borrower import Borrower
from loanfund.models.message import Message
from loanfund.models.reminder import Reminder
from loanfund.services._notice import Issuer
from loanfund.services._outbox import Outgoing, Written
from loanfund.services.message import settle_message, take_message
from loanfund.services.reminder import PlanReminders, plan_reminders
from loanfund.services.statement import IssueStatement, issue_statement
from loanfund.services.user import command_line
from tests.builders import Fund
from tests.jobs.owing import an_owing_fund, owes
from tests.prepared import prepared
from tests.site import Browser, Site

TODAY = date(2020, 6, 1)
SEES = (Role.OFFICER, Role.ACCOUNTANT, Role.MANAGER, Role.AUDITOR)


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    """Three borrowers with an address and one without, all with a due on 8 June."""
    fund = an_owing_fund(session, clock)
    owes(fund, 4, email=None)
    return fund


@pytest.fixture
def officer(site: Site) -> Browser:
    return site.sign_in(Role.OFFICER)


def planned(session: Session, clock: FixedClock, *, has_mail: bool = True) -> list[int]:
    """Plan today's reminders of everybody, and give the mails by borrower."""
    for borrower_id in session.scalars(select(Borrower.id)).all():
        asked = PlanReminders(
            borrower_id=borrower_id, first=TODAY, day=TODAY, has_mail=has_mail
        )
        plan_reminders(session, asked, clock)
    query = select(Message.id).where(Message.channel == "email").order_by(Message.borrower_id)
    return list(session.scalars(query))


def sent(session: Session, clock: FixedClock, message_id: int, answer: Answer) -> Outgoing:
    issuer = Issuer(command_line(session, now=clock.now()), clock, lambda *_: b"%PDF")
    written = Written("Chủ đề", "Nội dung <b>", "t-1")
    outgoing = take_message(
        session, message_id, "test", lambda _told, _enclosed: written, issuer
    )
    assert outgoing is not None
    settle_message(session, outgoing, answer, clock)
    return outgoing


@pytest.mark.parametrize("role", SEES)
def test_the_fund_s_people_see_it(site: Site, role: Role) -> None:
    page = site.sign_in(role).get("/reminders")

    assert page.status_code == 200
    assert 'aria-current="page">Nhắc nợ' in page.text


@pytest.mark.usefixtures("fund")
def test_others_do_not(site: Site, session: Session) -> None:
    cooperative = session.scalars(select(Borrower.id)).first()
    admin = site.sign_in(Role.ADMIN)
    htx = site.sign_in(Role.COOPERATIVE, borrower_id=cooperative)

    assert admin.get("/reminders").status_code == 403
    assert htx.get("/reminders").status_code == 404
    assert site.stranger().get("/reminders").status_code == 302


@pytest.mark.usefixtures("fund")
def test_the_next_working_day_is_shown_before_it_comes(
    officer: Browser, session: Session
) -> None:
    """8 June less 3 is Friday, the 5th; on Tuesday, the 2nd, there is nothing."""
    page = officer.get("/reminders").text

    assert "Ngày mai, 02/06/2020, lúc 08:00 sẽ gửi 0 tin, in 0 thư" in page
    assert "Không có khoản nào cần nhắc" in page
    assert session.scalars(select(Message)).all() == []


@pytest.mark.usefixtures("fund")
def test_what_is_planned_waits_in_the_log_and_letters_apart(
    officer: Browser, session: Session, clock: FixedClock
) -> None:
    planned(session, clock)

    page = officer.get("/reminders").text

    assert "1 thư giấy chờ in" in page
    assert page.count("chờ gửi</span>") == 4
    assert "HTX Số 4" in page


@pytest.mark.usefixtures("fund")
def test_the_log_says_how_each_was_taken(
    officer: Browser, session: Session, clock: FixedClock
) -> None:
    first, second, third = planned(session, clock)
    sent(session, clock, first, Answer(Outcome.SENT, "250 queued"))
    sent(session, clock, second, Answer(Outcome.REFUSED, "550 no <such> user"))
    sent(session, clock, third, Answer(Outcome.DEFERRED, "451 later"))

    page = officer.get("/reminders").text
    failed = officer.get("/reminders?state=failed").text
    read = officer.get(f"/reminders/{first}").text
    bounced = officer.get(f"/reminders/{second}").text

    assert "250 queued" in page
    assert "550 no &lt;such&gt; user" in page
    assert "đã thử 1 lần" in page
    assert "2 thư giấy chờ in" in page
    assert "451 later" not in failed
    assert "Nội dung &lt;b&gt;" in read
    assert "trước hạn 7 ngày" in read
    assert "máy chủ nhận thư từ chối địa chỉ" in bounced


@pytest.mark.usefixtures("fund")
def test_what_lapsed_is_shown_as_such_wherever_the_officer_begins(
    officer: Browser, session: Session, clock: FixedClock
) -> None:
    """What was to be said on 26 May cannot be said on 1 June any more."""
    for borrower_id in session.scalars(select(Borrower.id)).all():
        asked = PlanReminders(
            borrower_id=borrower_id, first=date(2020, 5, 20), day=TODAY, has_mail=True
        )
        plan_reminders(session, asked, clock)
    first, second, *_ = session.scalars(select(Reminder).order_by(Reminder.id))
    first.send_on = second.send_on = date(2020, 5, 26)
    session.commit()
    planned(session, clock)

    shown = "2 lần nhắc của bảy ngày qua không gửi được"
    assert shown in officer.get("/reminders").text
    assert shown in officer.get("/today").text
    lapsed = officer.get("/reminders/each?state=lapsed").text
    assert lapsed.count("quá hạn gửi</span>") == 2
    assert "01/2020/HĐTD" in lapsed
    assert "26/05/2020" in lapsed
    assert "trước hạn 7 ngày" in lapsed
    assert "03/2020/HĐTD" not in lapsed
    assert "03/2020/HĐTD" in officer.get("/reminders/each").text
    log = officer.get("/reminders?state=lapsed").text
    assert log.count("quá hạn gửi</span>") == 2


@pytest.mark.parametrize("query", ["state=other", "page=x", "page=99999999999"])
def test_a_made_up_address_is_refused(officer: Browser, query: str) -> None:
    assert officer.get(f"/reminders?{query}").status_code == 422


def test_a_message_that_never_was_is_not_found(officer: Browser) -> None:
    assert officer.get("/reminders/123456").status_code == 404


@pytest.mark.usefixtures("fund")
def test_it_reads_in_english_and_the_mail_stays_vietnamese(
    officer: Browser, sessions: sessionmaker[Session], clock: FixedClock
) -> None:
    with sessions() as session:
        first, *_ = planned(session, clock)
    officer.get("/reminders")
    officer.post("/language", {"language": "en"})

    page = officer.get("/reminders").text
    message = officer.get(f"/reminders/{first}").text

    assert "Tomorrow, 02/06/2020, at 08:00: 0 mails to send, 0 letters to print" in page
    assert "7 days before" in message


@pytest.mark.usefixtures("fund")
def test_a_month_s_statements_come_as_one_archive(
    officer: Browser, sessions: sessionmaker[Session], clock: FixedClock
) -> None:
    with sessions() as session:
        actor = command_line(session, now=clock.now())
        for number in (1, 2):
            request = IssueStatement(
                contract_number=f"0{number}/2020/HĐTD",
                period_from=date(2020, 5, 1),
                period_to=date(2020, 5, 31),
            )
            for _ in range(number):
                issue_statement(session, request, actor, clock, lambda *_: b"%PDF-sk")

    page = officer.get("/reminders").text
    archive = ZipFile(BytesIO(officer.get("/statements/2020-05.zip").data))

    assert "Tháng 05/2020" in page
    assert "2 khoản vay" in page
    assert archive.namelist() == [
        "Sao-ke_01-2020-HĐTD_2020-05-31.pdf",
        "Sao-ke_02-2020-HĐTD_2020-05-31.pdf",
    ]
    assert archive.read(archive.namelist()[0]) == b"%PDF-sk"


@pytest.mark.parametrize(
    "path",
    [
        "/letters/1",
        "/letters/1.pdf",
        "/statements/2020-05.zip",
        "/statements/2020-13.zip",
        "/notice/TB-2020/000001.pdf",
    ],
)
def test_papers_that_are_not_there_are_not_found(officer: Browser, path: str) -> None:
    assert officer.get(path).status_code == 404
