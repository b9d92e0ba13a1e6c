"""How typed amounts and days are read: as people at the office write them, never guessing."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta, tzinfo
from fractions import Fraction
from typing import Final

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
A_SLIP: Final = timedelta(days=31)  # a day so little ahead is mistyped, not a year ago
_AMOUNT = re.compile(r"(?P<figures>[0-9., ]*[0-9])\s*(?P<unit>[^\W\d_]*)")
_AND_MORE = re.compile(r"([0-9]+) ?([^\W\d_]+) ?([0-9]{1,3}) ?([^\W\d_]*)")  # 2tr5, 1 tỷ 200 tr
_CURRENCY = re.compile(r"\s*(đồng|dong|vnđ|vnd|đ|₫)$")
_WHOLE = re.compile(r"[0-9]+|[0-9]{1,3}(?P<mark>[., ])[0-9]{3}((?P=mark)[0-9]{3})*")
_MARK = re.compile(r"[., ]")
_DECIMAL = re.compile(r"([0-9]+)[.,]([0-9]{1,6})")
_OF_THREE = re.compile(r"([1-9][0-9]{0,2})[.,]([0-9]{3})")  # thousands, or thousandths?
_BROKEN = re.compile(r"(?P<whole>[0-9][0-9., ]*)(?P<mark>[.,])(?P<rest>[0-9]{1,2})")
_PERCENT = re.compile(r"([0-9]{1,4})(?:[.,]([0-9]{1,12}))?")
_DAY = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})(?:[/.\- ](\d{4}|\d{2}))?")
_DIGITS = re.compile(r"(\d{2})(\d{2})(\d{4}|\d{2})?")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_CLOCK = re.compile(r"(.+?)[ ]+(\d{1,2}):(\d{2})(?::(\d{2}))?")


def read_amount(text: str) -> int:
    """Read `2.500.000`, `2500k`, `2,5tr` or `2tr5` as whole đồng.

    What has two meanings is refused, with what to type instead: that is always read.
    """
    typed = text.strip()
    plain = " ".join(unicodedata.normalize("NFC", text).lower().split())
    plain = _CURRENCY.sub("", plain)
    more, match = _AND_MORE.fullmatch(plain), _AMOUNT.fullmatch(plain)
    if more and more[2] in UNITS:
        dong = _with_more(more[1], more[2], more[3], more[4], typed)
    elif match and match["unit"] in {"", *UNITS}:
        dong = _counted(match["figures"].strip(), match["unit"], typed)
    else:
        raise InvalidInputError("amount_malformed", typed=typed)
    return _in_range(dong, typed)


def _in_range(dong: int, typed: str) -> int:
    if not 0 < dong < LARGEST:
        raise InvalidInputError("amount_range", typed=typed)
    return dong


def _with_more(count: str, unit: str, more: str, lesser: str, typed: str) -> int:
    """Read `2tr5` and `2tr500` as 2.500.000, `1tỷ 200tr` as 1.200.000.000.

    Two figures alone are asked about: after `2tr`, 50 is said for 50 and for 500 thousand.
    """
    whole = int(count) * UNITS[unit]
    if lesser:
        part = int(more) * UNITS.get(lesser, UNITS[unit])
        if part >= UNITS[unit]:
            raise InvalidInputError("amount_malformed", typed=typed)
        return whole + part
    parts: int = 10 ** len(more)
    tenths = int(more) * UNITS[unit] // parts
    thousandths = int(more) * UNITS[unit] // 1000
    if tenths != thousandths and len(more) > 1:
        raise _of_two_meanings(whole + tenths, whole + thousandths, typed)
    return whole + tenths


def _counted(figures: str, unit: str, typed: str) -> int:
    """Multiply figures by their unit; what has a fraction of a đồng is refused."""
    decimal = _DECIMAL.fullmatch(figures)
    if not unit:
        _refuse_broken(figures, typed)
    three = _OF_THREE.fullmatch(figures)
    if unit and three:
        grouped = int(three[1] + three[2]) * UNITS[unit]
        raise _of_two_meanings(grouped // 1000, grouped, typed)
    if _WHOLE.fullmatch(figures) and not (unit and decimal):
        return int(_MARK.sub("", figures)) * UNITS.get(unit, 1)
    if not unit or decimal is None:
        raise InvalidInputError("amount_malformed", typed=typed)
    amount = Fraction(f"{decimal[1]}.{decimal[2]}") * UNITS[unit]
    if amount.denominator != 1:
        raise InvalidInputError("amount_malformed", typed=typed)
    return int(amount)


def _refuse_broken(figures: str, typed: str) -> None:
    """Refuse figures that end in tenths or hundredths: of what is a guess below a thousand.

    `1,5` may be millions; `1500000.00` is đồng with what other programs write behind them.
    """
    broken = _BROKEN.fullmatch(figures)
    if broken is None or not _WHOLE.fullmatch(broken["whole"]):
        return
    whole = int(_MARK.sub("", broken["whole"]))
    groups = broken["whole"].count(broken["mark"])
    if whole >= 1000 and groups != 1:  # noqa: PLR2004 -- 2.500.00 lacks a figure
        instead = _written(_in_range(whole, typed))
        raise InvalidInputError("amount_fraction", typed=typed, instead=instead)
    if groups == 0:
        millions = f"{whole}{broken['mark']}{broken['rest']}tr"
        _in_range(int(Fraction(f"{whole}.{broken['rest']}") * UNITS["tr"]), typed)
        raise InvalidInputError("amount_unclear", typed=typed, instead=millions)


def _of_two_meanings(less: int, most: int, typed: str) -> InvalidInputError:
    """Refuse what could be either of two amounts, and name both in all their figures."""
    instead, otherwise = (_written(_in_range(dong, typed)) for dong in (less, most))
    return InvalidInputError(
        "amount_two_ways", typed=typed, instead=instead, otherwise=otherwise
    )


def _written(dong: int) -> str:
    return f"{dong:,}".replace(",", ".")


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


def read_day(text: str, today: date, *, past: bool = False) -> date:
    """Read `5/6`, `050620` or `05/06/2020`; without a year it is this one.

    Of what has happened already (`past`) `31/12` typed in January is last year's; but a day at
    most a month ahead stays this year's, to be refused as yet to come: it is a slip.
    """
    typed = text.strip()
    iso = _ISO.fullmatch(typed)
    match = _DAY.fullmatch(typed) or _DIGITS.fullmatch(typed)
    if iso:
        year, month, day = (int(part) for part in iso.groups())
    elif match:
        day, month = int(match[1]), int(match[2])
        year = _year(match[3], today)
        if past and match[3] is None and _is_last_year(month, day, today):
            year -= 1
    else:
        raise InvalidInputError("day_malformed", typed=typed)
    try:
        return date(year, month, day)
    except ValueError:
        raise InvalidInputError("day_impossible", typed=typed) from None


def _is_last_year(month: int, day: int, today: date) -> bool:
    """Tell whether a day of the year lies so far ahead that last year's is meant."""
    latest = today + A_SLIP
    return latest.year == today.year and (month, day) > (latest.month, latest.day)


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
