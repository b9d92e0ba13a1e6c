"""What a cell of each kind of column may hold, and what is wrong where it holds another."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from loanfund.documents.workbook.grid import Cell, CellKind
from loanfund.domain.book_problem import ProblemCode
from loanfund.domain.money import Money, Rate, decimal_units

LONGEST_KEY = 100
LONGEST_TEXT = 1000
LARGEST_AMOUNT = 10**15
RATE_DECIMALS = 4
EARLIEST = date(1990, 1, 1)  # before the first law on cooperatives: a slip of the hand
LATEST = date(2199, 12, 31)
_DMY = re.compile(r"(\d{2})/(\d{2})/(\d{4})", re.ASCII)
_NUMBER_LIKE = re.compile(r"[-+]?\d[\d.,\s]*%?", re.ASCII)

Reader = Callable[[Cell], Any]


class CellRefusedError(Exception):
    """A cell does not hold what its column is for."""

    def __init__(self, code: ProblemCode, **facts: object) -> None:
        """Keep what is wrong and what is expected."""
        super().__init__(code)
        self.code = code
        self.facts = facts


def plain(text: str) -> str:
    """Give the text in NFC, trimmed, every run of spaces (NBSP too) as one space."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def is_blank(cell: Cell) -> bool:
    """Tell whether the cell holds nothing but spaces."""
    return cell.kind is CellKind.TEXT and not plain(str(cell.value))


def text(longest: int = LONGEST_TEXT) -> Reader:
    """Read words; a number is refused, for it has lost its leading zeros already."""

    def read(cell: Cell) -> str:
        _refuse_computed(cell)
        if cell.kind is not CellKind.TEXT:
            raise CellRefusedError(ProblemCode.NOT_TEXT)
        words = plain(str(cell.value))
        if len(words) > longest:
            raise CellRefusedError(ProblemCode.TEXT_TOO_LONG, longest=longest)
        return words

    return read


def choice(choices: Mapping[str, Any]) -> Reader:
    """Read one of the words that the column knows."""

    def read(cell: Cell) -> Any:
        _refuse_computed(cell)
        words = plain(str(cell.value))
        if cell.kind is not CellKind.TEXT or words not in choices:
            raise CellRefusedError(ProblemCode.UNKNOWN_CHOICE, choices=", ".join(choices))
        return choices[words]

    return read


def day(cell: Cell) -> date:
    """Read a date cell, whatever its time, or dd/mm/yyyy text."""
    _refuse_computed(cell)
    if cell.kind is CellKind.DAY:
        found = date.fromisoformat(str(cell.value))
    else:
        match = _DMY.fullmatch(plain(str(cell.value)))
        if cell.kind is not CellKind.TEXT or match is None:
            raise CellRefusedError(ProblemCode.NOT_A_DAY)
        try:
            found = date(int(match[3]), int(match[2]), int(match[1]))
        except ValueError:
            raise CellRefusedError(ProblemCode.NO_SUCH_DAY) from None
    if not EARLIEST <= found <= LATEST:
        raise CellRefusedError(ProblemCode.DAY_OUT_OF_RANGE, earliest=EARLIEST, latest=LATEST)
    return found


def amount(least: int = 1) -> Reader:
    """Read whole đồng."""
    read_whole = whole(least, LARGEST_AMOUNT)

    def read(cell: Cell) -> Money:
        return Money(read_whole(cell))

    return read


def movement(cell: Cell) -> Money:
    """Read whole đồng, negative for a withdrawal."""
    moved = amount(-LARGEST_AMOUNT)(cell)
    if not moved:
        raise CellRefusedError(ProblemCode.ZERO)
    return Money(moved.dong)


def whole(least: int, most: int) -> Reader:
    """Read a whole number; 1500000.0 is one, since files do not always tell."""

    def read(cell: Cell) -> int:
        number = _number(cell)
        if number != number.to_integral_value():
            raise CellRefusedError(ProblemCode.NOT_WHOLE)
        _check_range(number, least, most)
        return int(number)

    return read


def rate(highest: int) -> Reader:
    """Read a number of percent with at most four decimals, exactly."""
    read_units = percent_units(RATE_DECIMALS, highest)

    def read(cell: Cell) -> Rate:
        return Rate(read_units(cell))

    return read


def percent_units(decimals: int, highest: int) -> Reader:
    """Read a number of percent as a whole number of its last allowed decimal."""

    def read(cell: Cell) -> int:
        if cell.kind is CellKind.PERCENTAGE:
            raise CellRefusedError(ProblemCode.PERCENT_FORMAT)
        number = _number(cell)
        _check_range(number, 0, highest)
        try:
            return decimal_units(f"{number:f}", decimals=decimals)
        except ValueError:
            raise CellRefusedError(ProblemCode.TOO_MANY_DECIMALS, decimals=decimals) from None

    return read


def _number(cell: Cell) -> Decimal:
    """Give the number as it is written: the shortest text of a float is what was typed."""
    _refuse_computed(cell)
    if cell.kind is CellKind.TEXT and _NUMBER_LIKE.fullmatch(plain(str(cell.value))):
        raise CellRefusedError(ProblemCode.NUMBER_AS_TEXT)
    if cell.kind not in {CellKind.NUMBER, CellKind.PERCENTAGE}:
        raise CellRefusedError(ProblemCode.NOT_A_NUMBER)
    number = Decimal(repr(cell.value))
    if not number.is_finite():
        raise CellRefusedError(ProblemCode.NOT_A_NUMBER)
    return number


def _check_range(number: Decimal, least: int, most: int) -> None:
    if not least <= number <= most:
        raise CellRefusedError(
            ProblemCode.NUMBER_OUT_OF_RANGE, least=_dotted(least), most=_dotted(most)
        )


def _dotted(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def _refuse_computed(cell: Cell) -> None:
    if cell.kind is CellKind.FORMULA:
        raise CellRefusedError(ProblemCode.FORMULA)
    if cell.kind is CellKind.ERROR:
        raise CellRefusedError(ProblemCode.ERROR_VALUE)
