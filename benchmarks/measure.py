"""How benchmarks compare: ours against the bare thing, medians of one run."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter

ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Ratio:
    """Two times in seconds and how many times as long ours may take."""

    name: str
    ours: float
    bare: float
    limit: float
    remark: str = ""

    @property
    def holds(self) -> bool:
        """Whether ours stays within the limit."""
        return self.ours <= self.limit * self.bare

    def __str__(self) -> str:
        times = f"{self.ours * 1e3:.2f} ms / {self.bare * 1e3:.2f} ms"
        ratio = f"{self.ours / self.bare:.2f} (limit {self.limit:g})"
        return f"{_verdict(self.holds)}{self.name}: {times} = {ratio}  {self.remark}"


@dataclass(frozen=True, slots=True)
class Limit:
    """A time in seconds, and the most it may be."""

    name: str
    ours: float
    limit: float

    @property
    def holds(self) -> bool:
        """Whether ours stays within the limit."""
        return self.ours <= self.limit

    def __str__(self) -> str:
        return f"{_verdict(self.holds)}{self.name}: {self.ours:.2f} s (limit {self.limit:g} s)"


def median_of(work: Callable[[], object]) -> float:
    """Give the median time of some rounds, in seconds."""
    return median(timed(work) for _ in range(ROUNDS))


def timed(work: Callable[[], object]) -> float:
    """Give how many seconds some work takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


def _verdict(holds: bool) -> str:  # noqa: FBT001 -- the one thing it says
    return f"{'ok' if holds else 'TOO SLOW':<9}"
