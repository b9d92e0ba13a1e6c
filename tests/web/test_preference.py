"""The language stays chosen, and forms begin with the day somebody works on."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.permission import Role
from loanfund.models.period import Books
from loanfund.models.user import User
from tests.site import Site


def test_a_stranger_chooses_a_language_for_this_browser(site: Site) -> None:
    browser = site.stranger()
    browser.get("/sign-in")

    answer = browser.post("/language", {"language": "en", "next": "/sign-in?next=/x"})

    assert answer.headers["Location"] == "/sign-in?next=/x"
    page = browser.get("/sign-in").text
    assert '<html lang="en">' in page
    assert "Sign in" in page


def test_the_language_of_a_user_comes_along_to_another_browser(site: Site) -> None:
    browser = site.sign_in(Role.OFFICER)
    browser.get("/password")
    browser.post("/language", {"language": "en", "next": "/password"})

    elsewhere = site.stranger()
    elsewhere.enter("officer@quy.example.vn")

    assert "Change password" in elsewhere.get("/password").text
    with site.sessions() as session:
        assert "en" in session.scalars(select(User.language)).all()


def test_there_is_no_third_language(site: Site) -> None:
    browser = site.stranger()
    browser.get("/sign-in")

    answer = browser.post("/language", {"language": "fr", "next": "//evil"})

    assert answer.headers["Location"] == "/"
    assert not answer.headers.getlist("Set-Cookie")
    browser.client.set_cookie("language", "fr", domain="quy.example.vn")
    assert '<html lang="vi">' in browser.get("/sign-in").text


def test_the_working_date_stays_until_it_is_today_again(site: Site) -> None:
    browser = site.sign_in(Role.OFFICER)
    assert ">01/06/2020<" in browser.get("/password").text

    browser.post("/working-date", {"day": "28/5", "next": "/password"})
    other_day = browser.get("/password").text
    browser.post("/working-date", {"day": "1/6", "next": "/password"})

    assert ">28/05/2020<" in other_day
    assert "amber" in other_day
    assert ">01/06/2020<" in browser.get("/password").text


@pytest.mark.parametrize("typed", ["31/02", "02/06/2020", "31/12/2020", "abc", ""])
def test_a_day_that_cannot_be_worked_on_is_said_beside_its_field(
    site: Site, typed: str
) -> None:
    browser = site.sign_in(Role.OFFICER)
    browser.get("/password")
    browser.post("/working-date", {"day": "28/5", "next": "/password"})

    refused = browser.post("/working-date", {"day": typed, "next": "/password?a=1"})

    assert refused.status_code == 422
    assert 'id="day-error"' in refused.text
    assert f'value="{typed}"' in refused.text
    assert '<a href="/password?a=1">' in refused.text
    assert ">28/05/2020<" in browser.get("/password").text, "the day chosen before stays"
    again = browser.post("/working-date", {"day": "29/5", "next": "/password?a=1"})
    assert again.headers["Location"] == "/password?a=1"


def test_a_working_date_in_a_closed_month_is_red_and_says_so(
    site: Site, session: Session
) -> None:
    session.get_one(Books, 1).closed_through = date(2020, 4, 30)
    session.commit()
    browser = site.sign_in(Role.OFFICER)
    browser.get("/password")

    browser.post("/working-date", {"day": "30/4", "next": "/password"})
    closed = browser.get("/password").text
    browser.post("/working-date", {"day": "1/5", "next": "/password"})
    still_open = browser.get("/password").text

    assert 'class="chip bad"' in closed
    assert "tháng đã khóa" in closed
    assert 'class="chip amber"' in still_open
    assert "tháng đã khóa" not in still_open
