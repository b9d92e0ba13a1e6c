"""A table of a paper keeps together what belongs together."""

from __future__ import annotations

from itertools import product

from reportlab.platypus import Paragraph

from loanfund.documents import fonts
from loanfund.documents.layout import style
from loanfund.documents.layout_ledger import Ledger
from loanfund.documents.layout_table import Column, Look, Row, fitted

WIDTH = 400.0
KINDS = {
    "plain": Row(cells=("a", "1")),
    "bound": Row(cells=("b", "2"), is_bound=True),
    "total": Row(cells=("c", "3"), look=Look.TOTAL),
}


def test_in_the_least_height_something_stands_below_the_head() -> None:
    """Else a heading, which asks for that room, would part from its table."""
    fonts.register()
    columns = [Column(head="Loại", side="left", is_wrapped=True), Column(head="Số")]
    for count in (2, 3, 4, 5):
        for kinds in product(KINDS, repeat=count):
            rows = [KINDS[kind] for kind in kinds]
            table = Ledger(columns, rows, fitted(columns, rows, WIDTH))
            room = table.least_height

            fits = table.wrap(WIDTH, room)[1] <= room

            assert fits or table.split(WIDTH, room), kinds


def test_a_number_that_is_broken_is_noticed(numbers_broken: list[str]) -> None:
    """What every test is watched for can be found."""
    for said in ("1.234.567.890", "<b>1.234.567</b>.891 HTX"):
        Paragraph(said, style("narrow", 9)).wrap(30, 100)

    assert set(numbers_broken) == {"1.234.567.890", "1.234.567.891"}
    numbers_broken.clear()
