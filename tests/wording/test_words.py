"""Amounts in words, as they must stand on vouchers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanfund.wording import amount_in_words

VECTORS = {
    0: "Không đồng",
    5: "Năm đồng",
    10: "Mười đồng",
    15: "Mười lăm đồng",
    21: "Hai mươi mốt đồng",
    24: "Hai mươi tư đồng",
    101: "Một trăm linh một đồng",
    115: "Một trăm mười lăm đồng",
    1_001: "Một nghìn không trăm linh một đồng",
    10_005: "Mười nghìn không trăm linh năm đồng",
    100_000: "Một trăm nghìn đồng",
    493_151: "Bốn trăm chín mươi ba nghìn một trăm năm mươi mốt đồng",
    1_000_005: "Một triệu không trăm linh năm đồng",
    1_005_000: "Một triệu không trăm linh năm nghìn đồng",
    1_223_014: "Một triệu hai trăm hai mươi ba nghìn không trăm mười bốn đồng",
    1_627_397: "Một triệu sáu trăm hai mươi bảy nghìn ba trăm chín mươi bảy đồng",
    2_050_105: "Hai triệu không trăm năm mươi nghìn một trăm linh năm đồng",
    15_015_000: "Mười lăm triệu không trăm mười lăm nghìn đồng",
    21_000_000: "Hai mươi mốt triệu đồng",
    129_000_000: "Một trăm hai mươi chín triệu đồng",
    1_000_000_005: "Một tỷ không trăm linh năm đồng",
    13_300_000_000: "Mười ba tỷ ba trăm triệu đồng",
    14_390_000_000: "Mười bốn tỷ ba trăm chín mươi triệu đồng",
    10_000_000_000_000: "Mười nghìn tỷ đồng",
}
DIGITS = {
    "không": 0,
    "một": 1,
    "mốt": 1,
    "hai": 2,
    "ba": 3,
    "bốn": 4,
    "tư": 4,
    "năm": 5,
    "lăm": 5,
    "sáu": 6,
    "bảy": 7,
    "tám": 8,
    "chín": 9,
}


@pytest.mark.parametrize("dong", VECTORS)
def test_the_fixed_vectors(dong: int) -> None:
    assert amount_in_words(dong) == VECTORS[dong]


def test_the_southern_words_can_be_chosen() -> None:
    words = amount_in_words(1_001, odd="lẻ", thousand="ngàn")

    assert words == "Một ngàn không trăm lẻ một đồng"


def test_a_debt_of_the_fund_has_no_words() -> None:
    with pytest.raises(ValueError, match="negative"):
        amount_in_words(-1)


def read_back(words: str) -> int:
    """Read an amount in words the way a person does: digits, then what they count."""
    whole, open_groups, group, digit = 0, 0, 0, 0
    for word in words.lower().removesuffix(" đồng").split():
        if word in DIGITS:
            digit = DIGITS[word]
        elif word == "linh":
            continue
        elif word in {"mười", "mươi", "trăm"}:
            group += 10 if word == "mười" else digit * {"mươi": 10, "trăm": 100}[word]
            digit = 0
        elif word == "tỷ":
            whole += (open_groups + group + digit) * 10**9
            open_groups = group = digit = 0
        else:
            open_groups += (group + digit) * {"nghìn": 10**3, "triệu": 10**6}[word]
            group = digit = 0
    return whole + open_groups + group + digit


@given(st.integers(1, 10**13))
def test_words_read_back_are_the_amount(dong: int) -> None:
    assert read_back(amount_in_words(dong)) == dong


@given(st.integers(1, 10**13), st.integers(1, 10**13))
def test_different_amounts_have_different_words(one: int, other: int) -> None:
    assert (amount_in_words(one) == amount_in_words(other)) == (one == other)
