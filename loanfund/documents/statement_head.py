"""What stands above a statement's tables: the fund, the loan, and four figures."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, Spacer, Table

from loanfund.documents import fonts
from loanfund.documents.layout import (
    CENTERED,
    INK,
    MUTED,
    RIGHTWARD,
    RULE,
    SMALL,
    TITLE,
    Issue,
    clipped,
    grouped_code,
    marked,
    paragraph,
    say,
    style,
    unbroken,
)
from loanfund.documents.layout_table import NOTHING, rate
from loanfund.domain.account import LoanStatus
from loanfund.domain.calendar import DayCount
from loanfund.domain.money import fixed_text
from loanfund.domain.statement_parts import Fund, LoanTerms, Statement
from loanfund.wording import dmy, vnd

UNIT = style("unit", 10, fontName=fonts.SERIF_BOLD)
LABEL = style("label", 9.5, textColor=MUTED)
VALUE = style("value", 9.5)
NAME = style("name", 10, fontName=fonts.SERIF_BOLD)
SUBTITLE = style("subtitle", 10.5, fontName=fonts.SERIF_ITALIC, alignment=CENTERED.alignment)
KNOWN = style("known", 8.5, textColor=MUTED, alignment=CENTERED.alignment)
STRIP_LABEL = style("strip label", 7.5, fontName=fonts.SANS, textColor=MUTED)
STRIP_FIGURE = style("strip figure", 11.5, fontName=fonts.SANS_MEDIUM)
MONTHS_IN_YEAR = 12
RATE_DECIMALS = 4
LABEL_WIDTH = 30 * mm
LONGEST_VALUE = 800  # letters; a row must fit a page


def letterhead(found: Statement, issue: Issue, width: float) -> list[Flowable]:
    """Give the fund's name and address, the paper's number, and its title."""
    head = Table(
        [[_fund(found.head.fund), _numbers(issue)]], colWidths=[width * 0.66, width * 0.34]
    )
    rule = ("LINEBELOW", (0, 0), (-1, 0), 0.8, INK)
    head.setStyle([*_FLUSH, rule, ("BOTTOMPADDING", (0, 0), (-1, 0), 5)])
    period = say("statement.period", start=found.period_from, end=found.period_to)
    return [
        head,
        Spacer(0, 5 * mm),
        paragraph(say("statement.title"), TITLE),
        paragraph(period, SUBTITLE),
        paragraph(say("statement.known"), KNOWN),
        Spacer(0, 3 * mm),
    ]


def _fund(fund: Fund) -> list[Paragraph]:
    phone = unbroken(fund.phone)
    return [
        paragraph(fund.name, UNIT),
        paragraph(fund.address, SMALL),
        paragraph(say("statement.fund", phone=phone, tax_code=fund.tax_code), SMALL),
    ]


def _numbers(issue: Issue) -> list[Paragraph]:
    number, code = say("statement.number"), say("statement.code")
    return [
        marked(RIGHTWARD, "{label} <b>{number}</b>", label=number, number=issue.number),
        marked(RIGHTWARD, "{label} {code}", label=code, code=grouped_code(issue.code)),
    ]


_FLUSH = [
    ("FONT", (0, 0), (-1, -1), fonts.SERIF),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
    ("TOPPADDING", (0, 0), (-1, -1), 0),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
]


def loan_facts(found: Statement, width: float) -> Flowable:
    """Give borrower and contract as labels and values; long values have the whole width."""
    head = found.head
    pairs = zip(_of_the_loan(found), _of_the_contract(found), strict=True)
    middle: list[list[Paragraph | str]] = [
        [_label(a), _value(b), _label(c), _value(d)] for (a, b), (c, d) in pairs
    ]
    rows: list[list[Paragraph | str]] = [
        [_label("borrower"), _value(head.borrower.name, NAME), "", ""],
        [_label("address"), _value(head.borrower.address), "", ""],
        *middle,
        [_label("source"), _value(head.source), "", ""],
        [_label("purpose"), _value(head.purpose), "", ""],
    ]
    value_width = (width - 2 * LABEL_WIDTH) / 2
    table = Table(rows, colWidths=[LABEL_WIDTH, value_width, LABEL_WIDTH, value_width])
    spans = [("SPAN", (1, at), (3, at)) for at, row in enumerate(rows) if row[2] == ""]
    table.setStyle([*_FLUSH, *spans])
    return table


def _of_the_loan(found: Statement) -> list[tuple[str, str]]:
    terms = found.terms
    return [
        ("tax_code", found.head.borrower.tax_code),
        ("amount", vnd(terms.amount)),
        ("term", say("statement.months", count=terms.term_months)),
        ("first_disbursement", dmy(terms.first_disbursement)),
        ("maturity", dmy(found.position.maturity_date)),
    ]


def _of_the_contract(found: Statement) -> list[tuple[str, str]]:
    head, terms = found.head, found.terms
    contract = say("statement.contract_of", number=head.contract_number, day=head.contract_date)
    return [
        ("contract", contract),
        ("rate", yearly_and_monthly(terms)),
        ("overdue_rate", yearly(terms.overdue_rate)),
        ("late_interest_rate", _late_rate(terms)),
        ("day_count", say(f"statement.day_count.{code_of(terms.day_count)}")),
    ]


def _label(name: str) -> Paragraph:
    return paragraph(say(f"statement.head.{name}"), LABEL)


def _value(raw: str, look: ParagraphStyle = VALUE) -> Paragraph:
    return paragraph(clipped(raw, LONGEST_VALUE) or NOTHING, look)


def code_of(day_count: DayCount) -> str:
    """Give a day count as the end of a text's key."""
    return day_count.value.replace("/", "_").lower()


def yearly(decimal_percent: str) -> str:
    """Write a decimal text in percent a year with 2 decimals at least: 7,20 %/năm."""
    return say("statement.per_year", rate=rate(decimal_percent))


def _late_rate(terms: LoanTerms) -> str:
    if not terms.late_interest_rate.ppm:
        return say("statement.no_late_interest")
    return yearly(terms.late_interest_rate.text)


def yearly_and_monthly(terms: LoanTerms) -> str:
    """Write the rate in force a year and a month, and the contract's where it is another."""
    year = terms.rate_in_force.text
    month = Fraction(year) / MONTHS_IN_YEAR
    written = fixed_text(month, RATE_DECIMALS)
    key = "statement.rate" if Fraction(written) == month else "statement.rate_about"
    both = say(key, year=yearly(year), month=rate(written.rstrip("0")))
    if terms.rate_in_force == terms.annual_rate:
        return both
    return say("statement.rate_of_contract", rate=both, contract=yearly(terms.annual_rate.text))


def summary(found: Statement, width: float) -> Flowable:
    """Give the four figures that a reader looks for first."""
    cells = [
        [
            paragraph(label, STRIP_LABEL),
            paragraph(amount, STRIP_FIGURE),
            paragraph(below, STRIP_LABEL),
        ]
        for label, amount, below in _summary_cells(found)
    ]
    table = Table([cells], colWidths=[width / len(cells)] * len(cells))
    table.setStyle(
        [
            ("FONT", (0, 0), (-1, -1), fonts.SANS),
            ("LINEABOVE", (0, 0), (-1, 0), 0.8, INK),
            ("LINEBELOW", (0, 0), (-1, 0), 0.8, INK),
            ("LINEBEFORE", (1, 0), (-1, 0), 0.25, RULE),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 2 * mm),
            ("RIGHTPADDING", (0, 0), (-1, -1), 1 * mm),
            ("TOPPADDING", (0, 0), (-1, -1), 4),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
        ]
    )
    return table


def _summary_cells(found: Statement) -> Sequence[tuple[str, str, str]]:
    return _owed_still(found) if found.off_balance else _owed(found)


def _owed_still(found: Statement) -> Sequence[tuple[str, str, str]]:
    """Give what of a debt written off must still be paid, and what came back so far."""
    principal, interest = (one.closing for one in found.off_balance)
    day = say("statement.end_of", day=found.period_to)
    figures = {
        "left_to_recover": principal + interest,
        "lost_principal": principal,
        "lost_interest": interest,
        "recovered": found.position.recovered,
    }
    return [(say(f"statement.summary.{name}"), vnd(one), day) for name, one in figures.items()]


def _owed(found: Statement) -> Sequence[tuple[str, str, str]]:
    place = found.position
    day = say("statement.end_of", day=found.period_to)
    late = say("statement.days_late", days=place.days_past_due) if place.days_past_due else day
    return (
        (say("statement.summary.principal"), vnd(found.closing.principal), day),
        (say("statement.summary.due"), vnd(found.to_pay.amount), late),
        _next_cell(found),
        (say("statement.summary.settlement"), vnd(place.settlement_amount), day),
    )


def _next_cell(found: Statement) -> tuple[str, str, str]:
    label = say("statement.summary.next")
    due = found.to_pay.next_due
    if due is not None:
        return label, vnd(found.to_pay.next_amount), dmy(due.due_date)
    status = found.position.status
    return (
        label,
        NOTHING,
        say(f"statement.status.{status.value}") if status is not LoanStatus.ACTIVE else "",
    )
