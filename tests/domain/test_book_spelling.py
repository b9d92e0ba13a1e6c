"""One spelling for each code, whatever keys were pressed for it."""

from dataclasses import replace

import pytest

from loanfund.domain.book import Book, Heading
from loanfund.domain.book_check import assemble
from loanfund.domain.book_problem import ProblemCode
from loanfund.domain.book_rows import Rows
from loanfund.domain.book_spelling import Spellings, respelled_book
from loanfund.domain.code import fold_code, tidy_code
from tests.domain.test_book_check import a_book


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" 01/2019/HĐ\u200b ", "01/2019/HĐ"),
        ("01/2019/HÐ", "01/2019/HĐ"),  # the letter of Iceland
        ("01/2019/HĐ", "01/2019/HĐ"),
        ("\ufeffPT\u00ad1", "PT1"),
        ("ＰＴ１", "PT1"),
        ("KH\u00a0 1", "KH 1"),
        ("PT\u202e1", "PT1"),
    ],
)
def test_a_code_is_kept_as_it_is_meant(typed: str, kept: str) -> None:
    assert tidy_code(typed) == kept
    assert tidy_code(kept) == kept


def test_case_does_not_tell_codes_apart_but_letters_do() -> None:
    assert fold_code("pt1") == fold_code("PT1")
    assert fold_code("01/hđ") == fold_code("01/HÐ")
    assert fold_code("01/HD") != fold_code("01/HĐ")


def test_rows_spell_a_code_as_the_sheet_does_where_it_is_at_home() -> None:
    book = a_book()
    contract, receipt = book.contracts[0], book.receipts[0]
    lower = replace(receipt, contract=contract.number.lower())
    shouted = replace(contract, number=contract.number.upper())

    found, problems = assemble(
        Rows(
            sources=book.sources,
            borrowers=book.borrowers,
            contracts=(shouted,),
            receipts=(lower,),
        )
    )

    assert problems == ()
    assert found.receipts[0].contract == shouted.number


def test_two_rows_that_differ_by_case_are_one_code_twice() -> None:
    receipt = a_book().receipts[0]
    again = replace(receipt, number=receipt.number.lower(), place=replace(receipt.place, row=9))

    _, problems = assemble(Rows(receipts=(receipt, again)))

    assert [(one.code, one.row) for one in problems] == [(ProblemCode.DUPLICATE_KEY, 9)]


def test_what_the_book_has_is_spelled_as_it_stands_there() -> None:
    receipt = replace(a_book().receipts[0], number="pt1", contract="01/hđ")
    stored = Spellings()
    stored.tell(Heading.RECEIPT, ["PT1"])
    stored.tell(Heading.CONTRACT, ["01/HĐ", "01/hđ"])  # two of before stay two

    (found,) = respelled_book(Book(receipts=(receipt,)), stored).receipts

    assert (found.number, found.contract) == ("PT1", "01/hđ")
