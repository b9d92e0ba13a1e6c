"""Pictures of figures as shapes in whole units, which `macros/chart.html` draws as SVG."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from loanfund.domain.money import divide_half_up

WIDTH, NARROW = 1280, 560  # for a wide screen, and for a telephone
LEFT = 96  # for the scale
GAP = 30  # so far apart stand labels at least
MOST_TICKS = 5
MILLION, BILLION = 10**6, 10**9
STEPS = (1, 2, 5, 10)


@dataclass(frozen=True, slots=True)
class Bar:
    """A box: `kind` says how it is filled, `said` what it stands for, `address` of whom."""

    x: int
    y: int
    width: int
    height: int
    kind: str
    said: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """A text whose anchor is start, middle or end."""

    x: int
    y: int
    text: str
    anchor: str = "middle"
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through some points, of a kind that differs in colour, dash and mark."""

    points: tuple[tuple[int, int], ...]
    kind: str

    @property
    def path(self) -> str:
        """The points as SVG writes them."""
        return " ".join(f"{x},{y}" for x, y in self.points)


@dataclass(slots=True)
class Chart:
    """A picture while it is put together: grid lines at some heights, bars, curves, labels."""

    height: int
    grid: list[int] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    width: int = WIDTH
    left: int = LEFT
    margin: int = 10  # for what is written beside the last column

    @property
    def right(self) -> int:
        """Where the last column ends."""
        return self.width - self.margin

    @property
    def is_narrow(self) -> bool:
        """Tell whether the picture is for a telephone."""
        return self.width == NARROW

    @property
    def has_links(self) -> bool:
        """Tell whether a bar leads somewhere: then it is more than an image."""
        return any(bar.address for bar in self.bars)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a stack: how much, how it is filled, what it stands for, the loans behind."""

    amount: int
    kind: str
    said: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Scale:
    """Turns amounts into heights between `bottom` and `top`; `ticks` are round, 0 the first."""

    top: int
    bottom: int
    ticks: tuple[int, ...]

    def at(self, amount: int) -> int:
        """Give the height of an amount; 0 is at the bottom."""
        return self.bottom - (self.bottom - self.top) * amount // self.ticks[-1]


def scale_to(most: int, top: int, bottom: int) -> Scale:
    """Give a scale that ends at the first round amount that is enough."""
    step = round_step(most)
    return Scale(top, bottom, tuple(range(0, max(most, 1) + step, step)))


def round_step(most: int) -> int:
    """Give the least step of 1, 2 or 5 × 10ⁿ that needs no more than five to the most."""
    power = 1
    while True:
        for step in STEPS:
            if step * power * MOST_TICKS >= most:
                return step * power
        power *= 10


def in_unit(amount: int, unit: int) -> str:
    """Write an amount in millions or billions: `18,3`; below ten with two decimals, `0,62`."""
    decimals = 1 if amount >= 10 * unit else 2
    units = divide_half_up(amount * 10**decimals, unit)
    whole, part = divmod(units, 10**decimals)
    decimal = f",{part:0{decimals}d}".rstrip("0").rstrip(",")
    return f"{whole:,}".replace(",", ".") + decimal


def unit_of(most: int) -> int:
    """Give the unit in which amounts up to the most are written."""
    return BILLION if most >= BILLION else MILLION


def slots(chart: Chart, count: int) -> list[tuple[int, int]]:
    """Give the left edge and width of each of some equal columns."""
    width = (chart.right - chart.left) // count
    return [(chart.left + place * width, width) for place in range(count)]


def labelled(chart: Chart, count: int, room: int) -> set[int]:
    """Give which of some equal columns have a label, where each needs so much room."""
    width = (chart.right - chart.left) // count
    return set(range(count - 1, -1, -max(1, -(-room // width))))


def draw_scale(chart: Chart, scale: Scale, written: Callable[[int], str]) -> None:
    """Draw the grid lines, each with what it stands for."""
    for amount in scale.ticks:
        height = scale.at(amount)
        chart.grid.append(height)
        chart.labels.append(Label(chart.left - 12, height + 8, written(amount), "end", "quiet"))


def stack(
    chart: Chart, scale: Scale, column: tuple[int, int], pieces: Sequence[Piece]
) -> list[tuple[Piece, int]]:
    """Pile up the pieces in a column (left, width); give each with the height of its middle."""
    reached, middles = 0, []
    for piece in pieces:
        if not piece.amount:
            continue
        bottom = scale.at(reached)
        reached += piece.amount
        top = min(scale.at(reached), bottom - 1)  # what there is can be seen
        chart.bars.append(
            Bar(column[0], top, column[1], bottom - top, piece.kind, piece.said, piece.address)
        )
        middles.append((piece, (top + bottom) // 2))
    return middles


def beside(chart: Chart, marks: Sequence[tuple[int, str, str]]) -> None:
    """Write (height, text, kind) beside the last column, moved apart where they would touch."""
    ordered = sorted(marks)
    places = [height for height, _, _ in ordered]
    for before, after in pairwise(range(len(places))):
        places[after] = max(places[after], places[before] + GAP)
    overflow = max(0, (places[-1] if places else 0) - (chart.height - GAP))
    for place, (_, text, kind) in zip(places, ordered, strict=True):
        chart.labels.append(Label(chart.right + 14, place + 8 - overflow, text, "start", kind))
