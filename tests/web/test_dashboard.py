"""The manager's overview as a page: for whom, where its numbers lead, and what fails alone."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import select
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.borrower import Borrower
from loanfund.web.chart import Chart, beside, in_unit, round_step, scale_to
from tests.books import a_small_book
from tests.builders import Fund, a_borrower, a_fund, a_loan
from tests.site import Browser, Site

STAFF = (Role.OFFICER, Role.ACCOUNTANT, Role.MANAGER, Role.AUDITOR)
NBSP = "\N{NO-BREAK SPACE}"
HOSTILE = '<script>alert("lấn")</script>'
QUESTIONS = ("groups", "bad_debt", "collected", "capital", "ages", "returning", "borrowers")


@pytest.fixture
def fund(site: Site, clock: FixedClock) -> Fund:
    """The small book."""
    return a_small_book(site.sessions(), clock)


@pytest.fixture
def manager(site: Site, fund: Fund) -> Browser:  # noqa: ARG001 -- it must be there
    """A manager's browser on it."""
    return site.sign_in(Role.MANAGER)


def tile(page: str, name: str) -> str:
    """The text of one tile."""
    found = re.search(
        rf'<section class="sheet tile[^"]*" id="{name}".*?</section>', page, re.DOTALL
    )
    assert found, name
    return unescape(found[0])


def svgs(page: str) -> list[ET.Element]:
    """The pictures of the page, each of them well-formed."""
    return [
        ET.fromstring(one)  # noqa: S314 -- our own page
        for one in re.findall(r'<svg class="chart .*?</svg>', page, re.DOTALL)
    ]


def test_others_see_nothing(site: Site, clock: FixedClock) -> None:
    with site.sessions() as session:
        a_borrower(a_fund(session, clock))
        borrower_id = session.scalars(select(Borrower.id)).one()

    assert site.stranger().get("/dashboard").status_code == 302
    assert site.sign_in(Role.ADMIN).get("/dashboard").status_code == 403
    cooperative = site.sign_in(Role.COOPERATIVE, borrower_id=borrower_id)
    assert cooperative.get("/dashboard").status_code == 404


@pytest.mark.parametrize("role", STAFF)
def test_staff_see_it_even_when_the_book_is_empty(site: Site, role: Role) -> None:
    page = site.sign_in(role).get("/dashboard")

    assert page.status_code == 200
    assert 'aria-current="page">Tổng quan' in page.text
    assert "Chưa có khoản vay nào được giải ngân." in page.text


def test_before_the_first_loan_the_page_says_where_figures_begin(manager: Browser) -> None:
    page = manager.get("/dashboard?as_of=2019-12-31")

    assert "Chưa có dữ liệu trước 01/2020." in page.text


def test_every_tile_answers_its_question_in_a_sentence(manager: Browser) -> None:
    page = unescape(manager.get("/dashboard?as_of=2020-05-31").text)

    assert f"404.457.534{NBSP}đ" in tile(page, "groups")
    assert f"50,55{NBSP}%: 204.457.534{NBSP}đ trên 404.457.534{NBSP}đ" in tile(page, "bad_debt")
    assert "Tháng 05/2020 thu đúng hạn" in tile(page, "collected")
    assert f"còn 1.095.542.466{NBSP}đ" in tile(page, "capital")
    assert "2 khoản quá hạn" in tile(page, "ages")
    assert "Hợp tác xã Ánh Dương" in tile(page, "borrowers")
    assert "Số liệu tại 31/05/2020" in page


def test_the_loans_outside_group_1_say_why(manager: Browser, fund: Fund) -> None:
    """Ánh since 15/02; a second loan of Ánh takes its group; Đặng since 05/05."""
    day = date(2020, 5, 25)
    a_loan(fund, "09/2020", borrower="hop-tac-xa-anh-duong", signed_on=day, amount=5_000_000)

    page = tile(manager.get("/dashboard?as_of=2020-05-31").text, "worse")

    said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "3 khoản vay ngoài nhóm 1" in said
    assert "Quá hạn 106 ngày, từ kỳ 15/02/2020" in said
    assert "Theo khoản khác của cùng khách hàng; riêng khoản này nhóm 1" in said
    assert "Quá hạn 26 ngày, từ kỳ 05/05/2020" in said
    assert re.search(r'href="/loan/\d+\?as_of=2020-05-31#why"', page)


def test_pictures_have_names_and_no_style_of_their_own(manager: Browser) -> None:
    page = manager.get("/dashboard?as_of=2020-05-31").text

    found = svgs(page)
    assert len(found) == 3 * 2  # for a wide screen, and for a telephone
    for svg in found:
        assert [child.tag for child in svg[:2]] == ["title", "desc"]
        assert all(child.text for child in svg[:2])
        assert any("Số liệu tại 31/05/2020" in (text.text or "") for text in svg.iter("text"))
    assert " style=" not in page


@pytest.mark.parametrize(
    ("part", "called", "left_out"),
    [
        ("", "Toàn quỹ", ""),
        ("&source=QUY", "QUY", "Toàn quỹ"),
        ("&area=Yên+Thế", "Yên Thế", "Toàn quỹ"),
        ("&source=QUY&area=Yên+Thế", "QUY · Yên Thế", "Toàn quỹ"),
    ],
)
def test_a_line_is_called_by_the_part_of_the_book_that_it_is_of(
    manager: Browser, part: str, called: str, left_out: str
) -> None:
    page = manager.get(f"/dashboard?as_of=2020-05-31{part}").text

    lines = [text.text or "" for text in svgs(page)[2].iter("text")]
    assert [one for one in lines if one.startswith(f"{called} ") and one.endswith(" %")]
    assert not left_out or left_out not in " ".join(lines)


def test_numbers_lead_to_their_loans(manager: Browser) -> None:
    page = unescape(manager.get("/dashboard?as_of=2020-05-31&area=Yên+Thế").text)

    links = set(re.findall(r'href="(/loans\?[^"]+)"', page))
    assert links
    for link in links:
        assert "area=Y%C3%AAn+Th%E1%BA%BF" in link or "source=" in link
    of_group = next(one for one in links if "group=4" in one and "as_of=2020-05-31" in one)
    assert "Hợp tác xã Ánh Dương" in manager.get(of_group).text
    late = next(one for one in links if "late=1-30" in one)
    assert "HTX Đặng" in manager.get(late).text
    assert "HTX An<" not in manager.get(late).text


def test_links_keep_what_was_known_when(manager: Browser) -> None:
    """The small book was recorded after that day, so that nothing was known."""
    page = unescape(manager.get("/dashboard?as_of=2020-05-31&known_at=2020-05-31").text)

    links = re.findall(r'href="(/loans\?[^"]+)"', page)
    assert f"dư nợ là 0{NBSP}đ" in tile(page, "groups")
    assert links
    assert all("known_at=2020-05-31" in link for link in links)
    assert 'name="known_at" value="2020-05-31"' in page


def test_another_day_can_be_chosen_from_a_page_of_a_past_day(manager: Browser) -> None:
    """The form that asks for the day must not carry the old one along."""
    page = manager.get("/dashboard?as_of=2020-05-31&known_at=2020-06-01&source=QUY").text

    form = re.search(r'<form class="choose-day".*?</form>', page, re.DOTALL)
    assert form
    assert re.findall(r'name="(\w+)"[^>]*value="([^"]*)"', form[0]) == [
        ("source", "QUY"),
        ("as_of", "31/05/2020"),
        ("known_at", "01/06/2020"),
    ]


def test_a_form_sent_without_choices_narrows_nothing(manager: Browser) -> None:
    plain = manager.get("/dashboard").text

    sent = manager.get("/dashboard?source=&area=&sector=").text

    assert [tile(sent, name) for name in QUESTIONS] == [tile(plain, name) for name in QUESTIONS]


@pytest.mark.parametrize("day", ["2020-06-02", "31/02/2020", "gestern"])
def test_an_impossible_day_is_refused_in_words(manager: Browser, day: str) -> None:
    assert manager.get(f"/dashboard?as_of={day}").status_code == 422


def test_an_unknown_part_of_the_book_is_empty(manager: Browser) -> None:
    page = manager.get(f"/dashboard?area={HOSTILE}")

    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert f"dư nợ là 0{NBSP}đ" in tile(page.text, "groups")


def test_hostile_names_stay_text(site: Site, clock: FixedClock) -> None:
    with site.sessions() as session:
        fund = a_small_book(session, clock)
        a_borrower(fund, f"HTX {HOSTILE}", code="x", area=HOSTILE, sector=HOSTILE)
        a_loan(fund, "09/2020", borrower="x", amount=200_000_000)

    page = site.sign_in(Role.MANAGER).get("/dashboard").text

    assert "<script>alert" not in page
    assert HOSTILE in tile(page, "borrowers")


def test_a_part_that_fails_says_so_and_the_others_stay(
    manager: Browser, session: Session
) -> None:
    """What capital came and went cannot be read: its table is away."""
    session.execute(sql("ALTER TABLE capital_movement RENAME TO away"))
    session.commit()

    page = manager.get("/dashboard")

    assert page.status_code == 200
    for name in ("capital", "ages", "borrowers", "worse"):
        assert "Không tính được phần này" in tile(page.text, name)
        assert re.search(r"<code>\w{4}-\w{4}</code>", tile(page.text, name))
    for name in ("groups", "bad_debt", "collected", "returning"):
        assert "Không tính được" not in tile(page.text, name)
    assert f"404.457.534{NBSP}đ" in unescape(page.text)


def test_in_english_too(manager: Browser) -> None:
    manager.get("/dashboard")
    manager.post("/language", {"language": "en", "next": "/dashboard"})

    assert "Does collection keep up with what falls due?" in manager.get("/dashboard").text


# What pictures are made of.


@pytest.mark.parametrize(
    ("most", "step"),
    [(0, 1), (1, 1), (5, 1), (6, 2), (18_300, 5_000), (362_000_000, 100_000_000)],
)
def test_scales_have_round_steps_and_few_of_them(most: int, step: int) -> None:
    scale = scale_to(most, 0, 100)

    assert round_step(most) == step
    assert scale.ticks[-1] >= most
    assert scale.at(0) == 100
    assert scale.at(scale.ticks[-1]) == 0


@pytest.mark.parametrize(
    ("amount", "unit", "text"),
    [
        (18_300_000_000, 10**9, "18,3"),
        (9_635_750_000, 10**9, "9,64"),
        (62_000_000, 10**6, "62"),
        (2_258_454_000_000, 10**9, "2.258,5"),
        (50_000, 10**6, "0,05"),
        (0, 10**6, "0"),
    ],
)
def test_amounts_are_written_in_their_unit(amount: int, unit: int, text: str) -> None:
    assert in_unit(amount, unit) == text


def test_labels_beside_a_picture_do_not_touch() -> None:
    chart = Chart(400)

    beside(chart, [(100, "b", ""), (98, "a", ""), (105, "c", ""), (390, "d", "")])

    heights = [label.y for label in chart.labels]
    assert [label.text for label in chart.labels] == ["a", "b", "c", "d"]
    assert all(after - before >= 30 for before, after in pairwise(heights))
    assert heights[-1] <= 400
