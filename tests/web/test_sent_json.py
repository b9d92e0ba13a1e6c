"""JSON that a browser sends back: whatever stands there, no page breaks by it."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.borrower import Borrower
from loanfund.web.sent_json import read_sent
from tests.builders import a_borrower, a_fund
from tests.site import Site

OFFICER = "officer@quy.example.vn"
DEEP = 20_000
BROKEN = {
    "empty": "",
    "no JSON": "{",
    "deep list": "[" * DEEP,
    "deep list, closed": "[" * DEEP + "]" * DEEP,
    "deep object": '{"a":' * DEEP + "1" + "}" * DEEP,
    "long number": "9" * 5_000,
    "lone surrogate": r'["\ud800"]',
    "surrogate in a name": r'{"x": {"\udfff": 1}}',
    "NUL": r'[["a", "\u0000"]]',
}
# What is JSON, and not what the form sends.
OTHER = {
    "null": "null",
    "number": "1",
    "list": '[["a"]]',
    "fields of no text": '{"path": 1, "page": [], "fields": [[1, {}], 2, ["a"], [[], "b"]]}',
    "fields of names": '{"name": {"a": [1]}, "code": 7, "path": "/x", "page": "/x"}',
    "deep fields": f'{{"path": "/x", "page": "/x", "fields": [{"[" * 900}{"]" * 900}]}}',
    "path": r'{"path": "/x\ud800", "page": "/x\u0000", "fields": [["\ud800", "\ud800"]]}',
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_json_or_no_text_is_nothing(name: str) -> None:
    assert read_sent(BROKEN[name]) is None


def test_what_can_be_kept_is_read_as_it_was_sent() -> None:
    sent = {"path": "/x", "fields": [["note", "Đã trả 😀\n dòng hai"]], "more": [1, None]}

    assert read_sent(json.dumps(sent)) == sent


def test_no_page_breaks_by_the_json_that_a_browser_sends_it(
    site: Site, clock: FixedClock
) -> None:
    """The sign-in carries a form that was not accepted; a borrower's, what stood in it."""
    with site.sessions() as session:
        a_borrower(a_fund(session, clock))
        of_it = f"/borrower/{session.scalars(select(Borrower.id)).one()}/edit"
    officer = site.sign_in(Role.OFFICER)
    shown = officer.get(of_it)

    for name, sent in (BROKEN | OTHER).items():
        stranger = site.stranger()
        entered = stranger.enter(OFFICER, kept=sent)
        resumed = stranger.get("/sign-in/resume")
        stale = officer.post(of_it, {"name": "HTX", "version": "0", "was": sent})

        assert entered.status_code == 302, name
        assert resumed.status_code < 500, name
        assert stale.status_code < 500, name
    assert shown.status_code == 200
