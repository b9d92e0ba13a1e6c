"""What administrative papers share by Decree 30/2020: the two heads, rules, and who signs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from reportlab.lib.enums import TA_CENTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable, KeepInFrame, Paragraph, Spacer, Table

from loanfund.documents import fonts
from loanfund.documents.layout import TOP, clean, paragraph, say, style

NATION_SIZE, MOTTO_SIZE = 12.0, 13.0
SMALLEST = 9.0
RULE_ROOM = 2.4 * mm
LEFT_SHARE = 0.43
SIGNING_ROOM = 20 * mm
# A DL envelope's window is 90 × 35 mm, 20 mm from its left and lower edge. The sheet, folded in
# three, slides 11 mm in it: the address stands where it always shows, and nothing else comes
# near. From the top of the page:
WINDOW_TOP, WINDOW_HEIGHT = 56 * mm, 23 * mm
BELOW_WINDOW = 90 * mm
BY_HAND = "." * 20
PADDED_MONTHS = 2  # days below 10 and the months 1 and 2 have two digits

HEAD_LEADING = 13.5

SUPERIOR = style("superior", 12, alignment=TA_CENTER, leading=HEAD_LEADING)
UNIT = style("unit", 12, fontName=fonts.SERIF_BOLD, alignment=TA_CENTER, leading=HEAD_LEADING)
NATION = style("nation", NATION_SIZE, fontName=fonts.SERIF_BOLD, alignment=TA_CENTER)
MOTTO = style("motto", MOTTO_SIZE, fontName=fonts.SERIF_BOLD, alignment=TA_CENTER)
NUMBER = style("number", 13, alignment=TA_CENTER, leading=HEAD_LEADING)
PLACE = style("place and day", 13, fontName=fonts.SERIF_ITALIC, alignment=TA_CENTER)
SIGNER = style("signer", 9.5, fontName=fonts.SERIF_BOLD, alignment=TA_CENTER)
SIGN_HERE = style("sign here", 8.5, fontName=fonts.SERIF_ITALIC, alignment=TA_CENTER)

FLUSH = [
    ("FONT", (0, 0), (-1, -1), fonts.SERIF),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
    ("TOPPADDING", (0, 0), (-1, -1), 0),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
]


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose paper it is: the body above the fund, empty where there is none, and the fund."""

    superior: str
    unit: str
    place: str


def decree_head(whose: Whose, number: str, day: date | None, width: float) -> Table:
    """Give the two columns at the top: whose paper, and the nation's name and motto.

    A second row has the paper's number, and place and day where those do not stand below.
    """
    left_width = width * LEFT_SHARE
    right_width = width - left_width
    superior = _on_one_line(whose.superior.upper(), SUPERIOR, left_width - 3 * mm)
    left: list[Flowable] = [
        *([superior] if whose.superior else []),
        _on_one_line(whose.unit.upper(), UNIT, left_width - 3 * mm),
        Rule(25 * mm),
    ]
    motto = say("notice.motto")
    right: list[Flowable] = [
        _on_one_line(say("notice.nation"), NATION, right_width),
        paragraph(motto, MOTTO),
        Rule(stringWidth(clean(motto), fonts.SERIF_BOLD, MOTTO_SIZE)),
    ]
    rows: list[list[Any]] = [[left, right]]
    if number or day:
        place = paragraph(place_and_day(whose.place, day), PLACE) if day else ""
        rows.append([paragraph(number, NUMBER), place])
    table = Table(rows, colWidths=[left_width, right_width])
    table.setStyle([*FLUSH, ("TOPPADDING", (0, 1), (-1, -1), 2)])
    return table


def to_window(above: Flowable, width: float) -> Spacer:
    """Give the room that is left between what stands above, and the window's address."""
    _, height = above.wrap(width, WINDOW_TOP)
    return Spacer(0, max(0, WINDOW_TOP - TOP - height))


def in_window(lines: Sequence[Flowable], width: float) -> Table:
    """Give lines at the window's place; what is too long becomes smaller, not higher."""
    shown = KeepInFrame(width, WINDOW_HEIGHT, list(lines), mode="shrink")
    heights = [BELOW_WINDOW - WINDOW_TOP]
    table = Table([[[shown]]], colWidths=[width], rowHeights=heights, hAlign="LEFT")
    table.setStyle(FLUSH)
    return table


def place_and_day(place: str, day: date) -> str:
    """Give `Bắc Giang, ngày 01 tháng 6 năm 2020`; a place that is not known is written in."""
    return say(
        "notice.place_and_day",
        place=place or BY_HAND,
        day=f"{day.day:02d}",
        month=f"{day.month:02d}" if day.month <= PADDED_MONTHS else str(day.month),
        year=day.year,
    )


def signatures(signers: Sequence[tuple[str, str]], width: float) -> Table:
    """Give a column for each who signs: the title, room, and the name."""
    rows = [
        [paragraph(title.upper(), SIGNER) for title, _ in signers],
        [paragraph(say("statement.sign_here"), SIGN_HERE) for _ in signers],
        [paragraph(name, SIGNER) for _, name in signers],
    ]
    table = Table(
        rows,
        colWidths=[width / len(signers)] * len(signers),
        rowHeights=[None, SIGNING_ROOM, None],
    )
    table.setStyle(
        [
            ("FONT", (0, 0), (-1, -1), fonts.SERIF),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("TOPPADDING", (0, 0), (-1, -1), 1),
        ]
    )
    return table


def _on_one_line(line: str, look: ParagraphStyle, width: float) -> Paragraph:
    """Write a line a little smaller where that keeps it from breaking."""
    size = (width - 1) / (stringWidth(clean(line), look.fontName, 1) or 1)
    if not SMALLEST <= size < look.fontSize:
        return paragraph(line, look)
    return paragraph(line, look.clone(f"{look.name} fitted", fontSize=size))


class Rule(Flowable):
    """A short line in the middle, as it stands under what is in capitals."""

    def __init__(self, length: float) -> None:
        """Remember how long it is."""
        super().__init__()
        self.length = length

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        self.room = width
        return width, RULE_ROOM

    def draw(self) -> None:
        canvas: Any = self.canv
        start = (self.room - self.length) / 2
        canvas.setLineWidth(0.8)
        canvas.line(start, RULE_ROOM / 2, start + self.length, RULE_ROOM / 2)
