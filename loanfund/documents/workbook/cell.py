"""What a cell of each kind of column may hold, and what is wrong where it holds another."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from loanfund.documents.workbook.grid import SHOWN_DIGITS, Cell, CellKind
from loanfund.domain.book_problem import ProblemCode
from loanfund.domain.code import tidy_code, without_format
from loanfund.domain.money import Money, Rate, decimal_units

LONGEST_KEY = 100
LONGEST_TEXT = 1000
LARGEST_AMOUNT = 10**15
RATE_DECIMALS = 4
EARLIEST = date(1990, 1, 1)  # before the first law on cooperatives: a slip of the hand
LATEST = date(2199, 12, 31)
_DMY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", re.ASCII)
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_NUMBER_LIKE = re.compile(r"[-+]?\d[\d.,\s]*%?", re.ASCII)
_CURRENCY = re.compile(r"\s*(đồng|vnđ|vnd|đ|₫)$", re.IGNORECASE)
# Whole numbers as text. One comma before three figures may part thousands or decimals.
_WHOLE = re.compile(r"-?(\d+|\d{1,3}(\.\d{3})+|\d{1,3}( \d{3})+|\d{1,3}(,\d{3}){2,})", re.ASCII)
_DECIMAL = re.compile(r"(\d+)(?:[.,](\d+))?", re.ASCII)

Reader = Callable[[Cell], Any]


class CellRefusedError(Exception):
    """A cell does not hold what its column is for."""

    def __init__(self, code: ProblemCode, **facts: object) -> None:
        """Keep what is wrong and what is expected."""
        super().__init__(code)
        self.code = code
        self.facts = facts


def plain(text: str) -> str:
    """Give the text in NFC, trimmed, nothing unseen, every run of spaces (NBSP too) as one."""
    return " ".join(without_format(unicodedata.normalize("NFC", text)).split())


def folded(text: str) -> str:
    """Give what a listed word is known by, in whatever case and form it is written."""
    return tidy_code(text).casefold()


def is_blank(cell: Cell) -> bool:
    """Tell whether the cell holds nothing but spaces."""
    return cell.kind is CellKind.TEXT and not plain(str(cell.value))


def text(longest: int = LONGEST_TEXT, tidy: Callable[[str], str] = plain) -> Reader:
    """Read words; a number is refused, for it has lost its leading zeros already."""

    def read(cell: Cell) -> str:
        _refuse_computed(cell)
        if cell.kind is not CellKind.TEXT:
            raise CellRefusedError(ProblemCode.NOT_TEXT)
        words = tidy(str(cell.value))
        if len(words) > longest:
            raise CellRefusedError(ProblemCode.TEXT_TOO_LONG, longest=longest)
        return words

    return read


def key() -> Reader:
    """Read a code or number by which records know each other."""
    return text(LONGEST_KEY, tidy_code)


def choice(choices: Mapping[str, Any], also: Mapping[str, Any] | None = None) -> Reader:
    """Read one of the words that the column knows, in any case; `also` are other names."""
    known = {folded(word): value for word, value in {**choices, **(also or {})}.items()}

    def read(cell: Cell) -> Any:
        _refuse_computed(cell)
        words = folded(str(cell.value))
        if cell.kind is not CellKind.TEXT or words not in known:
            raise CellRefusedError(ProblemCode.UNKNOWN_CHOICE, choices=", ".join(choices))
        return known[words]

    return read


def day(cell: Cell) -> date:
    """Read a date cell, whatever its time, or text: 15/03/2024, 15.3.2024, 2024-03-15."""
    _refuse_computed(cell)
    if cell.kind is CellKind.DAY:
        found = date.fromisoformat(str(cell.value))
    elif cell.kind is CellKind.TEXT:
        found = _day_of_text(plain(str(cell.value)))
    else:
        raise CellRefusedError(ProblemCode.NOT_A_DAY)
    if not EARLIEST <= found <= LATEST:
        raise CellRefusedError(ProblemCode.DAY_OUT_OF_RANGE, earliest=EARLIEST, latest=LATEST)
    return found


def _day_of_text(words: str) -> date:
    iso, dmy = _ISO.fullmatch(words), _DMY.fullmatch(words)
    if iso:
        year, month, number = (int(part) for part in iso.groups())
    elif dmy:
        number, month, year = (int(part) for part in dmy.groups())
    else:
        raise CellRefusedError(ProblemCode.NOT_A_DAY)
    try:
        return date(year, month, number)
    except ValueError:
        raise CellRefusedError(ProblemCode.NO_SUCH_DAY) from None


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
        number = _number(cell, _whole_of_text)
        if number != number.to_integral_value():
            raise CellRefusedError(ProblemCode.NOT_WHOLE)
        _check_range(number, least, most)
        return int(number)

    return read


def _whole_of_text(words: str) -> Decimal | None:
    """Read `500.000.000` or `500000000 đ`; None where it might mean two things."""
    figures = _CURRENCY.sub("", words)
    return Decimal(re.sub(r"[., ]", "", figures)) if _WHOLE.fullmatch(figures) else None


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
        number = _number(cell, _percent_of_text)
        _check_range(number, 0, highest)
        try:
            return decimal_units(f"{number:f}", decimals=decimals)
        except ValueError:
            raise CellRefusedError(ProblemCode.TOO_MANY_DECIMALS, decimals=decimals) from None

    return read


def _percent_of_text(words: str) -> Decimal | None:
    """Read `7,2` or `7.2 %`: below a hundred percent nobody parts thousands."""
    match = _DECIMAL.fullmatch(words.removesuffix("%").rstrip())
    return Decimal(f"{match[1]}.{match[2] or 0}") if match else None


def _number(cell: Cell, of_text: Callable[[str], Decimal | None]) -> Decimal:
    """Give the number that Excel shows: at most 15 digits, so 0,6 × 12 is 7,2."""
    _refuse_computed(cell)
    if cell.kind is CellKind.TEXT:
        return _number_of_text(plain(str(cell.value)), of_text)
    if cell.kind not in {CellKind.NUMBER, CellKind.PERCENTAGE}:
        raise CellRefusedError(ProblemCode.NOT_A_NUMBER)
    is_whole = isinstance(cell.value, int)
    number = Decimal(str(cell.value) if is_whole else f"{cell.value:.{SHOWN_DIGITS}g}")
    if not number.is_finite():
        raise CellRefusedError(ProblemCode.NOT_A_NUMBER)
    return number


def _number_of_text(words: str, of_text: Callable[[str], Decimal | None]) -> Decimal:
    number = of_text(words)
    if number is not None:
        return number
    is_like = _NUMBER_LIKE.fullmatch(words)
    raise CellRefusedError(ProblemCode.NUMBER_AS_TEXT if is_like else ProblemCode.NOT_A_NUMBER)


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
