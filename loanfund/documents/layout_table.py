"""What a table of a paper says: columns, rows, figures, and the widths that they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth

from loanfund.documents import fonts
from loanfund.documents.layout import clean
from loanfund.domain.money import Money
from loanfund.wording import percent

NOTHING = "–"
PAD = 1.1 * mm
ROW_PAD = 2.2
LEADING = 1.25
TOUCH = 0.01
SIZES = (8.5, 8.0, 7.5, 7.0, 6.5)


class Look(StrEnum):
    """How a row looks."""

    PLAIN = "plain"
    STRUCK = "struck"
    QUIET = "quiet"
    SUM = "sum"
    TOTAL = "total"


FACE_OF = {
    Look.PLAIN: fonts.SANS,
    Look.STRUCK: fonts.SANS,
    Look.QUIET: fonts.SANS_ITALIC,
    Look.SUM: fonts.SANS_MEDIUM,
    Look.TOTAL: fonts.SANS_BOLD,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its head, a head over it and its neighbours, and the side its cells keep to.

    A wrapped one may become as narrow as `least`; one of them shows the rows' notes. One to
    write in has `room`. Where columns have numbers, those stand in a row below all heads.
    """

    head: str
    over: str = ""
    number: str = ""
    side: str = "right"
    is_wrapped: bool = False
    least: float = 27 * mm
    room: float = 0.0
    has_note: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of cells as they read; `sums` is what it adds to the figures carried over pages.

    A bound row stays on the page of the next one. The note of a struck row is not struck.
    """

    cells: tuple[str, ...]
    look: Look = Look.PLAIN
    sums: tuple[int, ...] = ()
    note: str = ""
    is_bound: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Carry:
    """Where carried sums stand, and what their row is called on the two pages."""

    label_at: int
    columns: tuple[int, ...]
    forward: str
    brought: str


class TooWideError(Exception):
    """Even in the smallest size the columns do not stand side by side in the width."""


def figure(amount: Money | int, nothing: str = NOTHING) -> str:
    """Write an amount in a column: grouped, parentheses if negative, a dash for none."""
    dong = amount if isinstance(amount, int) else amount.dong
    digits = f"{abs(dong):,}".replace(",", ".")
    return (f"({digits})" if dong < 0 else digits) if dong else nothing


def decimal(text: str) -> str:
    """Write a decimal text of the domain ("887671.23") as it is written here (887.671,23)."""
    whole, _, part = text.partition(".")
    return f"{int(whole):,}".replace(",", ".") + (f",{part}" if part else "")


def rate(decimal_percent: str) -> str:
    """Write a decimal text in percent ("7.2") with 2 decimals at least (7,20 %)."""
    whole, _, part = decimal_percent.partition(".")
    return percent(f"{whole}.{part.ljust(2, '0')}")


def fitted(
    columns: Sequence[Column],
    rows: Sequence[Row],
    width: float,
    sizes: Sequence[float] = SIZES,
) -> tuple[float, list[float]]:
    """Give the largest size, and widths, at which only wrapped columns wrap, or refuse.

    Words and numbers stand whole; where that takes more room than there is even in the smallest
    size, wrapped columns become narrower than their `least`, and only then are words broken.
    """
    needed = [_needed(columns, rows, index) for index in range(len(columns))]
    words = [_longest_word(columns, rows, index) for index in range(len(columns))]
    tried = [*product(sizes, [1], [1]), (sizes[-1], 1, 0), *product(sizes, [0], [1])]
    for size, word, least in tried:
        full = _widths(needed, columns, size)
        widths = [
            min(one, max(least * column.least, word * (size * longest + 2 * PAD), column.room))
            if column.is_wrapped
            else one
            for one, longest, column in zip(full, words, columns, strict=True)
        ]
        left = width - sum(widths)
        if left < 0:
            continue
        wrapped = [index for index, column in enumerate(columns) if column.is_wrapped]
        for index in wrapped:
            more = min(full[index] - widths[index], left)
            widths[index] += more
            left -= more
        return size, _level(widths, columns, left)
    raise TooWideError


def stands_whole(columns: Sequence[Column], rows: Sequence[Row], width: float) -> bool:
    """Say whether all columns stand in the width in the largest size, and none wraps."""
    needed = [_needed(columns, rows, index) for index in range(len(columns))]
    return sum(_widths(needed, columns, SIZES[0])) <= width


def _widths(needed: Sequence[float], columns: Sequence[Column], size: float) -> list[float]:
    """Give how wide the columns are in a size when none wraps."""
    return [
        max(size * one + 2 * PAD, column.room)
        for one, column in zip(needed, columns, strict=True)
    ]


def _said(columns: Sequence[Column], rows: Sequence[Row], index: int) -> set[tuple[str, str]]:
    """Give what stands in a column with its face; a struck row's note stands behind it."""
    has_note = columns[index].has_note
    return {
        (
            f"{row.cells[index]} {row.note}"
            if has_note and row.look is Look.STRUCK
            else row.cells[index],
            FACE_OF[row.look],
        )
        for row in rows
    }


def _longest_word(columns: Sequence[Column], rows: Sequence[Row], index: int) -> float:
    """Give the width of a column's widest word, at size 1."""
    said = _said(columns, rows, index)
    words = {(word, face) for cell, face in said for word in cell.split()}
    return max((stringWidth(clean(word), face, 1) for word, face in words), default=0.0)


def _needed(columns: Sequence[Column], rows: Sequence[Row], index: int) -> float:
    """Give the width of a column's widest cell and of its head, at size 1.

    A head may stand on two lines, unless it begins a column of words.
    """
    cells = _said(columns, rows, index)
    words = columns[index].head.split(" ")
    cuts = range(1 if columns[index].side == "left" else len(words))
    heads = [max(_head_width(words[:cut]), _head_width(words[cut:])) for cut in cuts]
    widths = [stringWidth(clean(cell), face, 1) for cell, face in cells]
    number = stringWidth(columns[index].number, fonts.SANS_MEDIUM, 1)
    return max([*widths, number, min(heads)])


def _head_width(words: Sequence[str]) -> float:
    return stringWidth(" ".join(words), fonts.SANS_MEDIUM, 1)


def _level(widths: Sequence[float], columns: Sequence[Column], left: float) -> list[float]:
    """Share out what is left so that columns of figures come as near to one width as can be."""
    levelled = list(widths)
    takers = [index for index, one in enumerate(columns) if one.side == "right"]
    takers = takers or list(range(len(columns)))
    while left > TOUCH:
        least = min(levelled[index] for index in takers)
        lowest = [index for index in takers if levelled[index] <= least + TOUCH]
        higher = [levelled[index] for index in takers if levelled[index] > least + TOUCH]
        step = left / len(lowest)
        if higher:
            step = min(step, min(higher) - least)
        for index in lowest:
            levelled[index] += step
        left -= step * len(lowest)
    return levelled
