"""The three pictures of thirteen months: debt by group, bad debt, due against collected."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from loanfund.domain.money import divide_half_up
from loanfund.domain.portfolio import GROUPS, Ratio
from loanfund.queries.dashboard_months import Collected, Debt, Months
from loanfund.web.chart import (
    WIDTH,
    Chart,
    Curve,
    Label,
    Piece,
    Scale,
    beside,
    draw_scale,
    in_unit,
    labelled,
    scale_to,
    slots,
    stack,
    unit_of,
)
from loanfund.wording import dmy

Say = Callable[..., str]
Loans = Callable[..., str]
TOP, MIDDLE, LOWER, BOTTOM = 66, 360, 450, 620
FLAT_BOTTOM = 420
BELOW = 116  # for months, years and the stamp
MOST_CURVES = 5
A_MONTH, A_VALUE, A_YEAR = 34, 62, 66  # room for what is written below and above a column
UNITS = {10**6: "million", 10**9: "billion"}


@dataclass(frozen=True, slots=True)
class Pen:
    """What every picture needs: the reader's words, links to loans, and what part is shown.

    `whole` is what the part is called, and the whole fund where nothing is left out.
    """

    say: Say
    loans: Loans
    stamp: str
    scope: Mapping[str, str]
    whole: str


def draw_groups(months: Months, pen: Pen, width: int = WIDTH) -> Chart:
    """Draw all debt above, and below on a scale of its own what is not in group 1."""
    worse = [_worse(debt) for debt in months.debts]
    height = BOTTOM if any(worse) else MIDDLE
    chart = Chart(height + BELOW, width=width, margin=140 if width == WIDTH else 168)
    _panel(chart, months.debts, (TOP, MIDDLE), GROUPS, pen)
    if any(worse):
        _panel(chart, months.debts, (LOWER, BOTTOM), GROUPS[1:], pen)
    _months(chart, [debt.day for debt in months.debts], pen)
    return chart


def draw_bad_debt(months: Months, pen: Pen, width: int = WIDTH) -> Chart:
    """Draw the ratio of all, and of each source where there are some."""
    chart = Chart(FLAT_BOTTOM + BELOW, width=width, margin=270 if width == WIDTH else 220)
    sources = ["", *months.sources][: MOST_CURVES + 1] if len(months.sources) > 1 else [""]
    points = {
        source: [_hundredths(debt, source) for debt in months.debts] for source in sources
    }
    most = max((one for line in points.values() for one in line if one is not None), default=0)
    scale = scale_to(most, TOP, FLAT_BOTTOM)
    draw_scale(chart, scale, lambda tick: f"{_percent(tick)} %")
    columns = slots(chart, len(months.debts))
    marks = []
    for place, (source, line) in enumerate(points.items()):
        at = [
            (left + width // 2, scale.at(one))
            for (left, width), one in zip(columns, line, strict=True)
            if one is not None
        ]
        chart.curves.append(Curve(tuple(at), f"curve-{place}"))
        if line[-1] is not None:
            name = source or pen.whole
            # A telephone has no room for long names, and one line needs none.
            said = "" if chart.is_narrow and len(points) == 1 else f"{name} "
            marks.append((at[-1][1], f"{said}{_percent(line[-1])} %", f"of-curve-{place}"))
    beside(chart, marks)
    _months(chart, [debt.day for debt in months.debts], pen)
    return chart


def draw_collected(months: Months, pen: Pen, width: int = WIDTH) -> Chart:
    """Draw what fell due beside what came in, by month; above them what came in time."""
    chart = Chart(FLAT_BOTTOM + BELOW, width=width)
    said = labelled(chart, len(months.collected), A_VALUE)
    most = max((max(_heights(one)) for one in months.collected), default=0)
    scale = scale_to(most, TOP + 30, FLAT_BOTTOM)
    _unit(chart, scale, "collected.axis", pen)
    columns = slots(chart, len(months.collected))
    for place, ((left, wide), one) in enumerate(zip(columns, months.collected, strict=True)):
        half = wide * 2 // 5
        stack(chart, scale, (left + wide // 10, half), [_piece(one, "due", pen)])
        came = [_piece(one, name, pen) for name in ("on_time", "late", "ahead")]
        stack(chart, scale, (left + wide // 10 + half, half), came)
        if place in said and one.through == one.month_end and one.due:
            height = scale.at(max(_heights(one))) - 10
            percent = f"{divide_half_up(_of(one.rate), 100)}%"
            chart.labels.append(Label(left + wide // 2, height, percent, kind="value"))
    _months(chart, [one.through for one in months.collected], pen)
    return chart


def _panel(
    chart: Chart,
    debts: Sequence[Debt],
    span: tuple[int, int],
    groups: Sequence[int],
    pen: Pen,
) -> None:
    """Draw some groups on a scale of their own between two heights."""
    sums = [sum(debt.by_group[group].dong for group in groups) for debt in debts]
    scale = scale_to(max(sums), *span)
    unit = _unit(chart, scale, "groups.axis" if groups == GROUPS else "groups.axis.worse", pen)
    marks: list[tuple[int, str, str]] = []
    said = labelled(chart, len(debts), A_VALUE)
    columns = slots(chart, len(debts))
    for place, ((left, width), debt, height) in enumerate(
        zip(columns, debts, sums, strict=True)
    ):
        pieces = [_of_group(debt, group, pen) for group in groups]
        found = stack(chart, scale, (left + width // 8, width * 3 // 4), pieces)
        if height and place in said:
            text = in_unit(height, unit)
            chart.labels.append(
                Label(left + width // 2, scale.at(height) - 9, text, kind="value")
            )
        marks = [
            (
                middle,
                f"{pen.say('group', group=piece.kind[-1])}: {in_unit(piece.amount, unit)}",
                "",
            )
            for piece, middle in found
        ]
    if groups != GROUPS:
        beside(chart, marks)


def _of_group(debt: Debt, group: int, pen: Pen) -> Piece:
    amount = debt.by_group[group]
    said = pen.say("groups.said", group=group, day=debt.day, amount=amount)
    address = pen.loans("outstanding", on=debt.day, group=group, **pen.scope)
    return Piece(amount.dong, f"group-{group}", said, address)


def _piece(one: Collected, name: str, pen: Pen) -> Piece:
    amount = getattr(one, name)
    said = pen.say(f"collected.{name}.said", month=f"{one.month_end:%m/%Y}", amount=amount)
    address = pen.loans(name, on=one.through, **pen.scope)
    return Piece(amount.dong, name, said, address)


def _heights(one: Collected) -> tuple[int, int]:
    return one.due.dong, one.on_time.dong + one.late.dong + one.ahead.dong


def _worse(debt: Debt) -> int:
    return sum(debt.by_group[group].dong for group in GROUPS[1:])


def _unit(chart: Chart, scale: Scale, name: str, pen: Pen) -> int:
    """Draw a scale of amounts with its name and unit above; give the unit."""
    unit = unit_of(scale.ticks[-1])
    draw_scale(chart, scale, lambda tick: in_unit(tick, unit))
    text = f"{pen.say(name)} ({pen.say('unit.' + UNITS[unit])})"
    chart.labels.append(Label(0, scale.top - 42, text, "start", "name"))
    return unit


def _months(chart: Chart, days: Sequence[date], pen: Pen) -> None:
    """Write the months below, the year under its first, and the stamp."""
    height, columns = chart.height - 78, slots(chart, len(days))
    said = labelled(chart, len(days), A_MONTH)
    years: dict[int, int] = {}
    for place, ((left, width), day) in enumerate(zip(columns, days, strict=True)):
        if place in said:
            chart.labels.append(Label(left + width // 2, height, f"{day:%m}", kind="month"))
        years.setdefault(day.year, left + width // 2)
    for year, middle in years.items():
        if years.get(year + 1, chart.width) - middle >= A_YEAR:
            chart.labels.append(Label(middle, height + 32, f"{year:04d}", kind="name"))
    chart.labels.append(Label(chart.width, chart.height - 8, pen.stamp, "end", "quiet"))


def _hundredths(debt: Debt, source: str) -> int | None:
    """Give a ratio in hundredths of a percent; None where there was no debt."""
    ratio = debt.bad_debt.get(source)
    return _of(ratio) if ratio is not None and ratio.denominator else None


def _of(ratio: Ratio) -> int:
    return divide_half_up(ratio.numerator.dong * 10_000, ratio.denominator.dong)


def _percent(hundredths: int) -> str:
    whole, part = divmod(hundredths, 100)
    return f"{whole},{part:02d}".rstrip("0").rstrip(",")


def stamp(say: Say, day: date) -> str:
    """Give the line inside every picture that says of which day its figures are."""
    return say("stamp", day=dmy(day))
