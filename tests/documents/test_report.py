"""Reports as workbooks and papers: what is written is what is read back, and looks right."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth

from loanfund.documents import layout_table
from loanfund.documents.fonts import SANS
from loanfund.documents.layout_decree import place_and_day
from loanfund.documents.layout_table import PAD, Row, fitted
from loanfund.documents.report_paper import _fit, _Laid, render_report
from loanfund.documents.report_workbook import NUMBERS, RATE, render_workbook
from loanfund.domain.money import Money, Rate
from loanfund.domain.portfolio import Ratio
from loanfund.domain.report import (
    Cell,
    Column,
    Equation,
    Frame,
    Kind,
    Line,
    Report,
    Said,
    Table,
    fingerprint,
    grouped,
    numbered,
)
from tests.papers import hyphens_of, pages_of, words_of
from tests.statements import a_fund

COLUMNS = (
    Column("number", Kind.NUMBER),
    Column("borrower"),
    Column("signed_on", Kind.DAY),
    Column("annual_rate", Kind.PERCENT),
    Column("outstanding", Kind.MONEY),
    Column("loans", Kind.COUNT),
    Column("bad_debt_ratio", Kind.PERCENT, "4/5"),
)
HOSTILE = ("=1+1", "+84 204", "-5", "@SUM(A1)", "\t=1+1", "https://example.vn", "00123")
MADE = datetime(2020, 6, 1, 2, 30, tzinfo=UTC)


def a_line(name: str, dong: int, bad: int = 0) -> Line:
    ratio = Ratio(Money(bad), Money(dong))
    cells: tuple[Cell, ...] = (
        name,
        date(2020, 5, 31),
        Rate.percent("7.2"),
        Money(dong),
        1,
        ratio,
    )
    return Line(cells)


def a_report(
    names: tuple[str, ...] = ("HTX Đồng Tâm 3", "HTX Ước Nguyện"), **more: Any
) -> Report:
    lines = numbered([a_line(name, 1_500_000 * place) for place, name in enumerate(names, 1)])
    lines += numbered([a_line("HTX Âm", -2_499_999, 1_000_000)])
    groups = {"QUY": lines[:-1], "VIEC": lines[-1:]}
    table = Table(columns=COLUMNS, lines=grouped(COLUMNS, groups, Said("report.total")))
    known: dict[str, Any] = {"name": "sources", "as_of": date(2020, 5, 31), "tables": (table,)}
    return Report(**known | more)


def a_frame() -> Frame:
    return Frame(
        fund=a_fund(),
        superior="Liên minh Hợp tác xã tỉnh Bắc Giang",
        made_by="Lê Thị Thảo",
        made_on=date(2020, 6, 1),
        made_at=MADE,
    )


def read_back(report: Report) -> Any:
    return load_workbook(BytesIO(render_workbook(report, a_frame()))).worksheets[0]


def cells_of(sheet: Any, first: str) -> list[Any]:
    """The row whose second cell says this."""
    found: list[Any] = next(list(row) for row in sheet.iter_rows() if row[1].value == first)
    return found


def test_figures_are_numbers_and_days_are_days() -> None:
    row = cells_of(read_back(a_report()), "HTX Đồng Tâm 3")

    assert [cell.value for cell in row] == [
        1,
        "HTX Đồng Tâm 3",
        datetime(2020, 5, 31),  # noqa: DTZ001 -- as sheets hold days
        0.072,
        1_500_000,
        1,
        0,
    ]
    assert [cell.data_type for cell in row] == list("nsdnnnn")
    assert row[2].number_format == "dd/mm/yyyy"
    assert row[3].number_format == '0.00##%;"−"0.00##%'
    assert row[4].number_format.startswith("#,##0;(#,##0)")
    assert all(
        ";" in one for kind, one in NUMBERS.items() if kind not in {Kind.DAY, Kind.INSTANT}
    )
    assert row[6].number_format == '0.00%;"−"0.00%'


def test_every_kind_of_figure_says_how_it_is_written_below_nothing() -> None:
    figures = {kind: one for kind, one in NUMBERS.items() if "yyyy" not in one}

    assert len(figures) == 4
    assert all(";" in one and "-" not in one for one in (*figures.values(), RATE))


def test_a_negative_amount_stays_a_number() -> None:
    sheet = read_back(a_report())
    row = cells_of(sheet, "HTX Âm")

    assert not list(hyphens_of(sheet.parent))
    assert (row[4].value, row[4].data_type, row[4].quotePrefix) == (-2_499_999, "n", False)


def test_sums_are_values_equal_to_the_figures() -> None:
    sheet = read_back(a_report())

    assert [cell.value for cell in cells_of(sheet, "Cộng QUY")][4:6] == [4_500_000, 2]
    total = cells_of(sheet, "Tổng cộng")
    assert [cell.value for cell in total][4:6] == [2_000_001, 3]
    assert total[6].value == pytest.approx(0.5)  # 1.000.000 / 2.000.001


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_text_whatever_it_begins_with(text: str) -> None:
    sheet = read_back(a_report((text,)))

    row = next(list(row) for row in sheet.iter_rows() if row[0].value == 1)
    assert row[1].data_type == "s"
    assert row[1].value == text.strip()
    assert row[1].hyperlink is None


def test_what_stands_above_the_table() -> None:
    sheet = read_back(a_report(first=date(2020, 1, 1), source="QUY"))

    assert [sheet.cell(row, 1).value for row in (1, 2, 4, 5, 6, 7)] == [
        "Quỹ Hỗ trợ phát triển hợp tác xã tỉnh Bắc Giang",
        "Tổng hợp dư nợ theo nguồn vốn",
        "Từ ngày 01/01/2020 đến ngày 31/05/2020",
        "Theo sổ tại thời điểm kết xuất 01/06/2020 09:30.",
        "Nguồn vốn: QUY",
        "Đơn vị tính: đồng",
    ]
    assert sheet.freeze_panes == "A11"
    assert [cell.value for cell in sheet[10]][-1] == "(7=4/5)"


def test_the_sheet_prints_across_with_its_head_on_every_page() -> None:
    sheet = read_back(a_report())

    assert sheet.page_setup.orientation == "landscape"
    assert sheet.page_setup.paperSize == 9
    assert sheet.page_setup.fitToHeight == 0
    assert sheet.print_title_rows == "$9:$10"
    assert sheet.column_dimensions["B"].width > 12


def test_an_equation_that_does_not_hold_is_said_aloud() -> None:
    said = Said("report.source", {"source": "1 + 1 = 3"})
    report = a_report(equations=(Equation(said, holds=False),))

    values = [cell.value for row in read_back(report).iter_rows() for cell in row]
    assert "KHÔNG KHỚP, cần kiểm tra: Nguồn vốn: 1 + 1 = 3" in values
    assert "KHÔNG KHỚP" in words_of(render_report(report, a_frame()))


def test_what_was_known_earlier_gives_the_same_bytes_whenever_it_is_made() -> None:
    known = a_report(known_at=datetime(2020, 5, 31, 16, 59, 59, tzinfo=UTC))
    later = Frame(
        fund=a_fund(),
        superior=a_frame().superior,
        made_by="Lê Thị Thảo",
        made_on=date(2020, 6, 1),
        made_at=datetime(2021, 1, 1, tzinfo=UTC),
    )

    assert render_workbook(known, a_frame()) == render_workbook(known, later)
    assert render_report(known, a_frame()) == render_report(known, later)
    assert fingerprint(known) == fingerprint(a_report())  # the same figures


def test_the_paper_says_all_that_the_report_says() -> None:
    text = words_of(render_report(a_report(), a_frame()))

    for said in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "TỔNG HỢP DƯ NỢ THEO NGUỒN VỐN",
        "Số liệu tại ngày 31/05/2020",
        "Đơn vị tính: đồng",
        "HTX Ước Nguyện",
        "(2.499.999)",
        "Cộng VIEC",
        "2.000.001",
        "(7=4/5)",
        "Bắc Giang, ngày 01 tháng 6 năm 2020",
        "NGƯỜI LẬP BIỂU",
        "Lê Thị Thảo",
        "KẾ TOÁN TRƯỞNG",
        "GIÁM ĐỐC",
    ):
        assert said in text, said


def test_in_millions_each_figure_is_rounded_from_its_own_amount() -> None:
    text = words_of(render_report(a_report(), a_frame(), in_millions=True))

    assert "Đơn vị tính: triệu đồng" in text
    assert re.search(r"HTX Đồng Tâm 3 31/05/2020 7,2 % 2 1", text)  # 1,5 rounds up
    assert "(2)" in text  # −2,499999 rounds to −2
    assert re.search(r"Tổng cộng 2 3", text)  # 2,000001, though the rounded ones make 3
    assert "làm tròn từ số đồng chính xác" in text


@pytest.mark.parametrize("count", range(26, 39, 2))
def test_who_signs_stands_below_the_last_rows(count: int) -> None:
    names = tuple(f"HTX Số {place}" for place in range(count))
    *before, last = pages_of(render_report(a_report(names), a_frame()))

    assert "Tổng cộng" in last
    assert re.search(r"HTX (Số|Âm)", last)
    assert all("Tổng cộng" not in page and "GIÁM ĐỐC" not in page for page in before)


def test_a_small_table_stands_upright_and_a_wide_one_across() -> None:
    few = Table(columns=COLUMNS[:3], lines=(Line((1, "HTX Đồng Tâm 3", date(2020, 5, 31))),))
    papers = [render_report(a_report(tables=(few,)), a_frame())]
    papers.append(render_report(a_report(("HTX " + "Ước Nguyện " * 9,)), a_frame()))

    sizes = [PdfReader(BytesIO(paper)).pages[0].mediabox for paper in papers]
    assert [size.width < size.height for size in sizes] == [True, False]


def test_a_column_to_sign_in_has_room_for_a_signature() -> None:
    columns = (*COLUMNS[:2], Column("signature"))
    laid = _Laid(
        Table(columns=columns, lines=(Line((1, "HTX Đồng Tâm 3", None)),)), in_millions=False
    )

    _, widths = _fit(laid.columns, laid.rows, 165 * mm)
    assert widths[-1] >= 30 * mm


def test_a_contract_number_is_not_broken_to_save_room() -> None:
    row = Row(cells=("01/2019/HĐTD-QHTPT", "x " * 400))
    columns = [layout_table.Column(head="", side="left", is_wrapped=True, least=5 * mm)] * 2

    size, widths = fitted(columns, [row], 60 * mm)
    assert stringWidth(row.cells[0], SANS, size) <= widths[0] - 2 * PAD


def test_figures_and_numbers_stand_whole_in_the_widest_table() -> None:
    """Columns of words give way first, then the size; nothing is broken, nothing overlaps."""
    columns = (
        *(Column(name) for name in ("contract", "borrower", "phone", "area", "source")),
        *(Column("outstanding", Kind.MONEY) for _ in range(14)),
    )
    words = ("01/2019/HĐTD-QHTPT", "HTX Nông nghiệp Hạt Thóc 37", "0204 3036 136")
    line = Line((*words, "Lạng Giang", "QHTPT", *[Money(812_345_678_901)] * 14))
    laid = _Laid(Table(columns=columns, lines=(line,)), in_millions=False)

    size, widths = _fit(laid.columns, laid.rows, 260 * mm)

    assert sum(widths) <= 260 * mm + 1
    assert all(
        stringWidth(word, SANS, size) <= width - 2 * PAD + 0.01
        for cell, width in zip(laid.rows[0].cells, widths, strict=True)
        for word in cell.split(" ")
    )


def test_a_place_that_is_not_known_is_left_to_be_written_in() -> None:
    assert place_and_day("", date(2020, 6, 1)).startswith("....................,")
    assert place_and_day("Bắc Giang", date(2020, 6, 1)) == "Bắc Giang, ngày 01 tháng 6 năm 2020"


@pytest.mark.slow
def test_two_thousand_rows_print_with_their_head_on_every_page() -> None:
    names = tuple(f"HTX Số {place}" for place in range(2_000))
    pages = pages_of(render_report(a_report(names), a_frame()))

    assert len(pages) > 40
    assert all("Dư nợ gốc" in page for page in pages[:-1])
    assert sum(len(re.findall(r"HTX Số \d+ ", page)) for page in pages) == 2_000
    assert f"Trang 1/{len(pages)}" in pages[0]
    assert pages[1].count(" 2 Trang 2/") == 1
