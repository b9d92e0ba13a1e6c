"""Pausing one borrower's reminders: why, through which day, and where it is seen."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.borrower import Borrower
from tests.builders import Fund
from tests.jobs.owing import an_owing_fund
from tests.prepared import prepared
from tests.site import SETTINGS, Browser, Site, an_app
from tests.tables import tables_of

STANDS = "Tạm dừng nhắc đến hết ngày 10/06/2020: bên vay đã hẹn ngày trả."
PROMISE = {"reason": "promise", "last_day": "10/06/2020", "note": "Hẹn trả sau vụ vải"}


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    return an_owing_fund(session, clock)


@pytest.fixture
def borrower(fund: Fund) -> str:
    """The address of the first borrower's page."""
    number = fund.session.scalars(select(Borrower.id).order_by(Borrower.id)).first()
    return f"/borrower/{number}"


@pytest.fixture
def officer(site: Site) -> Browser:
    return site.sign_in(Role.OFFICER)


def test_a_pause_is_seen_with_its_reason_and_ended_by_a_button(
    officer: Browser, borrower: str
) -> None:
    assert f'href="{borrower}/pause"' in officer.get(borrower).text
    officer.get(f"{borrower}/pause")

    done = officer.post(f"{borrower}/pause", PROMISE)

    page = officer.get(done.location).text
    assert STANDS in page
    assert "Hẹn trả sau vụ vải" in page
    assert STANDS in officer.get("/reminders").text
    assert 'value="10/06/2020"' in officer.get(f"{borrower}/pause").text
    officer.get(borrower)
    ended = officer.post(f"{borrower}/resume")
    assert STANDS not in officer.get(ended.location).text
    assert STANDS not in officer.get("/reminders").text


def test_who_is_paused_is_not_counted_among_those_to_be_reminded_tomorrow(
    sessions: sessionmaker[Session], fund: Fund, borrower: str
) -> None:
    """Three days before 08/06 is Friday the 5th, when two of the three are reminded."""
    site = Site(an_app(SETTINGS, sessions, FixedClock(date(2020, 6, 4))), sessions)
    officer = site.sign_in(Role.OFFICER)
    counted = "Ngày mai, 05/06/2020, lúc 08:00 sẽ gửi {} tin, in 0 thư"
    before = officer.get("/reminders").text
    officer.get(f"{borrower}/pause")

    officer.post(f"{borrower}/pause", PROMISE)

    assert counted.format(3) in before
    name = fund.session.scalars(select(Borrower.name).order_by(Borrower.id)).first()
    page = officer.get("/reminders").text
    assert counted.format(2) in page
    (coming,) = [one for one in tables_of(page) if one.caption.startswith("Sẽ gửi")]
    assert name not in [row.spread()[0].text for row in coming.part("tbody")]
    admin = site.sign_in(Role.ADMIN)
    assert counted.format(2) in admin.get("/jobs").text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"last_day": ""}, "Hãy điền ô này"),
        ({"last_day": "31/05/2020"}, "không thể trước hôm nay"),
        ({"last_day": "31/02/2021"}, "31/02/2021"),
        ({"reason": "weather"}, "Hãy chọn một trong"),
        ({"reason": ""}, "Hãy điền ô này"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_the_rest_stays(
    officer: Browser, borrower: str, typed: dict[str, str], said: str
) -> None:
    officer.get(f"{borrower}/pause")

    page = officer.post(f"{borrower}/pause", {**PROMISE, **typed})

    assert page.status_code == 422
    assert said in page.text
    assert 'value="Hẹn trả sau vụ vải"' in page.text
    assert "Tạm dừng nhắc đến" not in officer.get(borrower).text


def test_a_later_pause_stands_in_an_earlier_one_s_place(
    officer: Browser, borrower: str
) -> None:
    officer.get(f"{borrower}/pause")
    officer.post(f"{borrower}/pause", PROMISE)

    officer.post(f"{borrower}/pause", {"reason": "dispute", "last_day": "03/06/2020"})

    page = officer.get(borrower).text
    assert "Tạm dừng nhắc đến hết ngày 03/06/2020: khiếu nại" in page
    assert STANDS not in page


@pytest.mark.parametrize("role", [Role.ACCOUNTANT, Role.AUDITOR])
def test_others_see_it_and_cannot_pause(site: Site, borrower: str, role: Role) -> None:
    browser = site.sign_in(role)

    assert f'href="{borrower}/pause"' not in browser.get(borrower).text
    assert browser.post(f"{borrower}/pause", PROMISE).status_code == 403
