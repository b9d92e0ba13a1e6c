"""The jobs page: for the technical admin alone, who sees no borrower there."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from loanfund.clock import FixedClock
from loanfund.domain.errors import ConflictError
from loanfund.domain.job import PLANS
from loanfund.domain.permission import Role
from loanfund.models.audit import AuditLine
from loanfund.models.job_run import JobRun
from loanfund.models.setting import Setting
from loanfund.queries.reminder import is_held
from loanfund.services.job import Begin, Report, begin_run, finish_run
from tests.books import a_small_book
from tests.site import Browser, Site

TODAY = date(2020, 6, 1)
OTHERS = (Role.OFFICER, Role.ACCOUNTANT, Role.MANAGER, Role.AUDITOR)


@pytest.fixture
def admin(site: Site) -> Browser:
    return site.sign_in(Role.ADMIN)


@pytest.mark.parametrize("role", OTHERS)
@pytest.mark.parametrize("path", ["/jobs", "/jobs/run/1"])
def test_jobs_are_the_admin_s_alone(site: Site, role: Role, path: str) -> None:
    assert site.sign_in(role).get(path).status_code == 403


@pytest.mark.parametrize("path", ["/jobs/interest/run", "/jobs/run/1", "/reminders/held"])
def test_nobody_else_starts_or_holds_anything(site: Site, session: Session, path: str) -> None:
    officer = site.sign_in(Role.OFFICER)
    officer.get("/loans")

    assert officer.post(path).status_code == 403
    assert session.scalars(select(JobRun)).all() == []
    assert session.scalars(select(Setting)).all() == []


def test_every_job_stands_there_with_its_next_run(admin: Browser) -> None:
    page = admin.get("/jobs").text

    assert re.findall(r'action="/jobs/(\w+)/run"', page) == list(PLANS)
    assert "Bộ lập lịch không chạy" in page
    assert 'aria-current="page">Công việc nền' in page


def test_a_job_is_asked_for_and_waits_for_the_scheduler(
    admin: Browser, session: Session
) -> None:
    admin.get("/jobs")

    asked = admin.post("/jobs/classification/run")

    page = admin.get(asked.location).text
    run = session.scalars(select(JobRun)).one()
    assert (run.job, run.slot, run.state) == ("classification", date(2020, 5, 31), "wanted")
    assert "đang chờ" in page
    assert "data-poll" in page
    assert "Nguyễn Thị Hường" in page
    lines = session.scalars(select(AuditLine.action)).all()
    assert "ask_for_run" in lines


def test_a_job_that_never_was_is_not_found(admin: Browser) -> None:
    admin.get("/jobs")

    assert admin.post("/jobs/nothing/run").status_code == 404
    assert admin.get("/jobs/run/1234567").status_code == 404


@pytest.mark.parametrize(
    ("language", "act", "why"),
    [
        ("vi", "Chạy lại phần lỗi", "được người khác ghi"),
        ("en", "Try again what failed", "Somebody else is writing"),
    ],
)
def test_a_run_says_what_did_not_go_through(  # noqa: PLR0913, PLR0917 -- a table of cases
    admin: Browser, session: Session, clock: FixedClock, language: str, act: str, why: str
) -> None:
    run_id = a_run(session, clock, failed=True)
    admin.get("/jobs")
    admin.post("/language", {"language": language})

    page = admin.get(f"/jobs/run/{run_id}").text

    assert "07/2020/HĐTD" in page
    assert act in page
    assert why in page
    assert "data-poll" not in page


def a_run(session: Session, clock: FixedClock, *, failed: bool = False) -> int:
    ticket = begin_run(session, Begin(job="interest", slot=TODAY, runner="test"), clock)
    assert ticket is not None
    report = Report(done=2)
    if failed:
        report.fail("07/2020/HĐTD", ConflictError("busy"))
    finish_run(session, ticket, report, clock)
    return ticket.run_id


def test_what_failed_is_asked_for_again_and_what_is_done_is_not(
    admin: Browser, session: Session, clock: FixedClock
) -> None:
    run_id = a_run(session, clock, failed=True)
    admin.get(f"/jobs/run/{run_id}")
    again = admin.post(f"/jobs/run/{run_id}")
    session.expire_all()
    state = session.get_one(JobRun, run_id).state
    assert again.location.endswith(f"/jobs/run/{run_id}")
    assert state == "wanted"

    a_run(session, clock)
    refused = admin.post(f"/jobs/run/{run_id}")

    assert "đã chạy xong" in admin.get(refused.location).text


def test_reminders_are_held_and_let_go(
    admin: Browser, session: Session, clock: FixedClock
) -> None:
    page = admin.get("/jobs").text
    assert "Dừng gửi mọi nhắc nợ" in page

    admin.post("/reminders/held")
    session.expire_all()
    assert is_held(session, clock.today())
    assert "Đang dừng gửi nhắc nợ" in admin.get("/jobs").text
    admin.post("/reminders/released")
    session.expire_all()

    assert not is_held(session, clock.today())
    assert "Đang dừng" not in admin.get("/jobs").text


def test_the_admin_sees_counts_and_no_borrower(
    admin: Browser, sessions: sessionmaker[Session], clock: FixedClock
) -> None:
    """On Tuesday An's due of 10/06 is 8 days away; Đặng's of 05/06 is 3 days away."""
    with sessions() as session:
        a_small_book(session, clock)

    page = admin.get("/jobs").text

    assert "Ngày mai, 02/06/2020, lúc 08:00 sẽ gửi 0 tin, in 1 thư" in page
    assert "HTX" not in page.split("<main")[1]
