"""Names of files are Vietnamese for people, ASCII for old programs, and never a header."""

from urllib.parse import unquote

import pytest

from loanfund.web.download import disposition, download


def test_a_name_is_there_as_it_is_and_in_ascii() -> None:
    found = disposition("Sao kê Đồng Tâm HĐ-023.pdf", inline=True)

    plain, _, encoded = found.partition("; filename*=UTF-8''")
    assert plain == 'inline; filename="Sao ke Dong Tam HD-023.pdf"'
    assert unquote(encoded) == "Sao kê Đồng Tâm HĐ-023.pdf"


@pytest.mark.parametrize(
    "name", ['a"; x="b.pdf', "a\r\nSet-Cookie: a=b", "../../etc/passwd", "a\\b", "\x00", ""]
)
def test_a_name_cannot_end_the_header(name: str) -> None:
    found = disposition(name)

    assert found.count('"') == 2
    assert not set("\r\n\x00\\/") & set(found)
    assert found.startswith('attachment; filename="')


def test_a_file_is_an_attachment_of_its_type() -> None:
    answer = download(b"PK", "So.xlsx", "application/vnd.ms-excel")

    assert answer.data == b"PK"
    assert answer.mimetype == "application/vnd.ms-excel"
    assert answer.headers["Content-Disposition"].startswith("attachment")
