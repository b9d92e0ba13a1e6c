"""Every line of the audit log about an account says who, and from which network."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import loanfund
from loanfund.domain.permission import Role
from loanfund.models.audit import AuditLine
from tests.builders import Fund
from tests.people import PASSWORD, WHY
from tests.site import Browser, Site
from tests.web.test_invitation import EMAIL, fund, letter, opened, path
from tests.web.test_second_factor import enrolled
from tests.web.test_user import NEW, act, decide, one

__all__ = ["fund"]
SOURCE = Path(loanfund.__file__).parent
WRITERS = {"note_account", "note_visit", "audit_refusal"}
FROM_NO_NETWORK = {"mail_link", "reseal", "add_user"}  # jobs, and the operator's commands
NAME = re.compile(r"[a-z]+(_[a-z]+)+|invite")
NETWORK, OTHER = "203.0.113.9", "mây trắng bay ngang đồi chè"


def calls(*names: str) -> list[tuple[str, ast.Call]]:
    """Give every call of these functions, with the module it stands in."""
    return [
        (module.name, node)
        for module in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in names
    ]


def words(node: ast.AST) -> set[str]:
    return {
        one.value
        for one in ast.walk(node)
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    }


def acts() -> set[str]:
    """Give the names of all acts on accounts, from the calls that write them down.

    Where the act is chosen before, both choices stand in the module.
    """
    of_users = [call for module, call in calls("_audit") if module == "user.py"]
    written = [*(call for _, call in calls(*WRITERS)), *of_users]
    found = {one for call in written for one in words(call)}
    chosen = ast.parse((SOURCE / "services/_factor.py").read_text(encoding="utf-8"))
    for node in ast.walk(chosen):
        if isinstance(node, ast.IfExp):
            found |= words(node)
    return {one for one in found if NAME.fullmatch(one)}


def test_one_module_writes_what_is_done_to_accounts() -> None:
    writers = {
        module
        for module, call in calls("write_audit")
        for about in call.keywords
        if about.arg == "subject" and isinstance(about.value, ast.Tuple)
        if "user" in words(about.value.elts[0])
    }

    assert writers == {"_account_line.py"}


def from_network(browser: Browser) -> Browser:
    browser.client.environ_base["REMOTE_ADDR"] = NETWORK
    return browser


def test_every_act_on_an_account_says_from_which_network(
    site: Site, fund: Fund, session: Session
) -> None:
    """Everything that pages do to accounts, once."""
    admin, manager = site.sign_in(Role.ADMIN), site.sign_in(Role.MANAGER)
    officer = site.sign_in(Role.OFFICER)
    for browser in (admin, manager, officer):
        from_network(browser)
    before = session.scalar(select(func.max(AuditLine.id)))

    invites(officer, fund)
    opens_by_letter(from_network(site.stranger()), letter(officer, path(fund)))
    keeps_users(site, session, admin, manager)
    changes_passwords(officer)
    uses_a_factor(site, officer)

    session.expire_all()
    about = AuditLine.object_type == "user", AuditLine.id > (before or 0)
    lines = session.scalars(select(AuditLine).where(*about)).all()
    assert {one.action for one in lines} == acts() - FROM_NO_NETWORK
    assert {one.facts.get("network") for one in lines} == {NETWORK}


def invites(officer: Browser, fund: Fund) -> None:
    officer.get(path(fund))
    officer.post(f"{path(fund)}/mail", {"name": "Nguyễn Văn Tâm", "email": EMAIL})


def opens_by_letter(person: Browser, code: str) -> None:
    person.get("/activate")
    person.post("/activate", {"email": EMAIL, "code": "x"})
    way = opened(person, code)
    person.get(way)
    person.post(way, {"password": OTHER})
    person.get("/activate")
    person.post("/activate", {"email": EMAIL, "code": code})
    person.enter(EMAIL, "x")
    person.enter(EMAIL, OTHER)


def keeps_users(site: Site, session: Session, admin: Browser, manager: Browser) -> None:
    """A new person is invited by two, shown a link, confirmed, shut out and let in."""
    admin.get("/users")
    admin.post("/users/invite", NEW)
    decide(site, session, manager)
    new = one(session, NEW["email"])
    for verb in ("link", "disable", "enable", "mail"):
        act(admin, new, verb, reason=WHY)
    act(manager, new, "confirm")


def changes_passwords(officer: Browser) -> None:
    for current in ("x", PASSWORD):
        officer.get("/password")
        officer.post("/password", {"current": current, "password": OTHER})
    officer.post("/confirm", {"password_again": OTHER, "next": "/", "back": "/"})


def uses_a_factor(site: Site, officer: Browser) -> None:
    assert officer.actor is not None
    officer.get("/second-factor/set-up")
    officer.post("/second-factor/set-up", {"code": "x"})
    phone = enrolled(officer)
    officer.get("/second-factor")
    officer.post("/second-factor/codes")
    shown = officer.post("/second-factor/codes").text
    codes = re.findall(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}", shown)
    for code in (phone.code(), codes[0]):
        elsewhere = from_network(site.stranger())
        elsewhere.enter(officer.actor.email, OTHER)
        elsewhere.get("/sign-in/code")
        assert elsewhere.post("/sign-in/code", {"code": code}).status_code == 302
    officer.get("/second-factor")
    officer.post("/second-factor/off")
    officer.get("/sessions")
    officer.post("/sessions/end-all")
