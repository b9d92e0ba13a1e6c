"""Long passwords people can remember pass; what others would try first does not."""

from itertools import zip_longest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanfund.domain.errors import InvalidInputError
from loanfund.domain.password import SHORTEST_OF_STAFF
from loanfund.services.password import GUESSES_NEEDED, check_password
from loanfund.wording import LANGUAGES, explain

KNOWN = ("Nguyễn Thị Hường", "huong.nguyen@hoptacxa-bg.vn", "2400123456", "HTX Đồng Tâm")


def reason(password: str, *, borrower: bool = False) -> str:
    with pytest.raises(InvalidInputError) as refused:
        check_password(password, borrower=borrower, known=KNOWN)
    return refused.value.reason


@pytest.mark.parametrize(
    "password",
    [
        "con trâu đi trước cái cày",
        "năm con mèo nằm trên mái",
        "correct horse battery staple",
        "kL8wqzPtn4vB",
        "mưa phùn tháng giêng ",
        "🌾 lúa chín vàng đồng 🌾",
        "Đồng Tâm bán được ba tấn vải",
        "x" * 3 + "mùa vải năm nay được giá" * 5,
    ],
)
def test_a_long_sentence_is_a_good_password(password: str) -> None:
    check_password(password, borrower=False, known=KNOWN)


def test_128_characters_are_accepted() -> None:
    check_password("vải thiều Lục Ngạn chín sớm hơn mọi năm, " * 4, borrower=False)


def test_staff_need_twelve_characters_and_borrowers_ten() -> None:
    assert reason("kL8wqzPtn4v") == "password_short"
    check_password("kL8wqzPtn4v", borrower=True)
    assert reason("kL8wqzPtn", borrower=True) == "password_short"


def test_a_book_is_no_password() -> None:
    assert reason("vải thiều " * 103) == "password_long"


GUESSED = {
    "password_common": """
        password1234 P@ssw0rd12345 MatKhau123456 anhyeuem1990 vietnam20202021
        Admin@123456 Football2024! ppaasswwoorrdd drowssap12345
        dragonmonkey12 footballbaseball Welcome@2024!! iloveyouforever
        zaq12wsxcde3 iloveyou19081990 anhyeuemnhieulam matkhaucuatoi hanoi123456789
        !!Sunshine!!2023!! p1a2s3s4w5o6r7d8 qazwsxedcrfv 1q2w3e4r5t6y
    """,
    "password_keys": "asdfghjkl;'12 zxcvbnm,./123 sdfghjkl2345 ;lkjhgfdsa12",
    "password_repeated": """
        aaaaaaaaaaaaaaa abcabcabcabcabc dragon-dragon-dragon trustno1trustno1! bún-bún-bún-bún
        q9q9q9q9q9q9q9q9
    """,
    "password_sequence": "abcdefghijklmnop zyxwvutsrqponm",
    "password_date": "2004-04-20_abc 04/09/2019_vkx",
    "password_digits": """
        0912838470573 +84(0)912-838-470 024085001937 001085.020137 19034567890123
        73920184625903 73920184.625903 98.12.07.31.44.60 123456789012 2004-04-20-1993
        ab0912838470 04/09/2019_vk
    """,
}


@pytest.mark.parametrize(
    ("password", "why"), [(one, why) for why in GUESSED for one in GUESSED[why].split()]
)
def test_what_is_guessed_first_is_refused_and_told_why(password: str, why: str) -> None:
    assert reason(password) == why


def test_a_sentence_may_begin_or_end_with_what_is_guessed() -> None:
    check_password("a" * 80 + " mùa vải năm nay được giá", borrower=False)
    check_password("mùa vải năm nay được giá " + "a" * 80, borrower=False)
    assert reason("a" * 200) == "password_repeated"


def test_every_reason_has_its_sentence_in_both_languages() -> None:
    weak = InvalidInputError("password_weak")
    refused = [InvalidInputError(why) for why in {*GUESSED, "password_known"}]
    for language in LANGUAGES:
        assert len({explain(one, language) for one in [weak, *refused]}) == len(GUESSED) + 2


@given(digits=st.text("0123456789", min_size=SHORTEST_OF_STAFF, max_size=60), data=st.data())
def test_a_number_is_no_password_however_long_and_however_it_is_written(
    digits: str, data: st.DataObject
) -> None:
    """Telephone, citizen id, account, date: random digits are refused like those."""
    marks = data.draw(st.lists(st.sampled_from(("", " ", "-", ".", "/", "+"))))
    written = "".join(a + b for a, b in zip_longest(digits, marks, fillvalue=""))

    assert reason(written) == "password_digits"


def test_as_many_guesses_as_ten_random_digits_are_needed() -> None:
    assert GUESSES_NEEDED == 10**10
    check_password("q3n0v4t7k1", borrower=True)
    assert reason("73920184ab", borrower=True) == "password_digits"


@pytest.mark.parametrize(
    "password",
    [
        "hoptacxa@2020",
        "HợpTácXã 2020",
        "QuyHoTro-BacGiang",
        "HTX Đồng Tâm 3",
        "Nguyen Thi Huong 1985",
        "huong.nguyen123",
        "2400123456htx",
        "LienMinh@2020!",
        "\uff28optacxa@2020",  # a wide H
    ],
)
def test_what_everybody_knows_of_the_person_or_the_fund_is_refused(password: str) -> None:
    assert reason(password) == "password_known"
