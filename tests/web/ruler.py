"""What a ruler finds wrong with a page as it stands in its window: widths, places, menus.

Each measure is a function for the browser that gives what is wrong, one text each.
"""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page

from tests.browser import Window
from tests.web.walker import OVER

MENU = "details:is(.menu, .acts-menu)"
NARROWEST = 320
# What makes a page wider than the window, unless it scrolls in a region of its own.
STICKING_OUT = """() => {
  if (document.documentElement.scrollWidth <= window.innerWidth) return [];
  const scrolls = one => one && (getComputedStyle(one).overflowX !== "visible"
    || scrolls(one.parentElement));
  const out = [...document.body.querySelectorAll("*")].filter(one =>
    one.getBoundingClientRect().right > window.innerWidth + 1 && !scrolls(one.parentElement));
  return ["page", ...out.map(one => one.outerHTML.slice(0, 120))]
    .map(one => `wider than the window: ${one}`);
}"""
# Figures that one sees only after scrolling sideways; all that is folded away is opened first.
HIDDEN_COLUMNS = """() => {
  for (const one of document.querySelectorAll("main details:not(.menu, .acts-menu, .fold)"))
    one.open = true;
  for (const one of document.querySelectorAll("main section[hidden]")) one.hidden = false;
  return [...document.querySelectorAll("main *")]
    .filter(one => one.scrollWidth > one.clientWidth + 1
      && one.querySelector("table, svg.chart")
      && ["auto", "scroll"].includes(getComputedStyle(one).overflowX))
    .map(one => `${one.querySelector("caption, title").id} is ${one.scrollWidth} px wide`
      + ` in a region of ${one.clientWidth}`);
}"""
# What must stand within the first screen of a telephone.
FIRST_SCREEN = """() => {
  const wrong = [];
  const header = document.querySelector("header.top");
  if (header && header.offsetHeight > 64) wrong.push(`the header is ${header.offsetHeight} px`);
  const main = document.querySelector("main");
  // Pages of one thing have crumbs, and those of figures a glance, above their tables.
  const isList = main && !main.querySelector(".crumbs ol, .glance, .tiles");
  const row = isList && main.querySelector("tbody tr");
  if (row && row.checkVisibility() && row.getBoundingClientRect().top > innerHeight - 44)
    wrong.push(`the first row stands at ${Math.round(row.getBoundingClientRect().top)}`);
  for (const form of document.querySelectorAll("main form")) {
    const seen = [...form.elements].filter(one =>
      one.checkVisibility() && one.getBoundingClientRect().width > 2);
    const typed = seen.find(one => one.matches("input:not([type=submit]), select, textarea"));
    if (form.method !== "post" || !typed) continue;
    if (typed.getBoundingClientRect().bottom > innerHeight) continue;
    const act = seen.find(one => one.matches("[data-post]"));
    if (!act) continue;
    const box = act.getBoundingClientRect();
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    if (box.bottom > innerHeight || !act.contains(document.elementFromPoint(x, y)))
      wrong.push(`“${act.textContent.trim()}” is not in the first screen`);
  }
  return wrong;
}"""
# Axes and units too small to read, or cut off at the edge of their picture.
ILLEGIBLE = """() => [...document.querySelectorAll("svg.chart")]
  .filter(one => one.checkVisibility()).flatMap(chart => {
    const edge = chart.getBoundingClientRect();
    return [...chart.querySelectorAll("text")].flatMap(one => {
      const size = parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a;
      const box = one.getBoundingClientRect();
      const isCut = box.left < edge.left - 1 || box.right > edge.right + 1;
      return size < 10 ? [`“${one.textContent}” is ${size.toFixed(1)} px high`]
        : isCut ? [`“${one.textContent}” is cut off`] : [];
    });
  })"""
# What is cut off where its box ends, and buttons that look as every browser's own do.
CUT_OR_BARE = """() => {
  const cut = [...document.querySelectorAll("main *")].filter(one => {
    const style = getComputedStyle(one);
    return one.checkVisibility() && one.clientWidth > 1
      && !one.matches("input, select, textarea")
      && ["hidden", "clip"].includes(style.overflowX) && style.textOverflow !== "ellipsis"
      && style.clipPath === "none"  // what is only read out
      && one.scrollWidth > one.clientWidth + 1;
  });
  const bare = [...document.querySelectorAll("button")].filter(one =>
    one.checkVisibility() && getComputedStyle(one).clipPath === "none"
      && getComputedStyle(one).borderStyle === "outset");
  return [...cut.map(one => `cut off: ${one.textContent.trim().slice(0, 80)}`),
    ...bare.map(one => `without a style: ${one.textContent.trim()}`)];
}"""
# Where there is room for columns: labels of buttons and cells of reports that run over lines.
OVER_LINES = """() => {
  const lines = one => {
    const range = document.createRange();
    range.selectNodeContents(one);
    return new Set([...range.getClientRects()].map(box => Math.round(box.bottom / 8))).size;
  };
  const over = (selector, most) => [...document.querySelectorAll(selector)]
    .filter(one => one.checkVisibility() && lines(one) > most)
    .map(one => `“${one.textContent.trim()}” runs over ${lines(one)} lines`);
  return [...over("td .button", 1),
    ...over(".report-lines tbody :is(th, td):not([colspan])", 3)].slice(0, 5);
}"""
# Entries of menus that one cannot press: each menu is opened at the top and further down.
UNPRESSABLE = f"""selector => {{
  const over = {OVER};
  const wrong = [];
  for (const menu of document.querySelectorAll(selector)) for (const scrolled of [0, 200]) {{
    scrollTo(0, scrolled);
    menu.open = true;
    for (const one of menu.querySelectorAll("a[href], button, input:not([type=hidden])")) {{
      one.scrollIntoView({{block: "nearest"}});
      const found = one.checkVisibility() ? over(one) : "is not to be seen";
      if (found) wrong.push(`the entry ${{one.textContent.trim() || one.name}} ${{found}}`);
    }}
    menu.open = false;
  }}
  scrollTo(0, 0);
  return wrong;
}}"""
# Of rows that are all alike, so many are enough to be read to somebody who cannot see.
SHORTENED = """() => document.querySelectorAll("tbody > tr:nth-child(n + 9)")
  .forEach(one => one.remove())"""


def misfits(opened: Window, *, is_telephone: bool) -> Iterator[str]:
    """Say what of a page does not fit the window, and open all its menus."""
    page = opened.page
    yield from page.evaluate(STICKING_OUT)
    yield from page.evaluate(CUT_OR_BARE)
    if is_telephone:
        yield from page.evaluate(FIRST_SCREEN)
    else:
        yield from page.evaluate(OVER_LINES)
    yield from page.evaluate(ILLEGIBLE)
    yield from page.evaluate(UNPRESSABLE, MENU)
    if is_telephone and page.locator(".acts-menu").count():
        before = page.viewport_size
        page.set_viewport_size({"width": NARROWEST, "height": 844})
        yield from (f"at {NARROWEST} px {one}" for one in page.evaluate(UNPRESSABLE, MENU))
        assert before is not None
        page.set_viewport_size(before)
    yield from page.evaluate(HIDDEN_COLUMNS)  # opens what is folded away, so it comes last


def led_to(page: Page) -> set[str]:
    """Give where the menus of a page lead."""
    found = page.locator(f"{MENU} a[href]")
    return set(found.evaluate_all("all => all.map(one => one.getAttribute('href'))"))
