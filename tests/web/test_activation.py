"""The code of a letter opens an account once, is tried ten times, and tells nothing else."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import cycle

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from loanfund.clock import FixedClock, office_day
from loanfund.documents.account_mail import account_body
from loanfund.domain.account_mail import AccountLetter
from loanfund.domain.password import SHORTEST_OF_BORROWER, SHORTEST_OF_STAFF
from loanfund.domain.permission import Role
from loanfund.domain.typed_code import ALPHABET
from loanfund.models.audit import AuditLine
from loanfund.models.user import PasswordLink
from loanfund.seal import ACTIVATION_CODE, KeyedHash
from loanfund.services._outbox import Written
from loanfund.services.account_mail import Sender, account_mails_to_send, take_account_mail
from loanfund.services.user import command_line, disable_user
from tests.builders import Fund
from tests.papers import words_of
from tests.people import WHY, a_user
from tests.site import SETTINGS, Browser, Site
from tests.web.test_invitation import CODE, EMAIL, PASSWORD, fund, letter, path
from tests.web.test_repayment import plain

__all__ = ["fund"]
OTHER = "nobody@htx-dong-tam.vn"
WRONG = "Tên đăng nhập hoặc mã không đúng"
ALERT = re.compile(r'role="alert"[^>]*>(.*?)</div>', re.DOTALL)
SHUT = "bị gõ sai quá nhiều lần nên không dùng được nữa"


def typed(person: Browser, code: str, email: str = EMAIL, network: str = "") -> str:
    """Type a code; give where it leads, or what is said."""
    person.get("/activate")
    headers = {"X-Forwarded-For": network} if network else None
    answer = person.post("/activate", {"email": email, "code": code}, headers)
    return answer.headers.get("Location") or refusal(answer)


def refusal(answer: TestResponse) -> str:
    """Give what is said above a form, else the page."""
    found = ALERT.search(plain(answer))
    return " ".join(found[1].split()) if found else plain(answer)


def wrong_codes(code: str) -> list[str]:
    """Give codes that differ from the right one in one letter each."""
    letters = code.replace("-", "")
    return [
        letters[:place] + ALPHABET[ALPHABET.index(letters[place]) - 1] + letters[place + 1 :]
        for place in range(len(letters))
    ]


def test_the_code_leads_to_the_password_and_the_address_goes_along(
    site: Site, fund: Fund
) -> None:
    code = letter(site.sign_in(Role.OFFICER), path(fund))
    person = site.stranger()

    way = typed(person, code)
    page = person.get(way)

    assert "HTX Đồng Tâm" in plain(page)
    assert f'autocomplete="username" value="{EMAIL}"' in page.text
    assert person.post(way, {"password": PASSWORD}).headers["Location"].startswith("/sign-in")
    entrance = person.get("/sign-in")
    assert f'value="{EMAIL}"' in entrance.text
    assert person.enter(EMAIL, PASSWORD).status_code == 302
    assert "01/2020" in person.get("/my").text


def test_the_address_typed_goes_along_and_a_password_typed_in_its_place_does_not(
    site: Site,
) -> None:
    person = site.stranger()
    for place, email in (("/forgotten", "an@htx.vn"), ("/activate", "binh@htx.vn")):
        person.get(place)
        person.post(place, {"email": email, "code": "x"})
        for other in ("/sign-in", "/activate", "/forgotten"):
            assert f'value="{email}"' in person.get(other).text

    person.get("/sign-in")
    person.post("/sign-in", {"email": "my secret sentence", "password": "x"})

    assert "my secret sentence" not in person.get("/forgotten").text


@pytest.mark.parametrize(
    "write",
    [
        str.lower,
        lambda code: code.replace("-", ""),
        lambda code: f" {code.replace('-', ' ')} ",
        lambda code: code.replace("-", "\N{EN DASH}").replace("0", "O").replace("1", "l"),
        lambda code: "".join(chr(ord(one) + 0xFEE0) for one in code),  # full width
        "\u200b".join,
    ],
    ids=["small", "bare", "spaced", "alike", "wide", "unseen"],
)
def test_a_code_is_read_however_it_is_typed(site: Site, fund: Fund, write: object) -> None:
    code = letter(site.sign_in(Role.OFFICER), path(fund))

    assert typed(site.stranger(), write(code)).startswith("/password/")  # type: ignore[operator]


def test_a_code_is_ten_letters_of_an_alphabet_without_those_that_look_alike(
    site: Site, fund: Fund
) -> None:
    officer, found = site.sign_in(Role.OFFICER), set()
    for _ in range(6):
        found.add(letter(officer, path(fund)))

    assert len(found) == 6
    assert all(CODE.fullmatch(one) for one in found)
    assert len(ALPHABET) == 32
    assert not set("OIL") & set(ALPHABET)


def test_what_is_stored_of_a_code_finds_nobody_without_the_key(site: Site, fund: Fund) -> None:
    code = letter(site.sign_in(Role.OFFICER), path(fund)).replace("-", "")

    stored = fund.session.scalars(
        select(PasswordLink.code_hash).where(PasswordLink.code_hash.is_not(None))
    ).one()

    assert stored == KeyedHash([SETTINGS.secret_key], ACTIVATION_CODE).of(code)
    assert stored != KeyedHash(["another key"], ACTIVATION_CODE).of(code)
    assert stored != KeyedHash([SETTINGS.secret_key], "another purpose").of(code)
    after_a_change = KeyedHash(["a new key", SETTINGS.secret_key], ACTIVATION_CODE)
    assert stored in after_a_change.any_of(code)


def test_a_wrong_code_says_the_same_whoever_is_asked_for(site: Site, fund: Fund) -> None:
    """Unknown, of the fund, with a password, shut out, run out: nobody learns which."""
    officer = site.sign_in(Role.OFFICER)
    code = letter(officer, path(fund))
    said = {typed(site.stranger(), code, one) for one in (OTHER, officer_of(officer))}
    said.add(typed(site.stranger(), wrong_codes(code)[0]))
    disable_user(fund.session, EMAIL, WHY, fund.admin, now=fund.clock.now())
    said.add(typed(site.stranger(), code))

    assert len(said) == 1
    assert WRONG in said.pop()


def officer_of(browser: Browser) -> str:
    assert browser.actor is not None
    return browser.actor.email


@pytest.mark.parametrize("email", [EMAIL, OTHER])
def test_the_eleventh_try_is_refused_with_the_right_code_too_from_wherever_it_comes(
    site: Site, fund: Fund, email: str
) -> None:
    """Ten tries a letter, over all networks; strangers are told the same of any address."""
    code = letter(site.sign_in(Role.OFFICER), path(fund))
    wrong = wrong_codes(code)

    said = [typed_from(site, one, email, f"203.0.{place}.9") for place, one in enumerate(wrong)]
    last = typed_from(site, code, email, "198.51.100.7")

    assert [WRONG in one for one in said] == [True] * 10
    assert SHUT in last
    assert SHUT in typed_from(site, code, email, "198.51.100.8")


def typed_from(site: Site, code: str, email: str, network: str) -> str:
    person = site.stranger()
    person.client.environ_base["REMOTE_ADDR"] = network
    return typed(person, code, email)


def test_a_new_letter_has_ten_tries_of_its_own_and_the_picture_outlives_the_code(
    site: Site, fund: Fund
) -> None:
    officer = site.sign_in(Role.OFFICER)
    first = letter(officer, path(fund))
    for one, place in zip(cycle(wrong_codes(first)), range(11), strict=False):
        typed_from(site, one, EMAIL, f"203.0.{place}.9")

    assert SHUT in typed(site.stranger(), first)
    second = letter(officer, path(fund))
    assert WRONG in typed(site.stranger(), first)
    assert typed(site.stranger(), second).startswith("/password/")


def test_a_network_has_twenty_tries_an_hour_over_all_letters(site: Site, fund: Fund) -> None:
    code = letter(site.sign_in(Role.OFFICER), path(fund))
    statuses = []
    for number in range(21):
        person = site.stranger()
        person.get("/activate")
        fields = {"email": f"htx{number}@example.vn", "code": "x"}
        statuses.append(person.post("/activate", fields).status_code)

    assert statuses == [422] * 20 + [429]
    assert "quá nhiều mã kích hoạt" in typed(site.stranger(), code)
    assert typed_from(site, code, EMAIL, "198.51.100.7").startswith("/password/")


def test_a_code_ends_with_its_letter(site: Site, fund: Fund) -> None:
    """When the password is chosen, and after fourteen days; not when it was only typed."""
    officer = site.sign_in(Role.OFFICER)
    code = letter(officer, path(fund))
    person = site.stranger()
    typed(person, code)
    way = typed(person, code)
    person.get(way)
    person.post(way, {"password": PASSWORD})

    assert "đã được dùng" in plain(site.stranger().get(way))


def test_a_used_code_says_so_to_who_has_it_and_the_try_is_seen(site: Site, fund: Fund) -> None:
    """Typed or scanned before; of another name, or once shut out, it tells nothing."""
    officer, person = site.sign_in(Role.OFFICER), site.stranger()
    code = letter(officer, path(fund))
    way = typed(person, code)
    person.get(way)
    person.post(way, {"password": PASSWORD})
    assert "gõ lại" not in plain(officer.get(path(fund)))

    said = typed_from(site, code, EMAIL, "203.0.113.9")

    used_on = office_day(fund.clock.now())
    assert f"Mã này đã dùng: mật khẩu đã được đặt ngày {used_on:%d/%m/%Y}" in said
    assert WRONG in typed(site.stranger(), code, OTHER)
    assert WRONG in typed(site.stranger(), wrong_codes(code)[0])
    assert "Mã đã dùng bị gõ lại" in plain(officer.get(path(fund)))
    assert "Mã đã dùng bị gõ lại" in plain(site.sign_in(Role.ADMIN).get("/users"))
    person.enter(EMAIL, PASSWORD)
    assert "Có người gõ lại mã kích hoạt đã dùng của bạn" in plain(person.get("/sessions"))
    line = fund.session.scalars(select(AuditLine).filter_by(action="retry_letter")).one()
    assert line.facts == {"network": "203.0.113.9"}
    disable_user(fund.session, EMAIL, WHY, fund.admin, now=fund.clock.now())
    assert WRONG in typed(site.stranger(), code)


def test_a_code_holds_for_fourteen_days(site: Site, fund: Fund, clock: FixedClock) -> None:
    code = letter(site.sign_in(Role.OFFICER), path(fund))
    query = select(PasswordLink).where(PasswordLink.code_hash.is_not(None))
    row = fund.session.scalars(query).one()

    assert clock.now() + timedelta(days=14) - row.expires_at < timedelta(minutes=10)
    row.expires_at = clock.now()
    fund.session.commit()
    assert WRONG in typed(site.stranger(), code)


def test_every_try_of_a_code_is_in_the_audit_log_with_from_where(
    site: Site, fund: Fund
) -> None:
    code = letter(site.sign_in(Role.OFFICER), path(fund))
    typed_from(site, "x", EMAIL, "203.0.113.9")
    typed_from(site, "x", OTHER, "203.0.113.9")
    typed_from(site, code, EMAIL, "192.0.2.7")

    found = select(AuditLine).where(AuditLine.action.in_(["refuse_letter", "open_letter"]))
    lines = fund.session.scalars(found.order_by(AuditLine.id)).all()
    assert [(one.action, one.object_id is None, one.facts) for one in lines] == [
        ("refuse_letter", False, {"network": "203.0.113.9"}),
        ("refuse_letter", True, {"network": "203.0.113.9"}),
        ("open_letter", False, {"network": "192.0.2.7"}),
    ]


@pytest.mark.usefixtures("fund")
@pytest.mark.parametrize(
    ("role", "least"),
    [(Role.COOPERATIVE, SHORTEST_OF_BORROWER), (Role.OFFICER, SHORTEST_OF_STAFF)],
)
def test_every_place_says_the_same_length_and_it_is_the_one_that_counts(
    site: Site, fund: Fund, clock: FixedClock, role: Role, least: int
) -> None:
    """Letter, invitation by mail, both pages, and the refusal itself, of one person."""
    said = []
    officer = site.sign_in(Role.OFFICER)
    if role is Role.COOPERATIVE:
        officer.get(path(fund))
        paper = officer.post(path(fund), {"name": "Tâm", "email": EMAIL})
        said.append(words_of(paper.data))
        found = CODE.search(words_of(paper.data))
        assert found is not None
        officer.get(path(fund))
        officer.post(f"{path(fund)}/mail", {"name": "Tâm", "email": EMAIL})
    else:
        admin = site.sign_in(Role.ADMIN)
        new = a_user(fund.session, Role.AUDITOR, email=EMAIL)
        admin.get("/users")
        admin.post(f"/users/{new.user_id}/mail")
    mailed = the_mail(fund, clock)
    assert mailed.secret is not None
    said.append(account_body(mailed, "https://quy.example.vn"))
    person, way = site.stranger(), f"/password/{mailed.secret}"
    said.append(plain(person.get(way)))
    said.append(plain(person.post(way, {"password": "vảimậnđàoh"[: least - 1]})))
    chosen = "kL8wqzPtn4vB"[:least]
    assert person.post(way, {"password": chosen}).status_code == 302
    person.enter(EMAIL, chosen)
    said.append(plain(person.get("/password")))

    for one in said:
        lengths = re.findall(r"ít nhất (\d+) ký tự", " ".join(one.split()).lower())
        assert set(lengths) == {str(least)}, one


def the_mail(fund: Fund, clock: FixedClock) -> AccountLetter:
    """Take the invitation that waits, as the program does when it sends."""
    told: list[AccountLetter] = []

    def write(letter: AccountLetter) -> Written:
        told.append(letter)
        return Written(subject="", body="")

    sender = Sender("test", command_line(fund.session, now=clock.now()), clock)
    for number in account_mails_to_send(fund.session, clock):
        take_account_mail(fund.session, number, write, sender)
    return next(one for one in told if one.secret)
