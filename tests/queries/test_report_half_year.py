"""The half-year report and what it rests on: published figures, each computed, with its day."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock, end_of_day
from loanfund.documents.report_cell import cell_text, said
from loanfund.documents.report_paper import IN_DONG, render_report
from loanfund.documents.report_workbook import render_workbook
from loanfund.domain.money import Money
from loanfund.domain.report import Look, Report
from loanfund.models.capital import CapitalMovement, CapitalSource
from loanfund.models.ledger import LedgerEntry
from loanfund.models.loan import Loan, LoanEvent
from loanfund.paths import TRANSLATIONS
from loanfund.queries._report import Question
from loanfund.queries.half_year import half_year, short, short_capital
from loanfund.queries.report_bad_debt import bad_debt_report
from loanfund.queries.report_capital import capital_report
from loanfund.queries.report_flows import disbursements_report, receipts_report
from loanfund.services._capital import MoveCapital
from loanfund.services.capital import move_capital
from loanfund.wording import texts
from tests.books import a_small_book
from tests.documents.test_report import a_frame
from tests.papers import words_of

CAPITAL = (".capital", ".added", ".given_back")
FIRST, LAST = date(2020, 1, 1), date(2020, 5, 31)
HALF_YEAR = Question(first=FIRST, as_of=LAST)
OWN = Question(first=FIRST, as_of=LAST, source="QHTPT")
PRINCIPAL = ("principal_in_term", "principal_overdue")
PERCENT = "1,24\N{NO-BREAK SPACE}%"
PUBLISHED = (
    "14,390 tỷ đồng",
    "48 dự án",
    "13,3 tỷ đồng",
    PERCENT,
    "129 triệu đồng",
    "72/2019/HĐTD-QVL",
    "Lạng Giang",
    "15/05/2020",
)


def table_of(report: Report, place: int = 0, *looks: Look) -> list[dict[str, Any]]:
    """The lines of a table by the names of its columns; amounts as whole đồng."""
    table = report.tables[place]
    names = [column.name for column in table.columns]
    return [
        {
            name: cell.dong if isinstance(cell, Money) else cell
            for name, cell in zip(names, line.cells, strict=True)
        }
        for line in table.lines
        if line.look in (looks or (Look.PLAIN,))
    ]


def written(report: Report) -> dict[tuple[str, str, date], str]:
    """How each figure is written, by its name, source and day."""
    return {
        (
            line["figure"].key.removeprefix("report.half_year.figure."),
            line["source"],
            line["figure_day"],
        ): cell_text(line["written"], "vi")
        for line in table_of(report)
    }


def told(report: Report) -> str:
    return " ".join(said(sentence, "vi") for sentence in report.words)


def test_the_published_figures_come_from_the_2020_book_each_with_its_day(
    book_2020: Session,
) -> None:
    report = half_year(book_2020, HALF_YEAR)

    found = written(report)
    assert found["capital", "QHTPT", LAST] == "14,390 tỷ đồng"
    assert found["added", "QHTPT", LAST] == "3 tỷ đồng"
    assert found["loans", "QHTPT", LAST] == "48 dự án"
    assert found["outstanding", "QHTPT", LAST] == "13,3 tỷ đồng"
    assert found["bad_debt_ratio", "QVL", LAST] == PERCENT
    assert found["undisbursed", "QVL", LAST] == "129 triệu đồng"
    assert found["recovered", "QVL", LAST] == "1 dự án"
    assert found["bad_debt_ratio", "QVL", date(2019, 12, 31)] == PERCENT.replace("1,24", "0,00")
    text = told(report)
    for figure in PUBLISHED:
        assert figure in text, figure
    assert f"tính đến ngày 31/05/2020 là {PERCENT} (62.000.000" in text
    assert "tiếp nhận thêm 3 tỷ đồng (Ngân sách tỉnh)" in text


def test_the_day_before_the_undisbursed_capital_is_the_same(book_2020: Session) -> None:
    """The published report says it of 30 May."""
    day = date(2020, 5, 30)

    found = written(half_year(book_2020, Question(first=FIRST, as_of=day)))

    assert found["undisbursed", "QVL", day] == "129 triệu đồng"


def test_the_project_recovered_is_in_lang_giang_and_was_overdue(book_2020: Session) -> None:
    (line,) = table_of(half_year(book_2020, HALF_YEAR), 1)

    loan = book_2020.scalars(select(Loan).where(Loan.contract_number == line["contract"])).one()
    rows = book_2020.scalars(select(LedgerEntry).where(LedgerEntry.loan_id == loan.id)).all()
    overdue = {row.value_date: row.amount.dong for row in rows if row.debit == PRINCIPAL[1]}
    paid = {row.value_date: row.amount.dong for row in rows if row.credit == PRINCIPAL[1]}
    assert (line["contract"], line["area"], loan.area) == (
        "72/2019/HĐTD-QVL",
        "Lạng Giang",
        "Lạng Giang",
    )
    assert paid == {line["settled_on"]: line["overdue_principal_before"]}
    assert line["settled_on"] == date(2020, 5, 15)
    assert sum(overdue.values()) == sum(paid.values()) == line["collected_principal"]


def test_page_values_paper_and_workbook_say_the_same(book_2020: Session) -> None:
    report = half_year(book_2020, HALF_YEAR)

    paper = words_of(render_report(report, a_frame()))
    for figure in PUBLISHED:
        assert figure.replace("\N{NO-BREAK SPACE}", " ") in paper, figure
    sheets = load_workbook(BytesIO(render_workbook(report, a_frame()))).worksheets
    rows = [[cell.value for cell in row] for sheet in sheets for row in sheet.iter_rows()]
    by_figure = {(row[1], row[2], row[5]): row[6:] for row in rows if isinstance(row[0], int)}
    assert by_figure["Tổng nguồn vốn", "QHTPT", "14,390 tỷ đồng"][0] == 14_390_000_000
    assert by_figure["Số dự án đang vay", "QHTPT", "48 dự án"][1] == 48
    assert by_figure["Dư nợ", "QHTPT", "13,3 tỷ đồng"][0] == 13_300_000_000
    assert by_figure["Tỷ lệ nợ xấu", "QVL", PERCENT][2] == pytest.approx(0.0124)
    assert by_figure["Vốn chưa giải ngân", "QVL", "129 triệu đồng"][0] == 129_000_000
    prose = " ".join(str(row[0]) for row in rows)
    for figure in PUBLISHED:
        assert figure in prose, figure


def test_capital_is_told_from_what_it_was_to_what_it_is(
    session: Session, clock: FixedClock
) -> None:
    """Opening, what came, what was given back, closing: as rows that add up, and in words."""
    fund = a_small_book(session, clock)
    for amount, day in ((300_000_000, 10), (-100_000_000, 20)):
        moved = MoveCapital(
            source_code="QUY",
            value_date=date(2020, 5, day),
            amount=Money(amount),
            contributor="UBND tỉnh" if amount > 0 else "Sở Tài chính",
        )
        move_capital(session, moved, fund.accountant, clock, fund.manager)

    report = half_year(session, HALF_YEAR)

    rows = [
        line["exact"]
        for line in table_of(report)
        if line["source"] == "QUY" and line["figure"].key.endswith(CAPITAL)
    ]
    opening, came, went, closing = rows
    assert (came, went, opening + came - went) == (300_000_000, 100_000_000, closing)
    both = "tiếp nhận thêm 300 triệu đồng (UBND tỉnh), hoàn trả 100 triệu đồng (Sở Tài chính)"
    assert both in told(report)
    assert f"ngày 31/12/2019 là {said(short_capital(Money(opening)), 'vi')}" in told(report)
    assert all(equation.holds for equation in report.equations)


@pytest.mark.parametrize(
    ("first", "last", "title"),
    [
        (date(2020, 1, 1), date(2020, 6, 30), "6 tháng đầu năm 2020"),
        (date(2020, 7, 1), date(2020, 12, 31), "6 tháng cuối năm 2020"),
        (date(2020, 1, 1), date(2020, 12, 31), "năm 2020"),
        (date(2020, 4, 1), date(2020, 6, 30), "quý 2 năm 2020"),
        (FIRST, LAST, "5 tháng đầu năm 2020"),
        (FIRST, date(2020, 6, 1), "từ ngày 01/01/2020 đến ngày 01/06/2020"),
        (date(2020, 2, 1), date(2020, 4, 30), "từ ngày 01/02/2020 đến ngày 30/04/2020"),
    ],
)
def test_its_title_names_its_period(
    session: Session, first: date, last: date, title: str
) -> None:
    report = half_year(session, Question(first=first, as_of=last))

    assert said(report.title, "vi") == f"Báo cáo hoạt động cho vay {title}"


def test_the_paper_can_be_sent_and_tells_no_reader_to_click(book_2020: Session) -> None:
    report = half_year(book_2020, HALF_YEAR)

    words = words_of(render_report(report, a_frame(), in_millions=True))

    for part in ("Số: ....", "/BC-QHT", "Kính gửi: ....", "Nơi nhận:", "Lưu: VT"):
        assert part in words, part
    assert words.count("ngày 01 tháng 6 năm 2020") == 1
    assert "Số đồng chính xác" not in words
    assert "Triệu đồng (làm tròn)" in " ".join(words.split())


def test_notes_of_reports_hold_for_paper_too_and_heads_for_millions() -> None:
    """What only a screen can do is on the page; a head that names đồng has one for millions."""
    known = {str(one.id): str(one.string) for one in texts.merged(TRANSLATIONS / "vi")}
    notes = {key: one for key, one in known.items() if key.startswith("report.note.")}
    heads = {key: one for key, one in known.items() if key.startswith("report.column.")}

    assert [key for key, one in notes.items() if "bấm" in one.casefold()] == []
    in_dong = {key.split(".")[2] for key, one in heads.items() if "số đồng" in one.casefold()}
    assert in_dong == IN_DONG


def test_a_fund_with_nothing_says_so(session: Session) -> None:
    report = half_year(session, HALF_YEAR)

    assert report.line_count == 0
    assert told(report) == (
        "Tính đến ngày 31/05/2020 chưa có nguồn vốn và khoản vay nào trong sổ, "
        "nên chưa có số liệu để báo cáo."
    )
    assert render_report(report, a_frame()).startswith(b"%PDF")
    assert load_workbook(BytesIO(render_workbook(report, a_frame()))).worksheets


@pytest.mark.parametrize(
    ("dong", "text"),
    [
        (0, "0 đồng"),
        (999_999, "999.999 đồng"),
        (1_000_000, "1 triệu đồng"),
        (129_000_000, "129 triệu đồng"),
        (1_090_000_000, "1,09 tỷ đồng"),
        (10_000_000_000, "10 tỷ đồng"),
        (-1_500_000, "−1,5 triệu đồng"),
    ],
)
def test_amounts_are_written_as_short_as_they_are(dong: int, text: str) -> None:
    assert said(short(Money(dong)), "vi") == text


def test_capital_rolls_forward_by_source(book_2020: Session) -> None:
    report = capital_report(book_2020, HALF_YEAR)

    for line in table_of(report):
        moves = book_2020.execute(
            select(CapitalMovement.value_date, CapitalMovement.amount)
            .join(CapitalSource, CapitalSource.id == CapitalMovement.source_id)
            .where(CapitalSource.code == line["source_name"].split(" – ")[0])
        ).all()
        assert line["opening"] == sum(one.dong for day, one in moves if day < FIRST)
        assert line["closing"] == sum(one.dong for day, one in moves if day <= LAST)
        assert line["opening"] + line["came"] - line["went"] == line["closing"]
    assert [line["came"] for line in table_of(report)] == [3_000_000_000, 0]
    assert [line["contributor"] for line in table_of(report, 1)] == ["Ngân sách tỉnh"]
    assert [equation.holds for equation in report.equations] == [True, True]


def test_receipts_are_what_events_and_ledger_say(book_2020: Session) -> None:
    report = receipts_report(book_2020, HALF_YEAR)

    lines = table_of(report)
    events = book_2020.scalars(
        select(LoanEvent).where(
            LoanEvent.type == "repayment", LoanEvent.value_date.between(FIRST, LAST)
        )
    ).all()
    assert sorted((one["voucher"], one["amount"]) for one in lines) == sorted(
        (one.number, one.amount.dong) for one in events if one.amount
    )
    parts = ("principal", "interest", "penalties", "surplus")
    assert all(sum(one[part] for part in parts) == one["amount"] for one in lines)
    principal = book_2020.scalars(
        select(LedgerEntry.amount).where(
            LedgerEntry.value_date.between(FIRST, LAST),
            LedgerEntry.debit.in_(("cash", "bank")),
            LedgerEntry.credit.in_(PRINCIPAL),
        )
    )
    (total,) = table_of(report, 0, Look.TOTAL)
    assert total["principal"] == sum(one.dong for one in principal)
    assert [one["number"] for one in lines] == list(range(1, len(lines) + 1))


@pytest.mark.parametrize("by", ["source", "area", "sector"])
def test_disbursements_are_the_events_however_they_are_grouped(
    book_2020: Session, by: str
) -> None:
    report = disbursements_report(book_2020, Question(first=FIRST, as_of=LAST, by=by))

    events = book_2020.scalars(
        select(LoanEvent).where(
            LoanEvent.type == "disbursement", LoanEvent.value_date.between(FIRST, LAST)
        )
    ).all()
    lines = table_of(report)
    amounts = sorted(one.amount.dong for one in events if one.amount)
    assert sorted(one["amount"] for one in lines) == amounts
    assert table_of(report, 0, Look.TOTAL)[0]["amount"] == sum(amounts) == 2_893_750_000
    groups = {one[by] for one in lines}
    subtotals = table_of(report, 0, Look.SUBTOTAL)
    assert len(subtotals) == (len(groups) if len(groups) > 1 else 0)
    assert sum(one["amount"] for one in subtotals) in {0, sum(amounts)}


def test_bad_debt_has_both_parts_and_the_loans_that_moved_it(book_2020: Session) -> None:
    report = bad_debt_report(book_2020, Question(first=date(2020, 5, 1), as_of=LAST))

    own, other = table_of(report)
    assert (other["bad_debt"], other["outstanding"]) == (62_000_000, 5_000_000_000)
    assert (other["bad_debt_before"], other["outstanding_before"]) == (
        107_000_000,
        5_045_000_000,
    )
    assert other["bad_debt_ratio"].percent == "1.24"
    assert other["bad_debt_change"] == -45_000_000
    assert own["outstanding"] == 13_300_000_000
    drivers = table_of(report, 1)
    assert ("72/2019/HĐTD-QVL", -45_000_000) in [
        (one["contract"], one["bad_debt_change"]) for one in drivers
    ]
    assert sum(one["bad_debt_change"] for one in drivers) == sum(
        one["bad_debt_change"] for one in (own, other)
    )
    by_area = bad_debt_report(
        book_2020, Question(first=date(2020, 5, 1), as_of=LAST, by="area")
    )
    for part in ("bad_debt", "outstanding", "bad_debt_before", "outstanding_before"):
        (total,) = table_of(by_area, 0, Look.TOTAL)
        assert total[part] == own[part] + other[part]


def test_what_was_not_known_then_is_in_none_of_them(
    session: Session, clock: FixedClock
) -> None:
    a_small_book(session, clock)
    before = end_of_day(date(2020, 5, 31))  # everything was recorded on 1 June
    question = Question(first=FIRST, as_of=LAST, known_at=before)
    builds = (
        half_year,
        capital_report,
        receipts_report,
        disbursements_report,
        bad_debt_report,
    )
    for build in builds:
        known = build(session, Question(first=FIRST, as_of=LAST))
        assert known.line_count > 1
        lines = build(session, question).tables
        assert [
            line for table in lines for line in table.lines if line.look is Look.PLAIN
        ] == []
