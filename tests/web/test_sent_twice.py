"""Every form that writes is done once however often it arrives (INV-07).

Forms that move money or issue papers carry a key, and their own tests send it twice; all others
are sent twice here. Whoever adds a form says on which side it is.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from loanfund.clock import FixedClock
from loanfund.db import make_engine, make_sessions
from loanfund.domain.permission import Role
from loanfund.models.proposal import Proposal
from loanfund.models.user import User
from loanfund.services.sign_in import SetPassword, set_password
from loanfund.services.user import command_line, issue_link
from loanfund.web.change_kind import KINDS
from tests.conftest import TODAY
from tests.people import CHEAP, NOW, PASSWORD
from tests.services.derived import contents
from tests.site import SETTINGS, Site, an_app
from tests.web.matrix import Things, a_world, may, routes

# Their forms carry a request_key, bound to what was typed.
KEYED = {
    "capital.record",
    "capital.record_undo",
    "collection_batch.print",
    "collection_batch.take_back",
    "collection_sheet.record",
    "contract.submit",
    "correction.record",
    "period.suggest",
    "portal.issue",
    "present_rules.suggest",
    "recovery.record",
    "repayment.record",
    "reversal.record",
    "setting.offer",
    "statement.issue",
    "voucher.print",
    *(f"change.{kind.name}_record" for kind in KINDS),
    "change.reversal_record",
}
# What they write is no state of the book, is the same as before, or has a test of its own.
ELSEWHERE = {
    "activation.enter",  # tests/web/test_activation.py
    "book_import.look",  # writes nothing
    "book_import.record",  # tests/web/test_book_import.py
    "collection_sheet.keep",
    "contract.add",  # the number is one contract's; tests/web/test_contract.py
    "contract.cancel",
    "contract.change",
    "forgotten.ask",
    "letter.print_all",  # tests/web/test_letter.py, as the next
    "notice.ask",
    "job.again",  # asks as job.start does
    "own_session.end",
    "own_session.end_all",
    "preference.language",
    "preference.working_date",
    "proposal.link",  # tests/services/test_two_people.py, as the next
    "proposal.take_over",
    "user.ask_link",  # tests/web/test_user.py, as the next
    "user.confirm",
    "capital.voucher",  # tests/web/test_book_voucher.py, as the next
    "period.voucher",
    "reminder.take_back",  # tests/web/test_letter.py
    "signing.approved",  # tests/web/test_signing.py, as the next
    "signing.discarded",
    "signing.signed",
    "second_factor.enter",  # tests/web/test_second_factor.py, as the next
    "second_factor.renew",
    "second_factor.set_up",
    "second_factor.turn_off",
    "user.ask_factor_off",
    "user.read",  # tests/services/test_two_people.py
    "sign_in.change",
    "sign_in.confirm",
    "sign_in.chosen",
    "sign_in.enter",
    "sign_in.leave",
}
# Beside the book: who came, and what was asked for.
LINKS = "password_link"
BESIDE = {"audit_head", "audit_line", "limited_use", "request_key", "user_session"}
HIDDEN = re.compile(r'name="([^"]+)" type="hidden" value="([^"]*)"')


@dataclass(frozen=True)
class Sent:
    """A form as somebody fills it in, on the page where it stands, after another was sent."""

    role: Role
    fields: Mapping[str, str] = field(default_factory=dict)
    page: str = ""
    after: str = ""


NEW = {"name": "HTX Mới", "kind": "cooperative", "tax_code": "0100233488"}
PERSON = {"name": "Lê Thị Mới", "email": "moi@quy.example.vn"}
BACK = {"reason": "Thiếu hồ sơ"}
UNKEYED = {
    "borrower.add": Sent(Role.OFFICER, {"code": "KH9", **NEW}),
    "borrower.change": Sent(Role.OFFICER, NEW, page="borrower.edit"),
    "invitation.issue": Sent(Role.OFFICER, PERSON),
    "invitation.send": Sent(Role.OFFICER, PERSON),
    "job.hold": Sent(Role.ADMIN),
    "job.release": Sent(Role.ADMIN, after="job.hold"),
    "job.start": Sent(Role.ADMIN),
    "letter.discarded": Sent(Role.OFFICER, {"letter-1": "on", "reason": "Đã trả", "sure": "1"}),
    "letter.handed_over": Sent(
        Role.OFFICER, {"letter-1": "on", "day": "01/06/2020", "sure": "1"}
    ),
    "proposal.accept": Sent(Role.MANAGER, page="proposal.one"),
    "proposal.give_back": Sent(Role.MANAGER, BACK, page="proposal.one"),
    "proposal.take_back": Sent(Role.OFFICER, BACK, page="proposal.one"),
    "reminder_pause.pause": Sent(
        Role.OFFICER, {"reason": "promise", "last_day": "10/06/2020", "note": "Hứa trả"}
    ),
    "reminder_pause.resume": Sent(Role.OFFICER, after="reminder_pause.pause"),
    "user.disable": Sent(Role.ADMIN, {"reason": "nghỉ việc"}),
    "user.enable": Sent(Role.ADMIN, after="user.disable"),
    "user.give_role": Sent(Role.ADMIN, {"role": "manager"}),
    "user.invite": Sent(Role.ADMIN, {**PERSON, "role": "officer"}),
    "user.link": Sent(Role.ADMIN),
    "user.mail": Sent(Role.ADMIN),
}
# What cannot be done to the world's loans, so that the page shows no form.
UNFIT = {"change.disbursement_record", "change.reversal_record", "recovery.record"}
ROUTES = {route.endpoint: route for route in routes()}


@pytest.fixture(scope="module")
def world(sqlite_file: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Things]:
    path = Path(shutil.copy(sqlite_file, tmp_path_factory.mktemp("twice") / "twice.sqlite3"))
    engine = make_engine(f"sqlite:///{path}")
    with make_sessions(engine)() as session:
        things, _ = a_world(session, FixedClock(TODAY))
    engine.dispose()
    return path, things


@pytest.fixture
def own(world: tuple[Path, Things], tmp_path: Path) -> Iterator[sessionmaker[Session]]:
    engine = make_engine(f"sqlite:///{shutil.copy(world[0], tmp_path / 'own.sqlite3')}")
    yield make_sessions(engine)
    engine.dispose()


def book(sessions: sessionmaker[Session]) -> dict[str, list[tuple[Any, ...]]]:
    with sessions() as session:
        return {name: rows for name, rows in contents(session).items() if name not in BESIDE}


def a_maker(sessions: sessionmaker[Session]) -> str:
    """Let the person who proposed what waits sign in, and give their address."""
    with sessions() as session:
        maker = session.scalars(
            select(User).join(Proposal, Proposal.proposed_by == User.id)
        ).first()
        assert maker is not None
        operator = command_line(session, now=NOW)
        link = issue_link(session, maker.email, operator, now=NOW)
        set_password(session, SetPassword(link=link, password=PASSWORD), now=NOW, hasher=CHEAP)
        return maker.email


@pytest.mark.parametrize("endpoint", UNKEYED)
def test_what_is_sent_twice_is_done_once(
    world: tuple[Path, Things], own: sessionmaker[Session], endpoint: str
) -> None:
    sent = UNKEYED[endpoint]
    site = Site(an_app(SETTINGS, own, FixedClock(TODAY)), own)
    if endpoint == "proposal.take_back":
        browser = site.stranger()
        browser.enter(a_maker(own))
    else:
        browser = site.sign_in(sent.role)
    bound = site.app.url_map.bind("")
    found = world[1].of(ROUTES[endpoint])
    thing = found.get("own") or found.get("there") or {}
    page = browser.get(bound.build(sent.page, thing) if sent.page else "/password").text
    if sent.after:
        browser.post(bound.build(sent.after, thing), dict(UNKEYED[sent.after].fields))
    hidden = {name: unescape(value) for name, value in HIDDEN.findall(page)}
    fields = {**hidden, **sent.fields}
    before = book(own)

    first = browser.post(bound.build(endpoint, thing), fields)
    once = book(own)
    browser.post(bound.build(endpoint, thing), fields)

    assert first.status_code in {200, 302}, first.text
    assert once != before
    twice = book(own)
    assert len(twice.pop(LINKS)) == len(once.pop(LINKS)), "a new link ends the one before"
    assert twice == once


@pytest.mark.parametrize("endpoint", sorted(KEYED))
def test_a_form_records_nothing_without_a_key_of_its_own(
    world: tuple[Path, Things], own: sessionmaker[Session], endpoint: str
) -> None:
    """None, an empty one, one by which the program itself does something once (S-19)."""
    route, things = ROUTES[endpoint], world[1]
    role = next(one for one in Role if may(route, one))
    borrower = things.kinds["borrower"]["own"]["borrower_id"]
    site = Site(an_app(SETTINGS, own, FixedClock(TODAY)), own)
    browser = site.sign_in(role, borrower_id=borrower if role is Role.COOPERATIVE else None)
    found = things.of(route)
    address = site.app.url_map.bind("").build(endpoint, found.get("own") or found.get("there"))
    browser.get("/password")
    before = book(own)

    for key in ({}, *({"request_key": one} for one in ("", "statement:1:2020-05", "k" * 65))):
        page = browser.post(address, {"act": "post", **key})
        while page.status_code == 302:
            page = browser.get(page.headers["Location"])
        said = "Trang này không còn dùng được như lúc mở" in unescape(page.text)
        assert said == (endpoint not in UNFIT), key
        assert said or 'name="request_key"' not in page.text
    assert book(own) == before


def test_every_form_says_on_which_side_it_is() -> None:
    posts = {route.endpoint for route in routes() if route.method == "POST"}

    assert sorted([*KEYED, *UNKEYED, *ELSEWHERE]) == sorted(posts)
