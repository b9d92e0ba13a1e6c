"""Letters: printed in batches, handed over or not, and reprinted as they were."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.audit import AuditLine
from loanfund.models.borrower import Borrower
from loanfund.models.document import Document
from loanfund.models.loan import Loan
from loanfund.models.message import Dispatch, Message
from loanfund.services._setting import SetSetting
from loanfund.services.letter import HandOver, hand_over
from loanfund.services.setting import set_setting
from tests.builders import Fund, a_borrower, a_loan, repaid
from tests.jobs.owing import (
    INTEREST,
    SIGNED,
    an_owing_fund,
    letters_planned,
    owes,
    printed,
    reminders,
)
from tests.papers import pages_of
from tests.prepared import prepared
from tests.site import Browser, Site

TODAY = date(2020, 6, 1)
NOTICED = date(2020, 6, 23)  # 15 days after the due
TICKS = re.compile(r"letter-(\d+)")


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    """Three borrowers with a due on 8 June; the first owes on two contracts."""
    fund = an_owing_fund(session, clock)
    a_loan(fund, "91/2020/HĐTD", borrower="htx-so-1", signed_on=SIGNED)
    return fund


@pytest.fixture
def officer(site: Site) -> Browser:
    return site.sign_in(Role.OFFICER)


def states(fund: Fund) -> list[str]:
    query = select(Message.state).order_by(Message.borrower_id, Message.id)
    return list(fund.session.scalars(query))


def print_all(browser: Browser) -> str:
    """Print what waits and give the address of the batch."""
    browser.get("/reminders")
    return browser.post("/letters").location


def tick(batch: str, browser: Browser, *places: int) -> dict[str, str]:
    """Tick letters of a batch by their places, and be sure of it when asked."""
    ids = TICKS.findall(browser.get(batch).text)
    found = {f"letter-{ids[place]}": "on" for place in places or range(len(ids))}
    return found | {"sure": str(len(found))}


def register(browser: Browser) -> list[str]:
    """Every line of the register, as its words."""
    rows = re.findall(r"<tr>(.*?)</tr>", browser.get("/notices").text, re.DOTALL)[1:]
    return [" ".join(re.sub("<[^>]+>", " ", row).split()) for row in rows]


def test_a_reminder_by_letter_is_a_plain_letter_for_all_contracts_without_a_number(
    officer: Browser, fund: Fund
) -> None:
    letters_planned(fund, TODAY, TODAY)

    batch = print_all(officer)
    texts = pages_of(officer.get(f"{batch}.pdf").data)

    assert len(texts) == 3
    assert "Kính gửi: HTX Số 1" in texts[0]
    assert "Hợp đồng 01/2020/HĐTD" in texts[0]
    assert "Hợp đồng 91/2020/HĐTD" in texts[0]
    assert "1.019.178" in texts[0]
    assert all("Nhắc trả nợ đến hạn ngày 08/06/2020" in one for one in texts)
    assert not any("Số:" in one or "THÔNG BÁO" in one for one in texts)
    assert "Chưa có thông báo nào được lấy số" in officer.get("/notices").text
    assert officer.get(batch).text.count("thư không số") == 3


def test_the_second_batch_of_a_day_prints_its_own_letters_and_the_first_prints_again(
    officer: Browser, fund: Fund
) -> None:
    letters_planned(fund, TODAY, TODAY)
    first = print_all(officer)
    once = officer.get(f"{first}.pdf").data
    owes(fund, 4)
    letters_planned(fund, TODAY, TODAY)

    second = print_all(officer)

    assert second != first
    assert ["HTX Số 4" in one for one in pages_of(officer.get(f"{second}.pdf").data)] == [True]
    assert officer.get(f"{first}.pdf").data == once


def test_no_letter_is_ticked_at_first_and_what_is_ticked_is_asked_about(
    officer: Browser, fund: Fund
) -> None:
    letters_planned(fund, TODAY, TODAY)
    batch = print_all(officer)
    ticks = tick(batch, officer, 0, 2) | {"day": "01/06/2020"}

    fresh, all_of_them = officer.get(batch).text, officer.get(f"{batch}?all=1").text
    asked = officer.post(f"{batch}/handed-over", {**ticks, "sure": ""})
    of_others = officer.post(f"{batch}/handed-over", {**ticks, "sure": "3"})

    assert (len(TICKS.findall(fresh)), fresh.count(" checked")) == (3, 0)
    assert all_of_them.count(" checked") == 3
    assert "Ghi nhận đã giao 2 thư ngày 01/06/2020: HTX Số 1, HTX Số 3?" in asked.text
    assert asked.text.count(" checked") == 2
    assert "Đúng, đã giao 2 thư" in of_others.text
    assert states(fund) == ["printed"] * 3


def test_a_letter_counts_once_it_is_handed_over(
    officer: Browser, fund: Fund, sessions: sessionmaker[Session]
) -> None:
    letters_planned(fund, TODAY, TODAY)
    batch = print_all(officer)
    waiting = officer.get("/today").text
    at_first = states(fund)

    told = {"day": "01/06/2020", "remark": "EV123456789VN"}
    done = officer.post(f"{batch}/handed-over", {**tick(batch, officer, 0, 2), **told})

    page = officer.get(done.location).text
    assert "3 thư giấy đã in, chưa ghi nhận" in waiting
    assert at_first == ["printed"] * 3
    assert states(fund) == ["sent", "printed", "sent"]
    assert page.count("đã giao</span>") == 2
    assert page.count("EV123456789VN") == 2
    assert "1 thư giấy đã in, chưa ghi nhận" in officer.get("/today").text
    assert [(contract, state) for contract, *_, state in reminders(sessions)] == [
        ("01/2020/HĐTD", "sent"),
        ("02/2020/HĐTD", "planned"),
        ("03/2020/HĐTD", "sent"),
        ("91/2020/HĐTD", "sent"),
    ]


def test_a_printed_letter_may_not_be_sent_after_all_and_then_told_nobody_anything(
    officer: Browser, fund: Fund, sessions: sessionmaker[Session]
) -> None:
    letters_planned(fund, NOTICED, NOTICED)
    batch = print_all(officer)

    asked = {**tick(batch, officer, 1), "reason": "Đã gọi điện thoại"}
    done = officer.post(f"{batch}/discarded", asked)

    page = officer.get(done.location).text
    assert "Đã gọi điện thoại" in page
    assert states(fund) == ["printed", "cancelled", "printed"]
    assert [state for *_, state in reminders(sessions)] == [
        "planned",
        "suppressed",
        "planned",
        "planned",
    ]
    assert [one[-9:] for one in register(officer) if "02/2020" in one] == ["không gửi"]
    message = tick_id(fund, 1)
    assert "đã in nhưng không gửi" in officer.get(f"/reminders/{message}").text


def tick_id(fund: Fund, place: int) -> int:
    return list(fund.session.scalars(select(Message.id).order_by(Message.borrower_id)))[place]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"day": "31/05/2020"}, "Ngày giao phải từ ngày in đến hôm nay"),
        ({"day": "02/06/2020"}, "chưa đến"),
        ({"day": ""}, "Hãy điền ô này"),
    ],
)
def test_a_day_that_cannot_be_is_said_at_its_field_and_what_was_ticked_stays(
    officer: Browser, fund: Fund, typed: dict[str, str], said: str
) -> None:
    letters_planned(fund, TODAY, TODAY)
    batch = print_all(officer)
    told = {**tick(batch, officer, 1), "remark": "bưu điện", **typed}

    page = officer.post(f"{batch}/handed-over", told)

    assert page.status_code == 422
    assert said in page.text
    assert 'value="bưu điện"' in page.text
    assert len(re.findall(r'type="checkbox"[^>]*checked', page.text)) == 1
    assert states(fund) == ["printed"] * 3


@pytest.mark.parametrize(
    ("act", "told"),
    [("handed-over", {"day": "01/06/2020"}), ("discarded", {"reason": "Sai địa chỉ"})],
)
def test_with_no_letter_ticked_nothing_is_said(
    officer: Browser, fund: Fund, act: str, told: dict[str, str]
) -> None:
    letters_planned(fund, TODAY, TODAY)
    batch = print_all(officer)

    page = officer.post(f"{batch}/{act}", told)

    assert "Chọn ít nhất một thư" in page.text
    assert states(fund) == ["printed"] * 3


def test_only_what_a_rule_asks_a_notice_for_is_numbered_and_the_rest_is_said_beside_it(
    officer: Browser, fund: Fund
) -> None:
    """Of one contract the due is to come, a week after the others are notified."""
    a_loan(fund, "92/2020/HĐTD", borrower="htx-so-1", signed_on=date(2020, 5, 30))
    letters_planned(fund, NOTICED, NOTICED)

    pages = pages_of(officer.get(f"{print_all(officer)}.pdf").data)
    texts = [one for one in pages if "Trang 2/" not in one]  # a notice has an annex

    assert [re.findall(r"Số: (\S+)", one) for one in texts] == [
        [],
        ["01/TB-QHT"],
        ["02/TB-QHT"],
        ["03/TB-QHT"],
        ["04/TB-QHT"],
    ]
    assert "92/2020/HĐTD" in texts[0]
    assert "01/2020/HĐTD" not in texts[0]
    assert ["01/2020" in one for one in texts[1:]] == [True, False, False, False]


def test_a_notice_that_cannot_say_which_time_it_is_waits_for_the_one_before(
    officer: Browser, fund: Fund
) -> None:
    letters_planned(fund, NOTICED, NOTICED)
    first = print_all(officer)
    letters_planned(fund, date(2020, 7, 8), date(2020, 7, 8))

    refused = print_all(officer)

    assert refused.endswith("/reminders")
    assert "Chưa in thư của HTX Số 1, HTX Số 2, HTX Số 3" in officer.get(refused).text
    officer.post(f"{first}/handed-over", {**tick(first, officer), "day": "01/06/2020"})
    texts = pages_of(officer.get(f"{print_all(officer)}.pdf").data)
    assert sum("THÔNG BÁO" in one for one in texts) == 4


def test_what_was_paid_before_printing_is_left_out_with_its_reason(
    officer: Browser, fund: Fund, sessions: sessionmaker[Session]
) -> None:
    letters_planned(fund, TODAY, TODAY)
    repaid(fund, "02/2020/HĐTD", TODAY, INTEREST)

    page = officer.get(print_all(officer)).text

    assert "HTX Số 2" not in page
    assert states(fund) == ["printed", "cancelled", "printed"]
    assert [state for *_, state in reminders(sessions)] == ["planned", "suppressed"] + [
        "planned"
    ] * 2


def test_sent_twice_is_printed_once(officer: Browser, fund: Fund) -> None:
    letters_planned(fund, TODAY, TODAY)

    first = print_all(officer)
    again = officer.post("/letters").location

    assert again.endswith("/reminders")
    assert len(TICKS.findall(officer.get(first).text)) == 3


def test_while_held_no_letter_is_printed(site: Site, officer: Browser, fund: Fund) -> None:
    letters_planned(fund, TODAY, TODAY)
    admin = site.sign_in(Role.ADMIN)
    admin.get("/jobs")
    admin.post("/reminders/held")

    page = officer.get(print_all(officer)).text

    assert "Đang dừng gửi nhắc nợ; chưa in" in page
    assert "3 thư giấy chờ in" in page


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN])
def test_who_only_reads_prints_nothing(site: Site, fund: Fund, role: Role) -> None:
    letters_planned(fund, TODAY, TODAY)
    browser = site.sign_in(role)
    browser.get("/reminders")

    assert browser.post("/letters").status_code == 403
    assert states(fund) == ["planned"] * 3


def test_a_cooperative_sees_its_notices_once_they_reached_it(
    site: Site, officer: Browser, fund: Fund
) -> None:
    """The clock stands before the due, so these are notices of debt due."""
    letters_planned(fund, NOTICED, NOTICED)
    batch = print_all(officer)
    first = fund.session.scalars(select(Borrower.id).order_by(Borrower.id)).first()
    htx = site.sign_in(Role.COOPERATIVE, borrower_id=first)
    paper = "/my/paper/TB-2020/000001.pdf"

    assert htx.get(batch).status_code == 404
    assert htx.get("/notices").status_code == 404
    assert htx.get("/notice/TB-2020/000001.pdf").status_code == 404
    assert htx.get(paper).status_code == 404
    officer.post(f"{batch}/handed-over", {**tick(batch, officer), "day": "01/06/2020"})
    assert htx.get(paper).status_code == 200


def test_a_number_that_was_not_sent_verifies_as_such(officer: Browser, fund: Fund) -> None:
    letters_planned(fund, NOTICED, NOTICED)
    batch = print_all(officer)
    code = fund.session.scalars(select(Document.code).order_by(Document.id)).first()
    before = officer.get(f"/verify/{code}").text
    asked = {**tick(batch, officer, 0), "reason": "Sai địa chỉ"}

    officer.post(f"{batch}/discarded", asked)

    assert "đã lấy số 01/TB-QHT cho thông báo này nhưng không gửi" not in before
    after = officer.get(f"/verify/{code}").text
    assert "đã lấy số 01/TB-QHT cho thông báo này nhưng không gửi" in after


def test_the_register_has_every_number_and_its_filter(officer: Browser, fund: Fund) -> None:
    letters_planned(fund, NOTICED, NOTICED)
    batch = print_all(officer)
    officer.post(f"{batch}/handed-over", {**tick(batch, officer, 2), "day": "01/06/2020"})

    assert [one.split()[0] for one in register(officer)] == [
        f"0{number}/TB-QHT" for number in (4, 3, 2, 1)
    ]
    assert "đã gửi 01/06/2020" in next(one for one in register(officer) if "03/2020" in one)
    waiting = officer.get("/notices?state=waiting").text
    assert ">01/TB-QHT<" in waiting
    assert "03/2020/HĐTD" not in waiting
    assert officer.get("/notices?state=other").status_code == 422


def test_a_letter_wrongly_said_to_be_handed_over_is_printed_again_and_counts_for_nothing(
    officer: Browser, fund: Fund, sessions: sessionmaker[Session]
) -> None:
    letters_planned(fund, NOTICED, NOTICED)
    batch = print_all(officer)
    before = states(fund), reminders(sessions), register(officer)
    officer.post(f"{batch}/handed-over", {**tick(batch, officer, 1), "day": "01/06/2020"})
    address = f"/reminders/{tick_id(fund, 1)}"

    officer.get(address)
    empty = officer.post(f"{address}/take-back", {"reason": ""})
    done = officer.post(f"{address}/take-back", {"reason": "Chọn nhầm thư"})
    twice = officer.post(f"{address}/take-back", {"reason": "Chọn nhầm thư"})

    assert empty.status_code == 422
    assert "Thư không còn ghi là đã giao" in officer.get(done.location).text
    assert (states(fund), reminders(sessions), register(officer)) == before
    line = fund.session.scalars(select(AuditLine).order_by(AuditLine.id.desc())).first()
    assert twice.location == done.location
    taken = select(func.count()).where(AuditLine.action == "take_back_hand_over")
    assert fund.session.scalar(taken) == 1
    assert line is not None
    assert line.action == "take_back_hand_over"
    assert line.facts["reason"] == "Chọn nhầm thư"
    assert line.facts["handed_over_on"] == "2020-06-01"
    again = officer.post(f"{batch}/handed-over", {**tick(batch, officer), "day": "01/06/2020"})
    assert "Đã ghi nhận giao 3 thư" in officer.get(again.location).text


def all_handed_over(fund: Fund, day: date) -> None:
    """Plan, print and hand over the letters of a day."""
    then = replace(fund, clock=FixedClock(day))
    letters_planned(then, day, day)
    batch_id = printed(then).batch_id
    assert batch_id is not None
    ids = list(fund.session.scalars(select(Message.id)))
    told = HandOver(batch_id=batch_id, message_ids=ids, day=day)
    hand_over(fund.session, told, fund.officer, then.clock)


def test_what_another_notice_cites_stays_handed_over(officer: Browser, fund: Fund) -> None:
    """Both notices are of overdue debt: 23 June and 8 July, of the due of 8 June."""
    for day in (NOTICED, date(2020, 7, 8)):
        all_handed_over(fund, day)
    address = f"/reminders/{min(fund.session.scalars(select(Message.id)))}"
    officer.get(address)

    refused = officer.post(f"{address}/take-back", {"reason": "Ghi nhầm"})

    assert refused.status_code == 422
    assert "đã dẫn lại thông báo này" in refused.text
    assert 'value="Ghi nhầm"' in refused.text
    assert set(states(fund)) == {"sent"}


def test_the_fund_writes_its_numbers_its_own_way_and_each_year_begins_anew(
    site: Site, officer: Browser, fund: Fund
) -> None:
    """Numbers of two years may be written alike, and every paper is still found."""
    letters_planned(fund, NOTICED, NOTICED)
    batch = print_all(officer)
    pattern = SetSetting(
        key="notice_number", value="{n}-{year}/TB-QHTPT", valid_from=date(2020, 7, 1)
    )
    set_setting(fund.session, pattern, fund.accountant, fund.clock, fund.manager)
    officer.post(f"{batch}/discarded", {**tick(batch, officer), "reason": "Đã gọi điện thoại"})
    owes(fund, 5)
    for day in (date(2020, 9, 23), date(2021, 1, 7)):
        all_handed_over(fund, day)
    rows = fund.session.execute(
        select(Dispatch.year, Dispatch.number).order_by(Dispatch.document_id)
    ).all()
    issued = [tuple(one) for one in rows]

    assert issued[:4] == [(2020, f"0{number}/TB-QHT") for number in (1, 2, 3, 4)]
    assert issued[4] == (2020, "05-2020/TB-QHTPT")
    assert (2021, "01-2021/TB-QHTPT") in issued
    setting = site.sign_in(Role.ACCOUNTANT).get("/settings/notice_number/change").text
    assert "{n} là số thứ tự trong năm" in setting


def test_a_notice_that_an_officer_asks_for_is_numbered_once_like_one_of_a_rule(
    officer: Browser, fund: Fund
) -> None:
    """20/05 was due; on 01/06, 12 days later, no rule speaks, and there is no address."""
    a_borrower(fund, "HTX Không Thư")
    a_loan(fund, "77/2020/HĐTD", borrower="htx-khong-thu", signed_on=date(2020, 4, 20))
    loan_id = fund.session.scalars(
        select(Loan.id).where(Loan.contract_number == "77/2020/HĐTD")
    ).one()

    first = fund.session.scalar(select(func.min(Loan.id)))
    offered = officer.get(f"/loan/{loan_id}").text
    done = officer.post(f"/loan/{loan_id}/notice")
    officer.post(f"/loan/{loan_id}/notice")
    said = officer.get(done.location).text
    batch = print_all(officer)
    officer.post(f"/loan/{loan_id}/notice")
    on_time = officer.post(f"/loan/{first}/notice")
    page = officer.get(on_time.location).text

    assert "Gửi thông báo nợ quá hạn hôm nay" in offered
    assert "chờ in ở trang Nhắc nợ" in said
    assert len(register(officer)) == 1
    assert "01/TB-QHT" in register(officer)[0]
    assert "HTX Không Thư" in register(officer)[0]
    (paper,) = pages_of(officer.get(f"{batch}.pdf").data)[:1]
    assert "THÔNG BÁO" in paper
    asked = select(func.count()).where(AuditLine.action == "ask_for_notice")
    assert fund.session.scalar(asked) == 1
    assert "không có gốc hay lãi quá hạn" in page


def test_a_notice_asked_for_after_the_day_s_letter_was_printed_has_a_letter_of_its_own(
    officer: Browser, fund: Fund
) -> None:
    """The letter of 1 June speaks of the due of 8 June; that of 20 May is overdue."""
    a_borrower(fund, "HTX Không Thư")
    a_loan(fund, "77/2020/HĐTD", borrower="htx-khong-thu", signed_on=date(2020, 4, 20))
    a_loan(fund, "78/2020/HĐTD", borrower="htx-khong-thu", signed_on=SIGNED)
    overdue = Loan.contract_number == "77/2020/HĐTD"
    loan_id = fund.session.scalars(select(Loan.id).where(overdue)).one()
    letters_planned(fund, TODAY, TODAY)
    first = print_all(officer)

    for _ in range(2):
        officer.post(f"/loan/{loan_id}/notice")
    waiting = officer.get("/reminders").text
    second = print_all(officer)
    officer.post(f"/loan/{loan_id}/notice")

    assert "1 thư giấy chờ in" in waiting
    assert second != first
    (notice,) = register(officer)
    assert "01/TB-QHT" in notice
    assert "77/2020/HĐTD" in notice
    assert "thư giấy chờ in" not in officer.get("/reminders").text


def test_every_list_says_one_word_of_how_far_a_letter_is(officer: Browser, fund: Fund) -> None:
    letters_planned(fund, NOTICED, NOTICED)
    each = "/reminders/each"

    def said(address: str) -> set[str]:
        return set(re.findall(r'class="badge[^"]*">([^<]*)<', officer.get(address).text))

    waiting = said(each)
    batch = print_all(officer)
    is_printed = said(each), said(f"{each}?state=printed"), said(batch)
    message = min(fund.session.scalars(select(Message.id)))
    assert "đã in, chờ giao" in officer.get(f"/reminders/{message}").text.rpartition("<li>")[2]
    officer.post(f"{batch}/handed-over", {**tick(batch, officer), "day": "01/06/2020"})

    assert waiting == {"chờ gửi"}
    assert is_printed == ({"đã in, chờ giao"},) * 3
    assert said(each) == {"đã giao"}
