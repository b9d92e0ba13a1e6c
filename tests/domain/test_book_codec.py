"""A book that waits for its approval is the book that was read."""

import json

from loanfund.documents.workbook.reading import read_book
from loanfund.domain.book_codec import dump_book, load_book
from loanfund.paths import DEMO_BOOK
from tests.domain.test_book_check import a_book


def test_a_small_book_comes_back() -> None:
    assert load_book(json.loads(json.dumps(dump_book(a_book())))) == a_book()


def test_the_2020_book_comes_back_with_its_places() -> None:
    book = read_book(DEMO_BOOK)

    back = load_book(json.loads(json.dumps(dump_book(book))))

    assert back == book
    assert back.sha256 == book.sha256
    assert [one.place for one in back.receipts] == [one.place for one in book.receipts]
    assert [one.split for one in back.receipts] == [one.split for one in book.receipts]
