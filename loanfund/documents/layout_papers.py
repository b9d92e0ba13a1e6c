"""Several papers in one file, each with its own number, code and page count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any

from reportlab.platypus import Flowable, PageBreak

from loanfund.documents.layout import UPRIGHT, Issue, Page, Unnumbered, _Pages, laid_out


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper among others: its content, its number and what its pages are headed with."""

    story: Sequence[Flowable]
    issue: Issue
    running: str


def bind(papers: Sequence[Paper], *, title: str, author: str, page: Page = UPRIGHT) -> bytes:
    """Lay the papers out one after the other; the same values give the same bytes."""
    first = papers[0]
    story: list[Flowable] = []
    for paper in papers:
        story += [PageBreak()] if story else []
        story += [_Begins(paper), *paper.story]
    about = {"title": title, "author": author, "subject": first.issue.number}
    return laid_out(story, partial(_Bound, first.issue, first.running, page), page, about)


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
        canvas.paper = self.paper
        canvas.issue, canvas.running = self.paper.issue, self.paper.running


class _Bound(_Pages):
    """Counts the pages of each paper apart."""

    def save(self) -> None:
        pages: list[tuple[dict[str, Any], int, int]] = []
        for _, group in groupby(self.kept, key=lambda page: id(page["paper"])):
            kept = list(group)
            pages += [(page, at, len(kept)) for at, page in enumerate(kept, start=1)]
        for page, number, count in pages:
            self.__dict__.update(page)
            self._draw_frame(number, count)
            super(Unnumbered, self).showPage()
        super(Unnumbered, self).save()
