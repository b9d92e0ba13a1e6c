"""The pages of reports: their number above from the second on, and below what they say."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from io import BytesIO
from typing import Any

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate

from loanfund.documents import fonts
from loanfund.documents.layout import (
    INK,
    LANGUAGE,
    LEFT,
    MUTED,
    RIGHT,
    RULE,
    TOP,
    _Pages,
    clean,
    fitting,
    say,
)

NARROW_LEFT = 18 * mm  # of pages across
FOOT = 18 * mm
PAGE_NUMBER_SIZE = 11
FOOTER_SIZE = 7.5


def lay_out(
    story: Sequence[Flowable],
    footer: tuple[str, str],
    *,
    title: str,
    author: str,
    page_size: tuple[float, float],
) -> bytes:
    """Lay a story out on pages that say in two lines what they are and what was known."""
    fonts.register()
    written = BytesIO()
    width, height = page_size
    left = NARROW_LEFT if width > height else LEFT
    document = BaseDocTemplate(
        written,
        pagesize=page_size,
        title=clean(title),
        author=clean(author),
        creator="loanfund",
        lang=LANGUAGE,
        invariant=1,
        initialFontName=fonts.SANS,
    )
    room = width - left - RIGHT, height - TOP - FOOT
    space = Frame(left, FOOT, *room, 0, 0, 0, 0)
    document.addPageTemplates([PageTemplate(id="page", frames=[space], pagesize=page_size)])
    document.build(list(story), canvasmaker=partial(_ReportPages, footer, page_size, left))
    return written.getvalue()


class _ReportPages(_Pages):
    """Pages of what is computed: without a number of their own in the series of papers."""

    def __init__(
        self,
        footer: tuple[str, str],
        page_size: tuple[float, float],
        left: float,
        *args: Any,
        **more: Any,
    ) -> None:
        """Begin a document whose pages carry the two lines."""
        Canvas.__init__(self, *args, **more)
        self.footer = footer
        self.page_size = page_size
        self.left = left
        self.kept: list[dict[str, Any]] = []

    def _draw_frame(self, number: int, count: int) -> None:
        """Draw the page's number above, but not on the first, and the lines below."""
        width, height = self.page_size
        right, top = width - RIGHT, FOOT - 3 * mm
        self.saveState()
        self.setFillColor(INK)
        if number > 1:
            self.setFont(fonts.SERIF, PAGE_NUMBER_SIZE)
            self.drawCentredString(width / 2, height - TOP + 6 * mm, str(number))
        self.setStrokeColor(RULE)
        self.setLineWidth(0.4)
        self.line(self.left, top, right, top)
        self.setFont(fonts.SANS, FOOTER_SIZE)
        self.setFillColor(MUTED)
        page = say("paper.page", number=number, count=count)
        self.drawRightString(right, top - 4 * mm, page)
        room = right - self.left - 25 * mm
        for place, line in enumerate(self.footer):
            shown = fitting(line, fonts.SANS, FOOTER_SIZE, room)
            self.drawString(self.left, top - (4 + 4 * place) * mm, shown)
        self.restoreState()
