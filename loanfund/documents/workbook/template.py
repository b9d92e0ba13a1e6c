"""A workbook to fill in: sheets with headings, bold what must be filled, and an example each.

The example rows are marked, and the reading of workbooks leaves them out.
"""

from __future__ import annotations

from datetime import date, datetime
from io import BytesIO

from xlsxwriter import Workbook
from xlsxwriter.format import Format

from loanfund.documents.workbook.example import example_of
from loanfund.documents.workbook.layout import LAYOUTS, Layout

MADE = datetime(2020, 1, 1)  # noqa: DTZ001 - a file's property; the same bytes every time
NARROWEST = 12
EXAMPLE = {"italic": True, "font_color": "#52606D"}
FORMATS: dict[type, str] = {int: "#,##0", float: "0.00", date: "dd/mm/yyyy", str: "@"}


def empty_workbook() -> bytes:
    """Give the workbook as bytes; the reading of workbooks takes it, with rows below."""
    written = BytesIO()
    with Workbook(written, {"in_memory": True}) as book:
        book.set_properties({"created": MADE})
        heads = {
            required: book.add_format(
                {"bold": required, "bg_color": "#EEF1F4", "bottom": 1, "text_wrap": True}
            )
            for required in (True, False)
        }
        looks = {
            kind: book.add_format(EXAMPLE | {"num_format": shown})
            for kind, shown in FORMATS.items()
        }
        for layout in LAYOUTS:
            _sheet(book, layout, heads, looks)
    return written.getvalue()


def _sheet(
    book: Workbook, layout: Layout, heads: dict[bool, Format], looks: dict[type, Format]
) -> None:
    sheet, example = book.add_worksheet(layout.sheet.value), example_of(layout)
    for place, column in enumerate(layout.columns):
        sheet.write_string(0, place, column.heading, heads[column.is_required])
        sheet.set_column(place, place, max(NARROWEST, len(column.heading) + 2))
        value = example.get(column.heading)
        if value is not None:
            sheet.write(1, place, value, looks[type(value)])
    sheet.freeze_panes(1, 0)
