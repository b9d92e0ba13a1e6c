"""How templates write figures, days and texts: always through `wording`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from flask import Flask, get_flashed_messages
from markupsafe import Markup

from loanfund.clock import OFFICE
from loanfund.documents.report_cell import cell_text, equation_text, mark_of, said
from loanfund.domain.permission import Role
from loanfund.domain.report import Cell, Equation, Report, Said
from loanfund.services.user import CLI_NAME
from loanfund.web import context, database, login, resume
from loanfund.web.asked import known_text
from loanfund.web.behind import how, how_id
from loanfund.web.columns import fitted
from loanfund.web.fund import day_off, fund
from loanfund.web.pages import navigation
from loanfund.web.told import told
from loanfund.wording import LANGUAGES, amount_in_words, dmy, event_name, percent, text, vnd
from loanfund.wording.figures import Amount


def install(app: Flask) -> None:
    """Give templates their filters and the functions they may call."""
    app.jinja_env.filters |= FILTERS
    app.jinja_env.globals |= {
        "t": t,
        "how_id": how_id,
        "has_page": app.view_functions.__contains__,
        "can": login.can,
        "visitor": login.visitor,
        "language": context.language,
        "languages": LANGUAGES,
        "today": context.today,
        "working_date": context.working_date,
        "navigation": navigation,
        "notices": notices,
        "fund": fund,
        "day_off": day_off,
        "has_mail": context.has_mail,
        "layout": layout,
        "left_out": database.unreadable,
        "event_name": named,
        "answers": resume.answers,
        "is_demo": lambda: context.edge().settings.demo,
        "second_factor_is_asked": lambda: context.edge().settings.second_factor,
    }
    app.jinja_env.finalize = own_name
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def named(number: str | None, kind: str, day: date) -> str:
    """Name an event of a loan in the language of who reads."""
    return event_name(number, kind, day, context.language())


def t(key: str, **facts: object) -> str:
    """Give a text in the language of who reads."""
    said = {name: own_name(one) for name, one in facts.items()}
    return text(key, context.language(), **said)


def own_name(shown: object) -> object:
    """Call the program, where it did what people do, as the language of who reads does."""
    if type(shown) is str and shown == CLI_NAME:
        return text("user.program", context.language())
    return shown


def layout() -> str:
    """Give the frame of pages that everybody has: a cooperative's own, or the fund's."""
    known = login.visitor()
    is_borrower = known is not None and known.role is Role.COOPERATIVE
    return "portal/base.html" if is_borrower else "base.html"


def dong(amount: int | Amount) -> str:
    """Write an amount without its unit, for columns whose head names it."""
    return vnd(amount)[:-2]


def gio(instant: datetime) -> str:
    """Write an instant as the office's clock showed it: `31/05/2020 09:14`."""
    local = instant.astimezone(OFFICE)
    return f"{dmy(local.date())} {local:%H:%M}"


def words(amount: int | Amount) -> Markup:
    """Write an amount in Vietnamese words, as receipts do, and say that they are Vietnamese."""
    said = amount_in_words(amount if isinstance(amount, int) else amount.dong)
    return Markup('<span lang="vi">{}</span>').format(said)


def cell(value: Cell) -> str:
    """Write a cell of a report in the language of who reads."""
    return cell_text(value, context.language())


def saying(what: Said) -> str:
    """Give a text of a report in the language of who reads."""
    return said(what, context.language())


def equation(one: Equation) -> str:
    """Write out what must hold, in the language of who reads."""
    return equation_text(one, context.language())


def content_mark(report: Report) -> str:
    """Give what two printouts share when they say the same."""
    return mark_of(report, context.language())


def notices() -> list[tuple[str, str]]:
    """Give what views flashed, as (kind, text), and forget it."""
    flashed: Any = get_flashed_messages(with_categories=True)
    return [(str(kind), str(said)) for kind, said in flashed]


FILTERS: dict[str, Callable[..., object]] = {
    "vnd": vnd,
    "dong": dong,
    "percent": percent,
    "ngay": dmy,
    "gio": gio,
    "known": known_text,
    "words": words,
    "cell": cell,
    "said": saying,
    "equation": equation,
    "content_mark": content_mark,
    "told": told,
    "how": how,
    "fitted": fitted,
}
