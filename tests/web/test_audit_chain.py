"""The page that checks the audit log: with a button, and against what was printed."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlencode

import pytest
from sqlalchemy import text

from loanfund.clock import FixedClock
from loanfund.domain.audit_chain import Head
from loanfund.domain.permission import Role
from loanfund.store.audit import read_head
from tests.builders import a_fund
from tests.site import Browser, Site

PAGE = "/audit/chain"


@pytest.fixture
def auditor(site: Site, clock: FixedClock) -> Browser:
    with site.sessions() as session:
        a_fund(session, clock)
    return site.sign_in(Role.AUDITOR)


def head(site: Site) -> Head:
    with site.sessions() as session:
        return read_head(session)


def plain(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def asked(browser: Browser, line: object = "", code: str = "") -> str:
    typed = urlencode({"line": line, "code": code, "check": 1})
    return plain(browser.get(f"{PAGE}?{typed}").text)


def edited(site: Site) -> None:
    """Let the owner of the database change a line."""
    with site.sessions() as session:
        if session.get_bind().dialect.name == "sqlite":
            session.execute(text("DROP TRIGGER audit_line_refuses_update"))
        else:
            session.execute(text("ALTER TABLE audit_line DISABLE TRIGGER ALL"))
        session.execute(text("UPDATE audit_line SET action = 'nothing' WHERE id = 2"))
        session.commit()


def test_those_who_read_the_log_may_check_it_and_nobody_else(site: Site) -> None:
    staff = set(Role) - {Role.CLI, Role.COOPERATIVE}
    found = {role: site.sign_in(role).get(PAGE).status_code for role in staff}

    readers = {Role.AUDITOR, Role.ACCOUNTANT, Role.MANAGER}
    assert {role for role, status in found.items() if status == 200} == readers


def test_the_page_shows_the_last_line_and_leads_there_from_the_log(
    site: Site, auditor: Browser
) -> None:
    last = head(site)
    page = auditor.get(PAGE).text

    assert last.printed() in page
    assert f"Dòng số {last.line}" in plain(page)
    assert "còn nguyên" not in page  # nobody has looked yet
    assert f'href="{PAGE}"' in auditor.get("/audit").text


def test_a_whole_log_is_said_to_be_whole(site: Site, auditor: Browser) -> None:
    last = head(site)

    assert f"Nhật ký còn nguyên, từ dòng đầu đến dòng {last.line}." in asked(auditor)
    compared = asked(auditor, last.line, last.printed())
    assert f"Dòng {last.line} đúng như đã in" in compared


def test_what_was_changed_is_named_with_a_way_to_the_line(site: Site, auditor: Browser) -> None:
    edited(site)

    page = auditor.get(f"{PAGE}?check=1").text

    assert "Nhật ký không còn nguyên: 1 chỗ." in page
    assert "Dòng 2 : nội dung không khớp" in plain(page)
    assert 'href="/audit?below=3"' in page


def test_a_line_that_was_printed_and_is_gone_is_said(auditor: Browser) -> None:
    assert "phần cuối nhật ký đã bị cắt" in asked(auditor, 99_999, "a" * 24)


def test_another_code_than_was_printed_is_said(auditor: Browser) -> None:
    """The log is whole by itself; only who reads the paper can tell which of the two it is."""
    found = asked(auditor, 1, "a" * 24)

    assert "Nhật ký còn nguyên" in found
    assert "không phải mã của dòng 1, cũng không của dòng nào khác" in found


def test_a_slip_is_told_from_a_change(site: Site, auditor: Browser) -> None:
    last = head(site)
    code = last.printed()
    slip = ("1" if code[0] == "0" else "0") + code[1:]

    for typed in ((last.line, slip), (last.line + 9, code), (1, code)):
        found = asked(auditor, *typed)
        assert "Nhật ký còn nguyên" in found
        assert "gõ nhầm, nhật ký không đổi" in found
        assert "không còn nguyên" not in found


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        ("", "a" * 24, "Số dòng “” không phải là một số."),
        ("12a", "a" * 24, "Số dòng “12a” không phải là một số."),
        ("12", "zz", "Mã “zz” không đọc được"),
        ("12", "", "Mã “” không đọc được"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_field_and_kept(
    auditor: Browser, line: str, code: str, sentence: str
) -> None:
    answer = auditor.get(f"{PAGE}?{urlencode({'line': line, 'code': code, 'check': 1})}")

    assert answer.status_code == 422
    assert sentence in plain(answer.text)
    assert 'aria-invalid="true"' in answer.text
    assert f'value="{line or code}"' in answer.text
    assert "còn nguyên" not in answer.text
