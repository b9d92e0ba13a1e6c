"""What may happen to a form between opening it and the end of the act, and what must hold then.

Each condition takes a form that was just opened, and yields what keeps somebody from going on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Dialog, ElementHandle, Error, Page, Request, Response, expect
from sqlalchemy import delete

from loanfund.domain.errors import InvalidInputError
from loanfund.models.user import UserSession
from loanfund.wording.reading import read_amount
from tests.browser import LiveSite
from tests.people import PASSWORD
from tests.web.forms import ELSEWHERE, Comer, FormEntry, Kind
from tests.web.walker import AT_ONCE, COUNTED, KEPT, PATIENCE, SAID_OF, SOON, VALUES, Walk

Condition = Callable[[Walk, LiveSite, str], Iterator[str]]
NO_NUMBERS = {"tax_code"}  # typed with digits, and read as text
STAYS = {Kind.FILE, Kind.TAB}  # where the page of the form stays open
# What is answered at once; asked again for the same, a page with a fragment does not even load.
ANSWERED = {*STAYS, Kind.FILTER}
PREVIEWS = {Kind.PAYMENT, Kind.PROPOSAL}
REFUSED = 400
FINDS_NOTHING = {404, 422}


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
    for patience in (PATIENCE, AT_ONCE, AT_ONCE):  # a look, the act, a password
        act = walk.act(patience)
        if act is None:
            break
        is_done = act.evaluate("one => one.matches('[data-post]')")
        status = sent(walk, act)
        if walk.entry.kind in ANSWERED or (is_done and status < REFUSED):
            break
    return status


def sent(walk: Walk, act: ElementHandle, *, double: bool = False) -> int:
    """Press a button, wait for the page or file that comes of it, and give its status."""
    page, statuses = walk.page, list[int]()
    if walk.entry.kind in STAYS:
        with page.context.expect_event("response", lambda one: _is_sent(one, walk)) as answered:
            act.dblclick() if double else act.click()
        return int(answered.value.status)

    def note(answer: Response) -> None:
        if answer.request.is_navigation_request():
            statuses.append(answer.status)

    page.on("response", note)
    page.evaluate("window.isBefore = true")
    act.dblclick() if double else act.click()
    page.wait_for_function("() => !window.isBefore", polling=50, timeout=PATIENCE)
    page.wait_for_load_state()
    page.remove_listener("response", note)
    return statuses[-1]


def _is_sent(answer: Response, walk: Walk) -> bool:
    """Say whether an answer is to what the form's button sends."""
    is_way = answer.request.method.lower() == walk.method
    return is_way and urlsplit(answer.request.url).path == walk.path


def session_ended(walk: Walk, live: LiveSite, email: str) -> Iterator[str]:
    """The session is over while something is typed: after the sign-in the form is whole."""
    walk.type_all()
    before = walk.told(VALUES)
    with live.sessions() as session:
        session.execute(delete(UserSession))
        session.commit()
    if walk.entry.kind in PREVIEWS and "amount" in before:
        walk.type("amount", before["amount"])  # whoever previews finds out only now
        walk.settle()
    act = walk.act()
    if act is None:
        yield "the session ended, and there is no button any more"
        return
    walk = _pressed(walk, act)
    page = walk.page
    if not _signs_in_again(walk, email):
        yield f"nobody asks to sign in again: {page.url}"
        return
    if not walk.entry.typed and walk.act(SOON) is None:
        _go_on(walk)
    if walk.act() is None:
        yield f"after the sign-in the form is not there: {page.url}"
        return
    after = walk.told(VALUES)
    if lost := _lost(before, after):
        yield f"lost by the sign-in: {lost}, now {[after.get(name) for name in lost]}"
    if wrong := walk.see():
        yield f"after the sign-in the act {wrong}"


def _pressed(walk: Walk, act: ElementHandle) -> Walk:
    """Press a button; give the walk where its answer comes, which may be a tab of its own."""
    if walk.entry.kind is not Kind.TAB:
        act.click()
        return walk
    with walk.page.context.expect_page() as opened:
        act.click()
    return replace(walk, page=opened.value)


def _go_on(walk: Walk) -> None:
    """Do what one must oneself to come back to a form into which nothing was typed."""
    sending_on = walk.page.locator("form[data-at-once] button")
    if sending_on.count():
        sending_on.click()  # a cooperative's pages have no script that does it
    else:
        walk.open_up()  # of a mere button nothing comes back but its page


def _signs_in_again(walk: Walk, email: str) -> bool:
    """Sign in where one is asked to, with a code where the account has one."""
    page = walk.page
    password = page.locator("main #password")
    try:
        expect(password).to_be_visible(timeout=PATIENCE)
    except AssertionError:
        return False
    page.fill("main #email", email)
    password.fill(PASSWORD)
    password.press("Enter")
    if Comer.WITH_FACTOR in walk.entry.only:
        page.fill("main #code", walk.phone.code())
        page.press("main #code", "Enter")
    return True


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
    elif walk.act(AT_ONCE) is not None and (wrong := walk.see()):
        yield f"after Back the act {wrong}"


# Whoever is quick presses while the page is still loading: it ends between the clicks. What the
# page lets go is counted there; the browser may drop the first of two before it leaves.
COUNT_WHAT_GOES = """() => {
    sessionStorage.gone = 0;
    addEventListener("submit", (event) => {
        if (!event.defaultPrevented) sessionStorage.gone = Number(sessionStorage.gone) + 1;
        Promise.resolve().then(() => dispatchEvent(new PageTransitionEvent("pageshow")));
    });
}"""


def pressed_twice(walk: Walk, _live: LiveSite, _email: str) -> Iterator[str]:
    """A second click: it is done once, and whatever stays open is not dead."""
    posts = list[str]()

    def note(request: Request) -> None:
        if request.method == "POST" and urlsplit(request.url).path == walk.path:
            posts.append(request.url)

    walk.page.context.on("request", note)
    walk.type_all()
    act = walk.act()
    if act is None:
        yield "there is no act"
        return
    walk.page.evaluate(COUNT_WHAT_GOES)
    status = sent(walk, act, double=True)
    walk.page.wait_for_timeout(300)
    asks_first = walk.page.query_selector("main button[name=sure]")
    if _is_refused(walk, status) and not asks_first:
        yield f"pressed twice, it was answered with {status}"
    gone = max(len(posts), int(walk.page.evaluate("sessionStorage.gone || 0")))
    if gone > 1:
        yield f"pressed twice, it was sent {gone} times"
    if walk.entry.kind in STAYS and not _is_alive(walk, posts):
        yield "the button is dead after the first click"


def _is_refused(walk: Walk, status: int) -> bool:
    """Say whether it was not done; what finds nothing is rightly answered so."""
    return status >= REFUSED and (walk.entry.finds or status not in FINDS_NOTHING)


def _is_alive(walk: Walk, posts: list[str]) -> bool:
    """Say whether a button that stayed is soon pressed again with effect."""
    before = len(posts)
    for _ in range(5):
        walk.page.wait_for_timeout(1_000)
        again = walk.act()
        if again is None:
            return False
        again.click()
        walk.page.wait_for_timeout(300)
        if len(posts) > before:
            return True
    return False


def without_scripts(walk: Walk, _live: LiveSite, _email: str) -> Iterator[str]:
    """No script at all: it is typed and sent all the same."""
    walk.type_all()
    if wrong := walk.see():
        yield f"without scripts the act {wrong}"
        return
    status = press(walk)
    if _is_refused(walk, status):
        said = walk.page.locator("main").inner_text()[:300]
        yield f"without scripts it was answered with {status}: {said}"


def typed_wrong(walk: Walk, _live: LiveSite, _email: str) -> Iterator[str]:
    """A day or number that is none: said at its field, and everything else stays."""
    walk.type_all()
    for name, wrong in walk.told(COUNTED).items():
        if name in NO_NUMBERS or name in walk.entry.beside:
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
        act = walk.act(AT_ONCE)
        if act is not None:
            act.click()
    said = _said(walk, name, PATIENCE)
    walk.page.wait_for_load_state()  # a page that still begins would take the next keys
    if not said:
        yield f"nothing is said beside “{name}” when it is wrong"
        return
    after = walk.page.evaluate(KEPT, walk.asked[:2])
    if lost := _lost(before, after):
        yield f"“{name}” was wrong, and these were lost: {lost}"


def _lost(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Give what was typed and no longer stands there; an amount may come back in figures."""
    return {
        name: typed
        for name, typed in before.items()
        if typed and not _is_same(typed, after.get(name))
    }


def _is_same(typed: Any, stands: Any) -> bool:
    if typed == stands:
        return True
    try:
        return read_amount(str(typed)) == read_amount(str(stands))
    except InvalidInputError:
        return False


def _said(walk: Walk, name: str, patience: int = 400) -> str:
    """Give what is said beside a field, once it is."""
    for _ in range(patience // 50):
        with suppress(Error):  # between two pages there is nobody to ask
            if said := str(walk.page.evaluate(SAID_OF, [*walk.asked[:2], name])):
                return said
        walk.page.wait_for_timeout(50)
    return ""


def left_half_typed(walk: Walk, _live: LiveSite, _email: str) -> Iterator[str]:
    """Somebody leaves: asked where something was typed and not sent, and nowhere else."""
    page, asked = walk.page, list[str]()

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.keyboard.press("Tab")  # a browser asks nobody who did nothing
    page.reload()
    if asked:
        yield "nothing was typed, and leaving is asked about"
        return
    walk.open_up()
    walk.type_all()
    before = walk.told(VALUES)
    page.evaluate("setTimeout(() => location.assign('/nowhere'))")
    page.wait_for_timeout(AT_ONCE)
    if asked != ["beforeunload"] or walk.told(VALUES) != before:
        yield f"something was typed, and leaving is not asked about: {page.url}"
        return
    asked.clear()
    press(walk)
    page.remove_listener("dialog", stay)
    if asked:
        yield "it was sent, and leaving is asked about"


# What strangers may ask needs no session, and a search leads to what it found.
STRANGERS = {"search.show", "verification.ask"}


def conditions_of(entry: FormEntry) -> Iterator[Condition]:
    """Give the conditions that a form can be in."""
    if entry.kind is Kind.FILTER:
        yield from (typed_wrong, without_scripts)
        if entry.sends not in STRANGERS:
            yield session_ended
    elif entry.kind is Kind.DRAFT:
        yield without_scripts
    elif entry.kind in {Kind.DOOR, Kind.MENU}:
        yield from (without_scripts, pressed_twice)
    else:
        yield from (went_back, pressed_twice, without_scripts, typed_wrong)
        if entry.after != ELSEWHERE:  # which ends with all others
            yield session_ended
        # A sheet keeps a draft of itself, and what is sent to get a file stays where it is.
        if entry.typed and entry.kind not in {Kind.SHEET, Kind.FILE}:
            yield left_half_typed
