"""How amounts, days and rates are written: alike in both languages, as on the fund's papers."""

from __future__ import annotations

from datetime import date
from typing import Protocol, runtime_checkable

MILLION, BILLION = 10**6, 10**9
MINUS = "\N{MINUS SIGN}"
NBSP = "\N{NO-BREAK SPACE}"  # a line may not break between a figure and its unit


@runtime_checkable
class Amount(Protocol):
    """Anything that counts whole đồng, as the domain's money does."""

    @property
    def dong(self) -> int: ...


@runtime_checkable
class Percentage(Protocol):
    """Anything that has a decimal text in percent, as the domain's rates do."""

    @property
    def text(self) -> str: ...


def vnd(amount: int | Amount) -> str:
    """Write an amount as `1.234.567 đ`."""
    dong = amount if isinstance(amount, int) else amount.dong
    return f"{dong:,}".replace(",", ".").replace("-", MINUS) + f"{NBSP}đ"


def in_units(amount: int | Amount, unit: int, decimals: int = 0) -> str:
    """Write an amount in a larger unit, halves up: 14.390.000.000 in billions is `14,390`."""
    dong = amount if isinstance(amount, int) else amount.dong
    smallest = unit // 10**decimals
    count = (2 * abs(dong) + smallest) // (2 * smallest)
    whole, part = divmod(count, 10**decimals)
    sign = MINUS if dong < 0 and count else ""
    return f"{sign}{whole:,}".replace(",", ".") + (f",{part:0{decimals}d}" if decimals else "")


def dmy(day: date) -> str:
    """Write a day as `31/05/2020`."""
    return f"{day:%d/%m}/{day.year:04d}"


def percent(rate: str | Percentage) -> str:
    """Write the decimal text of a rate ("7.2") as `7,2 %`."""
    decimal = rate if isinstance(rate, str) else rate.text
    return decimal.replace(".", ",").replace("-", MINUS) + f"{NBSP}%"


def shown(fact: object) -> str:
    """Write any fact the way it stands in a sentence."""
    if isinstance(fact, str | int):  # most facts are, and asking a protocol takes time
        return str(fact) if isinstance(fact, str) or fact >= 0 else f"{MINUS}{-fact}"
    if isinstance(fact, Amount):
        return vnd(fact)
    if isinstance(fact, date):
        return dmy(fact)
    if isinstance(fact, Percentage):
        return percent(fact)
    return str(fact)
