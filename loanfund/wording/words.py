"""Amounts in Vietnamese words, as vouchers need them under the figures."""

from __future__ import annotations

from typing import Literal

DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
BILLION = 1_000_000_000
AFTER_TENS = {1: "mốt", 4: "tư", 5: "lăm"}  # 21 hai mươi mốt, 24 hai mươi tư, 25 hai mươi lăm


def amount_in_words(
    dong: int,
    *,
    odd: Literal["linh", "lẻ"] = "linh",
    thousand: Literal["nghìn", "ngàn"] = "nghìn",
) -> str:
    """Give 1.001 as `Một nghìn không trăm linh một đồng`; ValueError below zero.

    Northern usage; `odd` and `thousand` choose the southern words instead.
    """
    if dong < 0:
        raise ValueError(f"a negative amount has no words: {dong}")
    words = [*_number(dong), "đồng"] if dong else ["không", "đồng"]
    chosen = {"linh": odd, "nghìn": thousand}
    sentence = " ".join(chosen.get(word, word) for word in words)
    return sentence[0].upper() + sentence[1:]


def _number(number: int, *, leads: bool = True) -> list[str]:
    """Read a number; only what leads may leave out its hundreds. Above a billion it repeats."""
    words: list[str] = []
    billions, rest = divmod(number, BILLION)
    if billions:
        words += [*_number(billions, leads=leads), "tỷ"]
        leads = False
    for unit, size in (("triệu", 1_000_000), ("nghìn", 1_000), ("", 1)):
        group = rest // size % 1000
        if group:
            words += _group(group, leads=leads) + ([unit] if unit else [])
            leads = False
    return words


def _group(group: int, *, leads: bool) -> list[str]:
    """Read three digits: `không trăm linh năm` unless they lead."""
    hundreds, below = divmod(group, 100)
    words = [DIGITS[hundreds], "trăm"] if hundreds or not leads else []
    tens, units = divmod(below, 10)
    if tens == 0:
        odd = ["linh"] if words else []
        return words + ([*odd, DIGITS[units]] if units else [])
    words += ["mười"] if tens == 1 else [DIGITS[tens], "mươi"]
    if units == 0:
        return words
    after_ten = "lăm" if units == 5 else DIGITS[units]  # noqa: PLR2004 -- the digit five
    return [*words, after_ten if tens == 1 else AFTER_TENS.get(units, DIGITS[units])]
