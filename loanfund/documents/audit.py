"""The audit log as a workbook: instants as instants, everything else as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO

from xlsxwriter import Workbook

from loanfund.clock import OFFICE
from loanfund.wording import clean

LONGEST_CELL = 32_000
WIDTHS = (18, 8, 24, 28, 14, 32, 26, 44, 60)


def render_audit(
    title: str, heads: Sequence[str], lines: Iterable[tuple[datetime, *tuple[str, ...]]]
) -> bytes:
    """Give one sheet: a head, then a row a line; nothing in it is ever read as a formula."""
    written = BytesIO()
    never = {f"strings_to_{kind}": False for kind in ("formulas", "numbers", "urls")}
    book = Workbook(written, {"in_memory": True, **never})
    sheet = book.add_worksheet(title)
    bold = book.add_format({"bold": True, "bg_color": "#EEF1F4"})
    instant = book.add_format({"num_format": "dd/mm/yyyy hh:mm:ss", "align": "left"})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for column, (head, width) in enumerate(zip(heads, WIDTHS, strict=True)):
        sheet.write_string(0, column, head, bold)
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
    count = 0
    for count, (at, *texts) in enumerate(lines, start=1):
        local = at.astimezone(OFFICE).replace(tzinfo=None, microsecond=0)
        sheet.write_datetime(count, 0, local, instant)
        for column, said in enumerate(texts, start=1):
            sheet.write_string(count, column, clean(said)[:LONGEST_CELL], wrapped)
    sheet.autofilter(0, 0, count, len(heads) - 1)
    book.close()
    return written.getvalue()
