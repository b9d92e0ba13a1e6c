"""What may happen to a form between opening it and the end of the act, and what must hold then.

Each condition takes a form that was just opened, and yields what keeps somebody from going on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from playwright.sync_api import Error, Page, expect
from sqlalchemy import delete

from loanfund.models.user import UserSession
from tests.browser import LiveSite
from tests.people import PASSWORD
from tests.web.forms import FormEntry, Kind
from tests.web.walker import COUNTED, KEPT, PATIENCE, SAID, VALUES, Walk

Condition = Callable[[Walk, LiveSite, str], Iterator[str]]
NO_NUMBERS = {"tax_code"}  # typed with digits, and read as text
STAYS = {Kind.FILE, Kind.TAB}  # where the page of the form stays open


def went_wrong(page: Page) -> str:
    """Say what is wrong with the page that an act led to."""
    if page.url.startswith("chrome-error:"):
        return "the browser shows an error"
    if page.locator("h1").count() == 0:
        return f"{page.url} is no page"
    return ""


def press(walk: Walk) -> int:
    """Press the act and what comes before it; give the status of the last answer."""
    status = 0
    for _ in range(3):  # a look, the act, a password
        act = walk.act()
        if act is None:
            break
        is_post = act.evaluate("one => one.matches('[data-post]')")
        status = sent(walk, act)
        if is_post or walk.entry.kind in STAYS or not walk.form():
            break
    return status


def sent(walk: Walk, act: Any, *, double: bool = False) -> int:
    """Press a button, and wait for what it sends to be answered."""
    with walk.page.context.expect_event(
        "response", lambda one: one.request.resource_type in {"document", "fetch"}
    ) as answered:
        act.dblclick() if double else act.click()
    walk.page.wait_for_load_state()
    return int(answered.value.status)


def session_ended(walk: Walk, live: LiveSite, email: str) -> Iterator[str]:
    """The session is over while something is typed: after the sign-in the form is whole."""
    page = walk.page
    walk.type_all()
    before = walk.told(VALUES)
    with live.sessions() as session:
        session.execute(delete(UserSession))
        session.commit()
    for name, text in list(walk.entry.typed.items())[-1:]:
        walk.type(name, text)  # what previews finds out only now
    act = walk.act()
    if act is None:
        yield "the session ended, and there is no button any more"
        return
    act.click()
    password = page.locator("main #password")
    try:
        expect(password).to_be_visible(timeout=PATIENCE)
    except AssertionError:
        yield f"nobody asks to sign in again: {page.url}"
        return
    page.fill("main #email", email)
    password.fill(PASSWORD)
    password.press("Enter")
    if walk.act() is None:
        yield f"after the sign-in the form is not there: {page.url}"
        return
    after = walk.told(VALUES)
    lost = {name: value for name, value in before.items() if after.get(name) != value}
    if lost:
        yield f"lost by the sign-in: {lost}, now {[after.get(name) for name in lost]}"
    if wrong := walk.see():
        yield f"after the sign-in the act {wrong}"


def went_back(walk: Walk, _live: LiveSite, _email: str) -> Iterator[str]:
    """Back after the act: a page, and where the form stands it can be sent again."""
    walk.type_all()
    press(walk)
    page = walk.page
    if wrong := went_wrong(page):
        yield f"after the act: {wrong}"
        return
    if walk.entry.kind in STAYS:
        return
    try:
        page.go_back()
    except Error as error:
        yield f"Back: {error.message.splitlines()[0]}"
        return
    if wrong := went_wrong(page):
        yield f"after Back: {wrong}"
    elif walk.act(500) is not None and (wrong := walk.see()):
        yield f"after Back the act {wrong}"


def pressed_twice(walk: Walk, _live: LiveSite, _email: str) -> Iterator[str]:
    """A second click: it is done once, and whatever stays open is not dead."""
    posts: list[str] = []
    walk.page.context.on(
        "request", lambda one: posts.append(one.url) if one.method == "POST" else None
    )
    walk.type_all()
    act = walk.act()
    if act is None:
        yield "there is no act"
        return
    status = sent(walk, act, double=True)
    walk.page.wait_for_timeout(300)
    if status >= 400:
        yield f"pressed twice, it was answered with {status}"
    if len(posts) > 1:
        yield f"pressed twice, it was sent {len(posts)} times"
    if walk.entry.kind in STAYS:
        again = walk.act()
        if again is None:
            yield "the button is gone after the first click"
            return
        try:
            sent(walk, again)
        except Error:
            yield "the button is dead after the first click"


def without_scripts(walk: Walk, _live: LiveSite, _email: str) -> Iterator[str]:
    """No script at all: it is typed and sent all the same."""
    for name, text in walk.entry.typed.items():
        walk.type(name, text)
    if wrong := walk.see():
        yield f"without scripts the act {wrong}"
        return
    status = press(walk)
    if status >= 400:
        said = walk.page.locator("main").inner_text()[:300]
        yield f"without scripts it was answered with {status}: {said}"


def typed_wrong(walk: Walk, _live: LiveSite, _email: str) -> Iterator[str]:
    """A day or number that is none: said at its field, and everything else stays."""
    walk.type_all()
    for name, wrong in walk.told(COUNTED).items():
        if name in NO_NUMBERS:
            continue
        walk.type_all()
        walk.type(name, wrong)
        before = walk.told(VALUES)
        walk.page.keyboard.press("Tab")
        yield from _refused(walk, name, before)
        walk.page.go_back() if walk.entry.kind is Kind.FILTER else None
        walk.open_up() if walk.entry.kind is Kind.FILTER else None


def _refused(walk: Walk, name: str, before: dict[str, Any]) -> Iterator[str]:
    if not _said(walk, name):
        act = walk.act(500)
        if act is not None:
            act.click()
            walk.page.wait_for_load_state()
    if not _said(walk, name, PATIENCE):
        yield f"nothing is said beside “{name}” when it is wrong"
        return
    after = walk.page.evaluate(KEPT, walk.asked[:2])
    lost = {one: value for one, value in before.items() if value and after.get(one) != value}
    if lost:
        yield f"“{name}” was wrong, and these were lost: {lost}"


def _said(walk: Walk, name: str, patience: int = 400) -> str:
    """Give what is said beside a field, once it is."""
    for _ in range(patience // 50):
        field = walk.page.evaluate_handle(
            "([path, method, name]) => [...document.forms].flatMap(one => [...one.elements])"
            ".find(one => one.name === name && one.checkVisibility()"
            " && (one.form.getAttribute('method') || 'get') === method)",
            [*walk.asked[:2], name],
        ).as_element()
        if field is not None and (said := str(field.evaluate(SAID))):
            return said
        walk.page.wait_for_timeout(50)
    return ""


def conditions_of(entry: FormEntry) -> Iterator[Condition]:
    """Give the conditions that a form can be in."""
    if entry.kind is Kind.FILTER:
        yield from (session_ended, typed_wrong, without_scripts)
    elif entry.kind in {Kind.DOOR, Kind.MENU}:
        yield from (without_scripts, pressed_twice)
    else:
        yield from (session_ended, went_back, pressed_twice, without_scripts, typed_wrong)
