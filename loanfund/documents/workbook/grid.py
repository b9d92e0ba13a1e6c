"""The cells of a workbook as plain values, out of a child process that parsed it."""

from __future__ import annotations

import json
import os
import subprocess  # nosec B404
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from loanfund.documents.workbook.archive import OUT_OF_MEMORY, check_archive, refused
from loanfund.domain.book_problem import ProblemCode

SECONDS = 60
LONGEST_SHOWN = 60
SHOWN_DIGITS = 15  # of a number, Excel shows and keeps so many


class CellKind(StrEnum):
    """What a cell holds."""

    TEXT = "text"
    NUMBER = "number"
    PERCENTAGE = "percentage"
    DAY = "day"
    TIME = "time"
    BOOLEAN = "boolean"
    FORMULA = "formula"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Cell:
    """One filled cell; a day's value is its ISO text."""

    kind: CellKind
    value: str | int | float | bool

    @property
    def shown(self) -> str:
        """The value as a message quotes it."""
        if self.kind is CellKind.BOOLEAN:
            return "TRUE" if self.value else "FALSE"
        if self.kind is CellKind.DAY:
            return "/".join(reversed(str(self.value).split("-")))
        if isinstance(self.value, float):
            is_share = self.kind is CellKind.PERCENTAGE
            digits = f"{self.value * 100 if is_share else self.value:.{SHOWN_DIGITS}g}"
            return digits.replace(".", ",") + ("%" if is_share else "")
        line = " ".join(str(self.value).split())
        return line if len(line) <= LONGEST_SHOWN else line[: LONGEST_SHOWN - 1] + "…"


@dataclass(frozen=True, slots=True)
class Grid:
    """The filled cells of one sheet: rows by number, cells by column, both from 1."""

    title: str
    rows: Mapping[int, Mapping[int, Cell]]
    merged: tuple[str, ...] = ()


def load_grids(data: bytes) -> tuple[Grid, ...]:
    """Give the sheets of a workbook; WorkbookRefusedError where it cannot be read safely."""
    check_archive(data)
    return grids_of(_ask_child(data))


def grids_of(answer: Mapping[str, Any]) -> tuple[Grid, ...]:
    """Give the sheets that the reading process answered with, or raise what it refused."""
    if "refused" in answer:
        raise refused(ProblemCode(answer["refused"]), answer["value"], **answer["facts"])
    return tuple(_grid(sheet) for sheet in answer["sheets"])


def _ask_child(data: bytes) -> Mapping[str, Any]:
    """Parse in a process that may die of the file; it learns nothing of ours but the path."""
    command = [sys.executable, "-P", "-m", "loanfund.documents.workbook.child"]
    environment = {
        "PYTHONPATH": os.pathsep.join(path or os.curdir for path in sys.path),
        "PYTHONIOENCODING": "utf-8",
        "PYTHONWARNINGS": "ignore",
    }
    try:
        # Our own module, fed through a pipe; nothing of the command comes from outside.
        done = subprocess.run(  # noqa: S603 # nosec B603
            command,
            input=data,
            capture_output=True,
            timeout=SECONDS,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise refused(ProblemCode.TOO_HEAVY) from None
    if done.returncode < 0 or done.returncode == OUT_OF_MEMORY:
        raise refused(ProblemCode.TOO_HEAVY)
    if done.returncode:
        raise RuntimeError(f"the reading process failed: {done.stderr.decode()}")
    answer: Mapping[str, Any] = json.loads(done.stdout)
    return answer


def _grid(sheet: Mapping[str, Any]) -> Grid:
    rows = {
        number: {column: Cell(CellKind(kind), value) for column, kind, value in cells}
        for number, cells in sheet["rows"]
    }
    return Grid(sheet["title"], rows, tuple(sheet["merged"]))
