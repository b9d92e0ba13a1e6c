"""Whole đồng and exact yearly rates: the two kinds of number that the books know."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

DECIMAL = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


def divide_half_up(numerator: int, denominator: int) -> int:
    """Give numerator / denominator as a whole number, halves up; neither is negative."""
    return (2 * numerator + denominator) // (2 * denominator)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount of whole đồng; may be negative, never a fraction."""

    dong: int

    def __post_init__(self) -> None:
        """Refuse floats and booleans, which compare equal to amounts but are none."""
        if type(self.dong) is not int:
            message = f"an amount is a whole number of đồng, not {self.dong!r}"
            raise TypeError(message)

    def __add__(self, other: Money) -> Money:
        return Money(self.dong + other.dong)

    def __sub__(self, other: Money) -> Money:
        return Money(self.dong - other.dong)

    def __neg__(self) -> Money:
        return Money(-self.dong)

    def __bool__(self) -> bool:
        return self.dong != 0


NOTHING = Money(0)


def total(amounts: list[Money]) -> Money:
    """Give the sum of the amounts."""
    return Money(sum(amount.dong for amount in amounts))


@dataclass(frozen=True, slots=True, order=True)
class Rate:
    """A yearly rate in parts per million, so that four decimals of a percent are exact."""

    ppm: int

    @classmethod
    def percent(cls, text: str) -> Rate:
        """Read "7.2" as 7.2 % a year; ValueError for more than four decimals or no number."""
        return cls(decimal_units(text, decimals=4))

    @property
    def text(self) -> str:
        """The percentage as its shortest decimal text ("7.2"), as JSON prints it (rules §5)."""
        return decimal_text(self.ppm, decimals=4)


def decimal_units(text: str, *, decimals: int) -> int:
    """Read a plain decimal text as a whole number of its last allowed place.

    ValueError when it is no plain decimal or needs more places than `decimals`.
    """
    if not DECIMAL.fullmatch(text):
        message = f"not a decimal number: {text!r}"
        raise ValueError(message)
    whole, _, part = text.partition(".")
    part = part.rstrip("0")
    if len(part) > decimals:
        message = f"more than {decimals} decimals: {text!r}"
        raise ValueError(message)
    return int(whole + part.ljust(decimals, "0"))


def decimal_text(units: int, *, decimals: int) -> str:
    """Give the shortest decimal text of so many units; undoes `decimal_units`."""
    sign = "-" if units < 0 else ""
    digits = str(abs(units)).rjust(decimals + 1, "0")
    part = digits[-decimals:].rstrip("0")
    return f"{sign}{digits[:-decimals]}{'.' if part else ''}{part}"


def fixed_text(value: Fraction, decimals: int) -> str:
    """Give a value that is not negative as text with exactly so many decimals, half up."""
    scale = 10**decimals
    units = divide_half_up(value.numerator * scale, value.denominator)
    return f"{units // scale}.{units % scale:0{decimals}d}"
