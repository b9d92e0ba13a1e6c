"""How typed amounts and days are read: as people at the office write them, never guessing."""

from __future__ import annotations

import re
from datetime import date, datetime, tzinfo
from fractions import Fraction

from loanfund.domain.errors import InvalidInputError

LARGEST = 10**15  # thousand times a million billions: nobody owes that
UNITS = {
    "k": 1_000,
    "nghìn": 1_000,
    "nghin": 1_000,
    "ngàn": 1_000,
    "ngan": 1_000,
    "tr": 1_000_000,
    "triệu": 1_000_000,
    "trieu": 1_000_000,
    "tỷ": 1_000_000_000,
    "tỉ": 1_000_000_000,
    "ty": 1_000_000_000,
    "ti": 1_000_000_000,
}
_AMOUNT = re.compile(r"(?P<figures>[0-9., ]*[0-9])\s*(?P<unit>[^\W\d_]*)")
_CURRENCY = re.compile(r"\s*(đồng|dong|vnđ|vnd|đ|₫)$")
_WHOLE = re.compile(r"[0-9]+|[0-9]{1,3}(?P<mark>[., ])[0-9]{3}((?P=mark)[0-9]{3})*")
_MARK = re.compile(r"[., ]")
_DECIMAL = re.compile(r"([0-9]+)[.,]([0-9]{1,6})")
_ONE_OR_TWO = re.compile(r"[0-9]+[.,][0-9]{1,2}")
_PERCENT = re.compile(r"([0-9]{1,4})(?:[.,]([0-9]{1,12}))?")
_DAY = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})(?:[/.\- ](\d{4}|\d{2}))?")
_DIGITS = re.compile(r"(\d{2})(\d{2})(\d{4}|\d{2})?")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_CLOCK = re.compile(r"(.+?)[ ]+(\d{1,2}):(\d{2})(?::(\d{2}))?")


def read_amount(text: str) -> int:
    """Read `2.500.000`, `2500k` or `2,5tr` as whole đồng; what has two meanings is refused."""
    plain = " ".join(text.replace("\N{NO-BREAK SPACE}", " ").lower().split())
    plain = _CURRENCY.sub("", plain)
    match = _AMOUNT.fullmatch(plain)
    if match is None or match["unit"] not in {"", *UNITS}:
        raise InvalidInputError("amount_malformed", typed=text.strip())
    dong = _counted(match["figures"].strip(), match["unit"], text.strip())
    if not 0 < dong < LARGEST:
        raise InvalidInputError("amount_range", typed=text.strip())
    return dong


def _counted(figures: str, unit: str, typed: str) -> int:
    """Multiply figures by their unit; a mark before one or two digits alone is no grouping."""
    decimal = _DECIMAL.fullmatch(figures)
    if not unit and _ONE_OR_TWO.fullmatch(figures):
        raise InvalidInputError("amount_unclear", typed=typed, instead=figures + "tr")
    if unit and decimal and len(decimal[2]) == 3:  # noqa: PLR2004 -- thousand or thousandth?
        instead = f"{decimal[1]}{decimal[2]}{unit}"
        raise InvalidInputError("amount_unclear", typed=typed, instead=instead)
    if _WHOLE.fullmatch(figures):
        return int(_MARK.sub("", figures)) * UNITS.get(unit, 1)
    if not unit or decimal is None:
        raise InvalidInputError("amount_malformed", typed=typed)
    amount = Fraction(f"{decimal[1]}.{decimal[2]}") * UNITS[unit]
    if amount.denominator != 1:
        raise InvalidInputError("amount_malformed", typed=typed)
    return int(amount)


def read_decimal(text: str, most: int) -> str:
    """Read `7,2` or `7.2 %` as "7.2"; nothing is rounded, so more places are refused."""
    typed = text.replace("%", "").strip()
    match = _PERCENT.fullmatch(typed)
    if match is None:
        raise InvalidInputError("rate_malformed", typed=text.strip())
    if len((match[2] or "").rstrip("0")) > most:
        raise InvalidInputError("rate_decimals", typed=text.strip(), most=most)
    return typed.replace(",", ".")


def read_whole(text: str, least: int, most: int) -> int:
    """Read a whole number within its limits, thousands grouped or not."""
    typed = text.strip()
    digits = _MARK.sub("", typed) if _WHOLE.fullmatch(typed) else ""
    if not digits or not least <= int(digits[:20]) <= most:
        raise InvalidInputError("whole", typed=typed, least=least, most=most)
    return int(digits)


def read_day(text: str, today: date) -> date:
    """Read `5/6`, `050620` or `05/06/2020`; without a year it is this one."""
    typed = text.strip()
    iso = _ISO.fullmatch(typed)
    match = _DAY.fullmatch(typed) or _DIGITS.fullmatch(typed)
    if iso:
        year, month, day = (int(part) for part in iso.groups())
    elif match:
        day, month = int(match[1]), int(match[2])
        year = _year(match[3], today)
    else:
        raise InvalidInputError("day_malformed", typed=typed)
    try:
        return date(year, month, day)
    except ValueError:
        raise InvalidInputError("day_impossible", typed=typed) from None


def read_instant(text: str, today: date, office: tzinfo) -> datetime | None:
    """Read `2020-06-01T17:00:00+07:00`, or `01/06/2020 17:00` by the office's clock.

    None for what names no time of day; InvalidInputError for an instant that cannot be read.
    """
    typed = text.strip()
    by_clock = None if "T" in typed else _CLOCK.fullmatch(typed)
    try:
        if by_clock:
            hour, minute, second = (int(part or 0) for part in by_clock.groups()[1:])
            day = read_day(by_clock[1], today)
            return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=office)
        if "T" not in typed:
            return None
        # A plus sign that an address did not quote arrives as a space.
        instant = datetime.fromisoformat(typed.replace(" ", "+"))
        instant.astimezone(office)  # what no calendar has overflows here
    except (ValueError, OverflowError) as wrong:
        raise InvalidInputError("instant", value=typed) from wrong
    if instant.tzinfo is None:
        raise InvalidInputError("instant_zone", value=typed)
    return instant


def _year(digits: str | None, today: date) -> int:
    if digits is None:
        return today.year
    return int(digits) if len(digits) > 2 else today.year // 100 * 100 + int(digits)  # noqa: PLR2004
