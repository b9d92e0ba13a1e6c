"""How tables fit: what no row has gives way, each cell knows its head, totals stay aligned."""

from __future__ import annotations

import re

from loanfund.web.columns import fitted

HEAD = (
    '<thead><tr><th scope="col">Ngày</th><th scope="col" class="money">Thu</th>'
    '<th scope="col" class="money">Tiền thừa</th>'
    '<th scope="col" class="money">Dư nợ</th></tr></thead>'
)
EMPTY = '<td class="money"><span class="muted">–</span></td>'


def row(*cells: str) -> str:
    return f"<tr>{''.join(cells)}</tr>"


def of(amount: str) -> str:
    return f'<td class="money">{amount}</td>'


def texts(table: str) -> list[list[str]]:
    """Give what stands in each row, cell by cell."""
    return [
        [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[dh].*?</t[dh]>", one)]
        for one in re.findall(r"<tr>.*?</tr>", table)
    ]


def test_a_column_of_figures_that_no_row_has_gives_way_in_head_rows_and_total() -> None:
    rows = row("<td>1/5</td>", of("5"), EMPTY, of("95")) + row(
        "<td>1/6</td>", of("6"), EMPTY, EMPTY
    )
    foot = row('<th scope="row" colspan="2">Cộng</th>', EMPTY, of("95"))

    found = fitted(f"{HEAD}<tbody>{rows}</tbody><tfoot>{foot}</tfoot>")

    assert texts(found) == [
        ["Ngày", "Thu", "Dư nợ"],
        ["1/5", "5", "95"],
        ["1/6", "6", "–"],
        ["Cộng", "95"],
    ]


def test_what_one_row_or_the_total_has_stays() -> None:
    rows = row("<td>1/5</td>", of("5"), EMPTY, of("95"))
    foot = row("<td></td>", EMPTY, of("3"), EMPTY)

    assert "Tiền thừa" in fitted(f"{HEAD}<tbody>{rows}</tbody><tfoot>{foot}</tfoot>")
    assert "Tiền thừa" in fitted(f"{HEAD}<tbody>{rows}</tbody>", is_complete=True)
    assert "Tiền thừa" in fitted(f"{HEAD}<tbody></tbody>")


def test_columns_under_one_head_stay_or_go_together() -> None:
    """What stands now and what stood then: "nothing" says something beside a figure."""
    pair = '<th scope="col" class="money">nay</th><th scope="col" class="money">sau</th>'
    wide = '<th colspan="2" class="money">{}</th>'
    head = (
        f'<thead><tr><th rowspan="2">Số</th>{wide.format("Gốc")}{wide.format("Thừa")}</tr>'
        f"<tr>{pair}{pair}</tr></thead>"
    )
    rows = row("<td>1</td>", of("9"), EMPTY, EMPTY, EMPTY)

    found = fitted(f"{head}<tbody>{rows}</tbody>")

    assert texts(found) == [["Số", "Gốc"], ["nay", "sau"], ["1", "9", "–"]]


def test_a_wider_cell_shrinks_by_what_gave_way() -> None:
    rows = row("<td>1/5</td>", of("5"), EMPTY, of("95"))
    foot = row('<th scope="row" colspan="3">Cộng</th>', of("95"))

    found = fitted(f"{HEAD}<tbody>{rows}</tbody><tfoot>{foot}</tfoot>")

    assert '<th scope="row" colspan="2">Cộng</th>' in found


def test_every_cell_says_its_head_the_wider_heads_first() -> None:
    head = (
        '<thead><tr><th rowspan="2">Kỳ</th><th colspan="2">Trước</th>'
        '<th colspan="2">Sau</th></tr>'
        "<tr><th>Gốc</th><th>Lãi</th><th>Gốc</th><th>Lãi &amp; phí</th></tr></thead>"
    )
    found = fitted(f"{head}<tbody>{row(*(f'<td>{one}</td>' for one in '12345'))}</tbody>")

    assert re.findall(r'data-label="([^"]*)"', found) == [
        "Kỳ",
        "Trước · Gốc",
        "Trước · Lãi",
        "Sau · Gốc",
        "Sau · Lãi &amp; phí",
    ]


def test_a_field_to_type_into_is_something() -> None:
    rows = row("<td>1/5</td>", of('<input name="a">'), EMPTY, of("95"))

    assert texts(fitted(f"{HEAD}<tbody>{rows}</tbody>"))[0] == ["Ngày", "Thu", "Dư nợ"]
