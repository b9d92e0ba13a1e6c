"""The frame all papers share: A4, margins, running head, footer with number, code and QR."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import lru_cache, partial
from html import escape
from io import BytesIO
from typing import Any

from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph

from loanfund.clock import OFFICE
from loanfund.documents import fonts
from loanfund.documents.qr import draw_qr
from loanfund.domain import issue as issued
from loanfund.domain.audit_chain import Head
from loanfund.wording import text

rl_config.useA85 = 0  # binary streams: smaller files, and faster

LANGUAGE = "vi"  # papers are Vietnamese, screens are in both languages
LEFT, RIGHT, TOP, BOTTOM = 30 * mm, 15 * mm, 20 * mm, 25 * mm  # Decree 30/2020, Annex I
INK, MUTED, RULE, SHADE = map(HexColor, ("#000000", "#4A4F55", "#8C9299", "#F1F3F5"))
QR_SIZE = 16.5 * mm
FOOTER_SIZE = 7.5
CODE_GROUP = 4
NBSP = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Page:
    """A sheet of paper and its margins."""

    size: tuple[float, float]
    left: float = LEFT
    right: float = RIGHT
    top: float = TOP
    bottom: float = BOTTOM

    @property
    def width(self) -> float:
        """The width between the margins."""
        return self.size[0] - self.left - self.right

    @property
    def height(self) -> float:
        """The height between the margins."""
        return self.size[1] - self.top - self.bottom

    def frame(self) -> Frame:
        """Give the room between the margins."""
        return Frame(self.left, self.bottom, self.width, self.height, 0, 0, 0, 0)


UPRIGHT = Page(A4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A paper's number and code, its day, who issued and made it, and when."""

    number: str
    code: str
    day: date
    issued_at: datetime
    issued_by: str
    verify_url: str
    made_by: str = ""
    audited: Head | None = None


def imprint(issue: issued.Issue, base_url: str) -> Issue:
    """Give what stands at the foot of a paper issued now, and where it can be verified."""
    told = {one.name: getattr(issue, one.name) for one in fields(issue)}
    return Issue(**told, verify_url=f"{base_url}/verify/{issue.code}")


def say(key: str, **facts: object) -> str:
    """Give a text of the papers, with its facts cleaned but not escaped."""
    shown = {name: clean(one) if isinstance(one, str) else one for name, one in facts.items()}
    return text(key, LANGUAGE, **shown)


@lru_cache(maxsize=4096)  # a paper says the same words, and the same figures, many times
def clean(raw: str) -> str:
    """Compose letters, drop controls and invisible marks, and show what cannot be drawn."""
    if raw.isascii() and raw.isprintable():
        return raw
    spaced = "".join(" " if letter.isspace() and letter != NBSP else letter for letter in raw)
    composed = unicodedata.normalize("NFC", spaced)
    seen = [one for one in composed if not unicodedata.category(one).startswith("C")]
    return fonts.drawable("".join(seen))


def moment(instant: datetime) -> str:
    """Write an instant as the office's clock shows it."""
    return f"{instant.astimezone(OFFICE):%d/%m/%Y %H:%M}"


def style(name: str, size: float, **more: Any) -> ParagraphStyle:
    """Give a paragraph style in the serif of papers unless told otherwise."""
    given = {
        "fontName": fonts.SERIF,
        "bulletFontName": fonts.SERIF,
        "leading": size * 1.4,
        "allowWidows": 0,
        "textColor": INK,
        **more,
    }
    return ParagraphStyle(name, fontSize=size, **given)


BODY = style("body", 9.5, alignment=TA_JUSTIFY, spaceAfter=3)
SMALL = style("small", 8.5, textColor=MUTED)
CENTERED = style("centered", 9.5, alignment=TA_CENTER)
RIGHTWARD = style("rightward", 9.5, alignment=TA_RIGHT)
TITLE = style("title", 16, fontName=fonts.SERIF_BOLD, alignment=TA_CENTER, spaceAfter=2)
HEADING = style("heading", 10.5, fontName=fonts.SERIF_BOLD, spaceBefore=11, spaceAfter=4)


def paragraph(raw: str, look: ParagraphStyle = BODY) -> Paragraph:
    """Give text as a paragraph; nothing in it is ever read as markup."""
    return Paragraph(escape(clean(raw)), look)


def marked(look: ParagraphStyle, template: str, **facts: str) -> Paragraph:
    """Give a paragraph whose markup is the template's own and whose facts are plain text."""
    safe = {name: escape(clean(fact)) for name, fact in facts.items()}
    return Paragraph(template.format_map(safe), look)


def clipped(raw: str, letters: int) -> str:
    """Shorten text to so many letters, an ellipsis for what is left out."""
    return raw if len(raw) <= letters else f"{raw[: letters - 1].rstrip()}…"


def fitting(raw: str, font: str, size: float, width: float) -> str:
    """Shorten a line to a width, an ellipsis for what is left out."""
    line = clean(raw)
    if stringWidth(line, font, size) <= width:
        return line
    while line and stringWidth(f"{line}…", font, size) > width:
        line = line[:-1]
    return f"{line.rstrip()}…"


def unbroken(raw: str) -> str:
    """Keep what is said in groups, such as a telephone number, on one line."""
    return clean(raw).strip().replace(" ", NBSP)


def grouped_code(code: str) -> str:
    """Write a verification code in groups, as people read it out."""
    return "-".join(code[at : at + CODE_GROUP] for at in range(0, len(code), CODE_GROUP))


def build(
    story: Sequence[Flowable],
    issue: Issue,
    *,
    title: str,
    author: str,
    page_size: tuple[float, float] = A4,
) -> bytes:
    """Lay the story out on pages; the same values give the same bytes."""
    page = Page(page_size)
    about = {"title": title, "author": author, "subject": issue.number}
    return laid_out(story, partial(_Pages, issue, title, page), page, about)


def laid_out(
    story: Sequence[Flowable],
    canvas: Callable[..., Canvas],
    page: Page,
    about: Mapping[str, str],
) -> bytes:
    """Lay a story out on pages that a canvas of ours draws the frame of."""
    fonts.register()
    written = BytesIO()
    document = BaseDocTemplate(
        written,
        pagesize=page.size,
        creator="loanfund",
        lang=LANGUAGE,
        invariant=1,
        initialFontName=fonts.SANS,
        title=clean(about["title"]),
        author=clean(about["author"]),
        subject=clean(about["subject"]),
    )
    document.addPageTemplates(
        [PageTemplate(id="page", frames=[page.frame()], pagesize=page.size)]
    )
    document.build(list(story), canvasmaker=canvas)
    return written.getvalue()


class Unnumbered(Canvas):
    """Keeps every page until all are laid out, then draws on each what needs their number."""

    def __init__(self, title: str, page: Page, *args: Any, **more: Any) -> None:
        """Begin a document whose pages are headed with its title, and counted."""
        super().__init__(*args, **more)
        self.page = page
        self.running = title
        self.kept: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - the name is ReportLab's
        self.kept.append(dict(self.__dict__))
        self._startPage()  # type: ignore[attr-defined]  # not in the stubs

    def save(self) -> None:
        kept = self.kept
        for number, page in enumerate(kept, start=1):
            self.__dict__.update(page)
            self._draw_frame(number, len(kept))
            super().showPage()
        super().save()

    def _draw_frame(self, number: int, count: int) -> None:
        self.saveState()
        if number > 1:
            self._draw_running_head()
        self._draw_footer(number, count)
        self.restoreState()

    def _draw_running_head(self) -> None:
        page = self.page
        line = fitting(self.running, fonts.SERIF_ITALIC, FOOTER_SIZE, page.width)
        self.setFont(fonts.SERIF_ITALIC, FOOTER_SIZE)
        self.setFillColor(MUTED)
        self.drawString(page.left, page.size[1] - page.top + 5 * mm, line)

    def _draw_footer(self, number: int, count: int) -> None:
        """Count the pages where there are several."""
        if count > 1:
            page = self.page
            self.setFont(fonts.SANS, FOOTER_SIZE)
            self.setFillColor(MUTED)
            said = say("paper.page", number=number, count=count)
            self.drawRightString(page.size[0] - page.right, page.bottom - 6 * mm, said)


class _Pages(Unnumbered):
    """Draws on each page what says which paper it is: its number, code and QR."""

    def __init__(self, issue: Issue, title: str, page: Page, *args: Any, **more: Any) -> None:
        """Begin a document whose pages carry the issue's number, code and QR."""
        super().__init__(title, page, *args, **more)
        self.issue = issue

    def _draw_footer(self, number: int, count: int) -> None:
        issue, page = self.issue, self.page
        counted = say("paper.page", number=number, count=count)
        left, right, top = page.left, page.size[0] - page.right, page.bottom - 2 * mm
        self.setStrokeColor(RULE)
        self.setLineWidth(0.4)
        self.line(left, top, right, top)
        draw_qr(self, issue.verify_url, right - QR_SIZE, top - QR_SIZE - 1 * mm, QR_SIZE)
        room = right - QR_SIZE - 2 * mm - left
        self.setFillColor(INK)
        self.setFont(fonts.SANS, FOOTER_SIZE)
        self.drawRightString(right - QR_SIZE - 2 * mm, top - 4 * mm, counted)
        self.setFont(fonts.SANS_MEDIUM, FOOTER_SIZE)
        head = say("paper.number", number=issue.number, code=grouped_code(issue.code))
        self.drawString(left, top - 4 * mm, fitting(head, *_FOOTER_HEAD, room - 25 * mm))
        self.setFillColor(MUTED)
        self.setFont(fonts.SANS, FOOTER_SIZE)
        issued = say("paper.issued", at=moment(issue.issued_at), by=issue.issued_by)
        self.drawString(left, top - 8 * mm, fitting(issued, *_FOOTER_LINE, room))
        check = say("paper.check", url=issue.verify_url)
        self.drawString(left, top - 12 * mm, fitting(check, *_FOOTER_LINE, room))
        if issue.audited:
            line, code = issue.audited.line, issue.audited.printed()
            audited = say("paper.audited", line=line, code=code)
            self.drawString(left, top - 16 * mm, fitting(audited, *_FOOTER_LINE, room))


_FOOTER_HEAD = (fonts.SANS_MEDIUM, FOOTER_SIZE)
_FOOTER_LINE = (fonts.SANS, FOOTER_SIZE)
