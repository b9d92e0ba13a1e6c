"""Names are found however they are typed."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanfund.wording import clean, fold


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("HTX Đồng-Tâm  3", "htx dong tam 3"),
        ("hoà", "hoa"),
        ("hòa", "hoa"),
        ("Ðắk Lắk", "dak lak"),  # the Icelandic letter some keyboards give
        ("  ƯỚT; ngoẵng, khuỷu ", "uot ngoang khuyu"),
        ("HĐ-023/2019", "hd 023 2019"),
        ("...", ""),
    ],
)
def test_case_diacritics_and_punctuation_do_not_count(typed: str, folded: str) -> None:
    assert fold(typed) == folded


@given(st.text())
def test_folding_twice_changes_nothing(typed: str) -> None:
    assert fold(fold(typed)) == fold(typed)


@given(st.text())
def test_composed_and_decomposed_letters_are_the_same(typed: str) -> None:
    composed = unicodedata.normalize("NFC", typed)

    assert fold(composed) == fold(unicodedata.normalize("NFD", typed))


def test_typed_text_is_kept_composed_and_without_control_characters() -> None:
    decomposed = unicodedata.normalize("NFD", " Đồng Tâm\x00 3\t ")

    assert clean(decomposed) == "Đồng Tâm 3"


# The explicit formatting characters of the bidirectional algorithm, by their Unicode names.
TURNING = [
    unicodedata.lookup(f"{place}{kind}")
    for place, kinds in {
        "LEFT-TO-RIGHT ": ("MARK", "EMBEDDING", "OVERRIDE", "ISOLATE"),
        "RIGHT-TO-LEFT ": ("MARK", "EMBEDDING", "OVERRIDE", "ISOLATE"),
        "POP DIRECTIONAL ": ("FORMATTING", "ISOLATE"),
        "": ("ARABIC LETTER MARK", "FIRST STRONG ISOLATE"),
    }.items()
    for kind in kinds
]


@pytest.mark.parametrize("turning", TURNING, ids=unicodedata.name)
def test_what_turns_the_direction_of_writing_is_not_kept(turning: str) -> None:
    assert clean(f"HTX {turning}Đồng Tâm{turning}") == "HTX Đồng Tâm"
