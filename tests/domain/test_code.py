"""Which letters a code has, and what spellings of codes and of banks' references share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanfund.domain.code import (
    check_code,
    fold_code,
    fold_reference,
    strange_letters,
    tidy_code,
    tidy_reference,
)
from loanfund.domain.errors import InvalidInputError

# Every vowel of the language with each of its five tones, and đ.
VOWELS = (
    "aàáảãạ ăằắẳẵặ âầấẩẫậ eèéẻẽẹ êềếểễệ iìíỉĩị oòóỏõọ ôồốổỗộ ơờớởỡợ uùúủũụ ưừứửữự yỳýỷỹỵ đ"
).replace(" ", "")


@pytest.mark.parametrize("code", ["01/2020/HĐTD", "HTX-07", "kh_1.2", VOWELS, VOWELS.upper()])
def test_a_code_of_letters_digits_and_four_marks_is_one(code: str) -> None:
    assert strange_letters(code) == ""
    check_code(code, "code")


@pytest.mark.parametrize(
    ("code", "strange"),
    [
        ("01 2020", " "),
        ("01#2020#", "#"),
        ("РТ1", "РТ"),  # Cyrillic
        ("PT①", "①"),  # tidied it would be PT1
        ("ＰＴ1", "ＰＴ"),
        ("PT\u200b1", "\u200b"),
        ("01/HÐ", "Ð"),
        ("Ø1", "Ø"),
        ("ç1", "ç"),
        ("a\u0308", "a\u0308"),
        ("٣", "٣"),
        ("=1+1", "=+"),
        ("😀", "😀"),
    ],
)
def test_what_is_none_is_refused_by_its_letters(code: str, strange: str) -> None:
    assert strange_letters(code) == strange
    with pytest.raises(InvalidInputError) as refused:
        check_code(code, "code")
    assert refused.value.facts == {"field": "code", "typed": code, "strange": strange}


@given(st.text(max_size=20))
def test_tidying_and_folding_a_second_time_changes_nothing(typed: str) -> None:
    assert tidy_code(tidy_code(typed)) == tidy_code(typed)
    assert tidy_reference(tidy_reference(typed)) == tidy_reference(typed)
    for fold in (fold_code, fold_reference):
        assert fold(tidy_code(typed)) == fold(typed)
        assert not fold(typed).startswith(" ")


@given(st.text(alphabet=VOWELS + "pt019/.-_", min_size=1, max_size=12))
def test_a_code_and_its_capitals_are_one(code: str) -> None:
    assert fold_code(code.upper()) == fold_code(code)


def test_a_reference_is_kept_as_typed_but_for_what_nobody_sees() -> None:
    assert tidy_reference(" Ft20153\u200b·001\u202e (HTX) ") == "Ft20153·001 (HTX)"


def test_spellings_of_one_reference_share_a_fold_and_others_do_not() -> None:
    spellings = ["FT20153 001", "ft20153001", "ＦＴ20153001", "FT20153\u00ad001"]
    assert len({fold_reference(one) for one in spellings}) == 1
    assert fold_reference("FT20153-001") != fold_reference("FT20153001")
