"""How a table of a paper is ruled and shaded: fonts, sides, lines, and its head."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from reportlab.platypus import TableStyle

from loanfund.documents import fonts
from loanfund.documents.layout import INK, MUTED, RULE, SHADE
from loanfund.documents.layout_table import FACE_OF, LEADING, PAD, ROW_PAD, Column, Look, Row

Command = tuple[Any, ...]


def table_style(
    columns: Sequence[Column], rows: Sequence[Row], size: float, first: int
) -> TableStyle:
    """Give fonts, sides and rules; the rows begin at `first`, below the head."""
    commands: list[Command] = [
        ("FONT", (0, 0), (-1, -1), fonts.SANS, size, size * LEADING),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), PAD),
        ("RIGHTPADDING", (0, 0), (-1, -1), PAD),
        ("TOPPADDING", (0, 0), (-1, -1), ROW_PAD),
        ("BOTTOMPADDING", (0, 0), (-1, -1), ROW_PAD),
        ("LINEBELOW", (0, first), (-1, -2), 0.25, RULE),
        ("LINEBELOW", (0, -1), (-1, -1), 0.8 if first else 0.25, INK if first else RULE),
    ]
    commands += _head_style(columns, first) if first else []
    for index, column in enumerate(columns):
        commands.append(("ALIGN", (index, first), (index, -1), column.side.upper()))
    for place, row in enumerate(rows, start=first):
        if row.look is not Look.PLAIN:
            commands.append(("FACE", (0, place), (-1, place), FACE_OF[row.look]))
        if row.look is Look.QUIET:
            commands.append(("TEXTCOLOR", (0, place), (-1, place), MUTED))
        if row.look is Look.TOTAL:
            commands.append(("LINEABOVE", (0, place), (-1, place), 0.5, INK))
    return TableStyle(commands)


def _head_style(columns: Sequence[Column], count: int) -> list[Command]:
    """Give the shade and the lines of a head; where it has two rows, what is over spans."""
    commands: list[Command] = [
        ("VALIGN", (0, 0), (-1, count - 1), "MIDDLE"),
        ("BACKGROUND", (0, 0), (-1, count - 1), SHADE),
        ("LINEABOVE", (0, 0), (-1, 0), 0.8, INK),
        ("LINEBELOW", (0, count - 1), (-1, count - 1), 0.5, INK),
    ]
    if not any(column.over for column in columns):
        return commands
    for over, group in groupby(range(len(columns)), key=lambda index: columns[index].over):
        places = list(group)
        if over:
            ends = (places[0], 0), (places[-1], 0)
            commands += [("SPAN", *ends), ("LINEBELOW", *ends, 0.25, RULE)]
        else:
            commands += [("SPAN", (index, 0), (index, 1)) for index in places]
    return commands
