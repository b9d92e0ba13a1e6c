"""Hands and eyes for the walk through all forms: keys, and what one sees of a button.

A form is found by what it calls. Its button may come with a preview and be replaced with the
next one, so it is looked for again whenever that may have happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from playwright.sync_api import ElementHandle, Error, FilePayload, Page

from tests.authenticator import CLOCK, Authenticator, Phone
from tests.web.forms import CODE, TICK, WORKBOOK, FormEntry
from tests.workbooks import make

MOST_TABS = 40
PATIENCE = 15_000  # milliseconds for what must come, on a machine that has much to do
SOON = 3_000  # for what comes by another way otherwise
AT_ONCE = 500  # for what may rightly not be there
# What calls an address in a way, and what of it one can see.
CALLING = """
const called = (one, attribute, form) => {
  const said = one.getAttribute(attribute) || form.getAttribute("action") || location.href;
  return new URL(said, location.href).pathname;
};
const way = form => (form.getAttribute("method") || "get").toLowerCase();
const isSeen = one =>
  one.checkVisibility({visibilityProperty: true}) && one.getBoundingClientRect().width > 2;
const calls = (form, path) => called(form, "action", form) === path
  || [...form.querySelectorAll("[formaction]")]
    .some(one => called(one, "formaction", form) === path);
// A page that sends a form on by itself after a sign-in is only on the way to it.
const forms = ([path, method, within]) => [...document.forms].filter(form =>
  !form.matches("[data-at-once]") && way(form) === method && calls(form, path)
    && (!within || form.matches(within)));
const buttons = asked => forms(asked).flatMap(form => [...form.elements].filter(one =>
  one.type === "submit" && isSeen(one) && called(one, "formaction", form) === asked[0]
    && !one.closest(".unseen, [data-works-out]")))
  .sort((one, other) => other.matches("[data-post]") - one.matches("[data-post]"));
"""
FIRST_FORM = f"asked => {{ {CALLING} return forms(asked).find(isSeen) || forms(asked)[0]; }}"
FIRST_BUTTON = f"asked => {{ {CALLING} return buttons(asked)[0]; }}"
# What is wrong with a button as it stands: out of the window, or something lies over it.
OVER = """one => {
  if (one.disabled) return "is disabled";
  const box = one.getBoundingClientRect();
  for (const [across, down] of [[.5, .5], [.04, .1], [.96, .1], [.04, .9], [.96, .9]]) {
    const [x, y] = [box.left + box.width * across, box.top + box.height * down];
    if (x < 0 || y < 0 || x > innerWidth || y > innerHeight)
      return `stands outside the window: ${Math.round(x)}, ${Math.round(y)}`;
    const top = document.elementFromPoint(x, y);
    if (!one.contains(top)) return `lies under ${top && top.outerHTML.slice(0, 90)}`;
  }
  return "";
}"""
TO_VIEW = """one => {
  document.activeElement.blur();
  scrollTo(0, 0);
  one.focus();
  one.scrollIntoView({block: "nearest", inline: "nearest"});
}"""
# What lies over a field, or its label, when it is being typed into.
TYPING_UNDER = """one => {
  one.focus();
  for (const part of [one, ...(one.labels || [])]) {
    const box = part.getBoundingClientRect();
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    const top = document.elementFromPoint(x, y); // nothing outside the window
    if (box.width > 2 && top && !part.contains(top) && !one.contains(top))
      return `${part.localName} lies under ${top.outerHTML.slice(0, 90)}`;
  }
  return "";
}"""
# A file is the browser's own: no page can hold it, and none gives it back.
TYPED = "input:not([type=hidden], [type=submit], .unseen), select, textarea"
# What stands in the fields of a form that somebody can type into, by name.
VALUES = f"""form => Object.fromEntries([...form.elements]
  .filter(one => one.name && one.type !== "file" && one.matches("{TYPED}")
    && (one.type !== "radio" || one.checked))
  .map(one => [one.name, one.type === "checkbox" ? one.checked : one.value]))"""
# The same of every form that calls an address, hidden fields among them.
KEPT = """([path, method]) => Object.fromEntries([...document.forms]
  .filter(form => (form.getAttribute("method") || "get").toLowerCase() === method
    && new URL(form.getAttribute("action") || location.href, location.href).pathname === path)
  .flatMap(form => [...form.elements])
  .filter(one => one.name && (one.type !== "radio" || one.checked))
  .map(one => [one.name, one.type === "checkbox" ? one.checked : one.value]))"""
MISSING = f"""form => [...form.elements].filter(one => one.matches("{TYPED}") && one.required
  && !one.value && one.checkVisibility()).map(one => one.name)"""
# Days, amounts and numbers: what can be typed wrong.
COUNTED = """form => Object.fromEntries([...form.elements]
  .filter(one => one.checkVisibility() && !one.readOnly && one.name
    && one.matches(".day, .money, [inputmode=decimal], [inputmode=numeric]"))
  .map(one => [one.name, one.matches(".day") ? "31/02/2020" : "1x2"]))"""
# What is said beside a field of that name that is wrong.
SAID_OF = """([path, method, name]) => {
  const one = [...document.forms].flatMap(form => [...form.elements])
    .find(one => one.name === name && one.checkVisibility()
      && (one.form.getAttribute("method") || "get") === method);
  if (!one) return "";
  const named = (one.getAttribute("aria-describedby") || "").split(" ")
    .map(id => document.getElementById(id)).filter(Boolean);
  const beside = [...(one.closest(".row, td") || one).querySelectorAll(".error")];
  return [...named, ...beside].filter(note => note.matches(".error") && note.checkVisibility())
    .map(note => note.textContent.trim()).join(" ");
}"""


def a_workbook() -> FilePayload:
    """Give a file that brings one new borrower."""
    stream = BytesIO()
    make({"Khách hàng": [["Mã KH", "Tên", "Loại"], ["KH9", "HTX Mới", "HTX"]]}).save(stream)
    return {"name": "sổ.xlsx", "mimeType": "", "buffer": stream.getvalue()}


@dataclass(frozen=True)
class Walk:
    """One form in a window, called at an address."""

    page: Page
    entry: FormEntry
    path: str  # what the form's button calls
    method: str
    phone: Phone

    @property
    def asked(self) -> list[str]:
        return [self.path, self.method, self.entry.within]

    def form(self) -> ElementHandle | None:
        """Give the form, seen or not."""
        return self.page.evaluate_handle(FIRST_FORM, self.asked).as_element()

    def act(self, patience: int = PATIENCE) -> ElementHandle | None:
        """Give the button that calls the form's address, once one can see it."""
        try:
            found = self.page.wait_for_function(
                FIRST_BUTTON, arg=self.asked, timeout=patience, polling=50
            )
        except Error:
            return None
        return found.as_element()

    def open_up(self) -> None:
        """Press what the form lies behind."""
        if self.entry.opens:
            self.page.locator(self.entry.opens.format(path=self.path)).first.click()

    def told(self, what: str) -> Any:
        """Ask the form something; nothing where there is none."""
        form = self.form()
        return form.evaluate(what) if form else None

    def field(self, name: str) -> ElementHandle:
        """Give a field of the form."""
        form = self.form()
        assert form is not None, "the form is gone"
        is_first = "^" if name.endswith("-") else ""
        found = form.query_selector(f'[name{is_first}="{name}"]')
        assert found is not None, f"there is no field {name}"
        return found

    def type(self, name: str, text: str) -> None:
        """Type over what stands in a field, by keyboard; choose what is chosen."""
        field = self.field(name)
        if text == WORKBOOK:
            field.set_input_files(a_workbook())
            field.focus()
            return
        if text == TICK:
            field.focus()
            if not field.is_checked():
                self.page.keyboard.press("Space")
            return
        if field.evaluate("one => one.matches('select')"):
            field.select_option(text)
            return
        if text == CODE:
            text = self.code()
        field.focus()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def code(self) -> str:
        """Give what the app shows: of the account, or of what the page gives it to take."""
        key = self.page.query_selector("code.key")
        if key is None:
            return self.phone.code()
        return Authenticator.typed(self.page.content()).code(CLOCK.now())

    def type_all(self) -> None:
        """Type everything that the table says."""
        for name, text in self.entry.typed.items():
            self.type(name, text)
        self.settle()

    def settle(self) -> None:
        """Wait until no preview is on its way any more."""
        if not self.told("form => form.matches('[data-preview], [data-schedule]')"):
            return
        self.page.wait_for_timeout(300)  # so long after a key one is asked for
        self.page.wait_for_function("() => !document.querySelector('main [aria-busy]')")

    def reach(self) -> str:
        """Go from the last field to the act with Tab; say what is wrong with it there."""
        if self.act() is None:
            return "is no button that one can see"
        for _ in range(MOST_TABS):
            act = self.act()
            if act is not None and act.evaluate("one => one === document.activeElement"):
                return str(act.evaluate(OVER))
            self.page.keyboard.press("Tab")
        return "is never reached with Tab"

    def covered(self) -> dict[str, str]:
        """Give each field that something lies over while one types into it, and what."""
        found = {name: self.field(name).evaluate(TYPING_UNDER) for name in self.entry.typed}
        return {name: over for name, over in found.items() if over}

    def see(self) -> str:
        """Bring the act into the window; say what is wrong with it."""
        for fold in self.page.query_selector_all("details.fold:not([open]) > summary"):
            fold.click()
        act = self.act()
        if act is None:
            return "is no button that one can see"
        act.evaluate(TO_VIEW)
        return str(act.evaluate(OVER))
