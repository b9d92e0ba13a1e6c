"""Long passwords people can remember pass; what others would try first does not."""

import pytest

from loanfund.domain.errors import InvalidInputError
from loanfund.domain.password import check_password

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


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "P@ssw0rd12345",
        "MatKhau123456",
        "mật khẩu 123456",
        "123456789012",
        "qwertyuiop12",
        "aaaaaaaaaaaaaaa",
        "abcabcabcabcabc",
        "anhyeuem1990",
        "abcdefghijklmnop",
        "vietnam20202021",
        "Admin@123456",
        "11112222333344445555",
    ],
)
def test_what_everybody_tries_first_is_refused(password: str) -> None:
    assert reason(password) == "password_common"


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
    ],
)
def test_what_everybody_knows_of_the_person_or_the_fund_is_refused(password: str) -> None:
    assert reason(password) == "password_known"
