"""An empty workbook to fill in: every sheet with its headings, bold what must be filled."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

from xlsxwriter import Workbook
from xlsxwriter.format import Format

from loanfund.documents.workbook.layout import LAYOUTS, Layout

MADE = datetime(2020, 1, 1)  # noqa: DTZ001 - a file's property; the same bytes every time
NARROWEST = 12


def empty_workbook() -> bytes:
    """Give the workbook as bytes; the reading of workbooks takes it, with rows below."""
    written = BytesIO()
    with Workbook(written, {"in_memory": True}) as book:
        book.set_properties({"created": MADE})
        looks = {
            required: book.add_format(
                {"bold": required, "bg_color": "#EEF1F4", "bottom": 1, "text_wrap": True}
            )
            for required in (True, False)
        }
        for layout in LAYOUTS:
            _sheet(book, layout, looks)
    return written.getvalue()


def _sheet(book: Workbook, layout: Layout, looks: dict[bool, Format]) -> None:
    sheet = book.add_worksheet(layout.sheet.value)
    for place, column in enumerate(layout.columns):
        sheet.write_string(0, place, column.heading, looks[column.is_required])
        sheet.set_column(place, place, max(NARROWEST, len(column.heading) + 2))
    sheet.freeze_panes(1, 0)
