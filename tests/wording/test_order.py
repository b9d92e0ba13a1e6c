"""Names stand in the order of the Vietnamese alphabet, whatever the computer's order is."""

import unicodedata

import pytest

from loanfund.wording.order import name_key, sort_key


@pytest.mark.parametrize(
    "names",
    [
        ["An", "Ánh", "Ân", "Ba", "Dũng", "Đa", "Đặng", "Ế", "Ơn", "Yên"],
        ["ma", "mà", "mả", "mã", "má", "mạ"],
        ["Hoà An", "Hoa Ba"],  # tones count only where all letters are the same
        ["HTX An", "HTX An Bình", "HTX Anh"],  # a shorter word comes first
        ["Đồng Tâm 3", "Đồng Tâm 10", "Đồng Tâm A"],
        ["htx Bình Minh", "HTX Đông Á"],
        ["ƯU", "vận", "Ý"],
    ],
)
def test_names_are_sorted_as_people_expect(names: list[str]) -> None:
    backwards = names[::-1]

    assert sorted(backwards, key=sort_key) == names


def test_a_kind_written_out_stands_where_its_letters_do() -> None:
    names = ["HTX An", "Hợp tác xã Ánh", "HTX Ba", "Liên hiệp Hợp tác xã An", "Tổ hợp tác An"]
    backwards = names[::-1]

    assert sorted(backwards, key=name_key) == names


def test_however_a_name_is_typed_its_place_is_the_same() -> None:
    name = "HTX Đồng Tâm"

    assert sort_key(unicodedata.normalize("NFD", name))[:2] == sort_key(name)[:2]


@pytest.mark.parametrize("name", ["", "–", "ß ½ 漢", "\N{ARABIC-INDIC DIGIT THREE}"])
def test_anything_has_a_place(name: str) -> None:
    assert sort_key(name) <= sort_key(name)
