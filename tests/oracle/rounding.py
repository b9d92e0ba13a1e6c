"""Rounding, and numbers as text (sections 5 and 11)."""

from decimal import Decimal
from fractions import Fraction


def half_up(amount: Fraction | int, multiple: int = 1) -> int:
    """A non-negative amount rounded half up to a multiple."""
    return int(Fraction(amount) / multiple + Fraction(1, 2)) * multiple


def rate_text(rate: Fraction) -> str:
    """The shortest decimal text of a rate, whose decimals are few (section 11)."""
    text = f"{Decimal(rate.numerator) / Decimal(rate.denominator):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def two_decimals(amount: Fraction) -> str:
    hundredths = half_up(amount * 100)
    return f"{hundredths // 100}.{hundredths % 100:02d}"
