"""QR codes as vectors, so that they stay sharp on paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby

import segno
from reportlab.pdfgen.canvas import Canvas

QUIET_ZONE = 4  # modules that must stay white around the code (ISO/IEC 18004)


@lru_cache(maxsize=8)
def matrix(text: str) -> tuple[tuple[bool, ...], ...]:
    """Give the modules of the code, top row first; True is dark."""
    code = segno.make(text, error="m", micro=False, boost_error=False)
    return tuple(tuple(bool(module) for module in row) for row in code.matrix)


def draw_qr(canvas: Canvas, text: str, left: float, bottom: float, size: float) -> None:
    """Draw the code with its quiet zone into a square."""
    rows = matrix(text)
    module = size / (len(rows) + 2 * QUIET_ZONE)
    path = canvas.beginPath()
    for place, row in enumerate(rows):
        top = bottom + size - (QUIET_ZONE + place) * module
        for start, length in _dark_runs(row):
            x = left + (QUIET_ZONE + start) * module
            path.rect(x, top - module, length * module, module)
    canvas.saveState()
    canvas.setFillGray(0)
    canvas.drawPath(path, stroke=0, fill=1)
    canvas.restoreState()


def _dark_runs(row: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Give start and length of each run of dark modules: fewer shapes, and no hairlines."""
    start = 0
    for is_dark, run in groupby(row):
        length = len(list(run))
        if is_dark:
            yield start, length
        start += length


def qr_image(text: str) -> str:
    """Give the code as an address of a picture, for a page."""
    code = segno.make(text, error="m", micro=False)
    return str(code.svg_data_uri(scale=5, border=QUIET_ZONE, light="#fff"))
