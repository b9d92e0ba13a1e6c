"""Several papers in one file, each with its own number, code and page count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from itertools import groupby
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageBreak, PageTemplate

from loanfund.documents import fonts
from loanfund.documents.layout import (
    BOTTOM,
    LANGUAGE,
    LEFT,
    RIGHT,
    TOP,
    Issue,
    _Pages,
    clean,
    say,
)


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper among others: its content, its number and what its pages are headed with."""

    story: Sequence[Flowable]
    issue: Issue
    running: str


def bind(papers: Sequence[Paper], *, title: str, author: str) -> bytes:
    """Lay the papers out one after the other; the same values give the same bytes."""
    fonts.register()
    written = BytesIO()
    width, height = A4
    document = BaseDocTemplate(
        written,
        pagesize=A4,
        title=clean(title),
        author=clean(author),
        subject=clean(papers[0].issue.number),
        creator="loanfund",
        lang=LANGUAGE,
        invariant=1,
        initialFontName=fonts.SANS,
    )
    frame = Frame(LEFT, BOTTOM, width - LEFT - RIGHT, height - TOP - BOTTOM, 0, 0, 0, 0)
    document.addPageTemplates([PageTemplate(id="page", frames=[frame], pagesize=A4)])
    story: list[Flowable] = []
    for paper in papers:
        story += [PageBreak()] if story else []
        story += [_Begins(paper), *paper.story]
    document.build(story, canvasmaker=partial(_Bound, papers[0].issue, papers[0].running, A4))
    return written.getvalue()


class _Begins(Flowable):
    """Takes no room; tells the canvas whose pages follow."""

    def __init__(self, paper: Paper) -> None:
        """Remember the paper."""
        super().__init__()
        self.paper = paper

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        return 0, 0

    def draw(self) -> None:
        canvas: Any = self.canv
        canvas.issue, canvas.running = self.paper.issue, self.paper.running


class _Bound(_Pages):
    """Counts the pages of each paper apart."""

    def save(self) -> None:
        pages: list[tuple[dict[str, Any], int, int]] = []
        for _, group in groupby(self.kept, key=lambda page: page["issue"].number):
            kept = list(group)
            pages += [(page, at, len(kept)) for at, page in enumerate(kept, start=1)]
        for page, number, count in pages:
            self.__dict__.update(page)
            self._draw_frame(number, count)
            super(_Pages, self).showPage()
        super(_Pages, self).save()


def running_head(number: str, contract: str, borrower: str) -> str:
    """Give what stands above the second and later pages."""
    return say("notice.running", number=number, contract=contract, borrower=borrower)
