"""The parts of a workbook's archive, read once by a bare XML parser before openpyxl sees them.

What is looked for here openpyxl would not refuse or would drop without a word: document types
(entity bombs), macros by content type, links to elsewhere, sheets whose part is missing, rows
out of order. It also tells how far the filled cells of a sheet reach, so that a million empty
formatted rows cost no time later.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.parsers.expat import ExpatError, ParserCreate
from zipfile import BadZipFile, ZipFile
from zlib import error as ZlibError  # noqa: N812 -- it is a class

from loanfund.documents.workbook.archive import (
    CONTENT_TYPES,
    LARGEST_UNPACKED,
    MEGABYTE,
    WORKBOOK,
    refused,
)
from loanfund.domain.book_problem import ProblemCode

CHUNK = 64 * 1024
MOST_FILLED_CELLS = 1_000_000
WORKBOOK_LINKS = "xl/_rels/workbook.xml.rels"
SHEETS = "xl/worksheets/"
SHEET_FOLDERS = (SHEETS, "xl/chartsheets/")
_FILLING = {"v", "f", "is"}  # a cell that holds none of these is only formatted

Attributes = dict[str, str]


@dataclass(slots=True)
class Part:
    """What was seen of one part."""

    last_row: int = 0
    last_column: int = 0
    filled_cells: int = 0
    merged: list[str] = field(default_factory=list)
    sheets: dict[str, str] = field(default_factory=dict)
    targets: dict[str, str] = field(default_factory=dict)


def survey(archive: ZipFile) -> dict[str, Part]:
    """Read every part; give what was seen of each sheet, by title in the workbook's order."""
    parts: dict[str, Part] = {}
    unpacked = 0
    for entry in archive.infolist():
        part = parts.setdefault(entry.filename, Part())
        is_xml = entry.filename.lower().endswith((".xml", ".rels"))
        feed = _parser(entry.filename, part) if is_xml else None
        try:
            # In chunks: the size that an entry declares may be a lie, this one is not.
            with archive.open(entry) as packed:
                while chunk := packed.read(CHUNK):
                    unpacked += len(chunk)
                    if unpacked > LARGEST_UNPACKED:
                        most = LARGEST_UNPACKED // MEGABYTE
                        raise refused(ProblemCode.UNPACKS_TOO_LARGE, megabytes=most)
                    if feed:
                        feed(chunk, False)  # noqa: FBT003 -- expat takes no names
            if feed:
                feed(b"", True)  # noqa: FBT003
        except (BadZipFile, ZlibError, ExpatError, EOFError, NotImplementedError):
            raise refused(ProblemCode.DAMAGED) from None
    return _by_title(parts)


def _by_title(parts: dict[str, Part]) -> dict[str, Part]:
    """Follow the workbook's links to the part of each sheet; none may be missing."""
    sheets = parts[WORKBOOK].sheets
    links = parts.get(WORKBOOK_LINKS, Part()).targets
    found = {}
    for title, link in sheets.items():
        target = posixpath.normpath(posixpath.join("xl", links.get(link, "")))
        part = parts.get(target.lstrip("/"))
        if part is None or not target.lstrip("/").startswith(SHEET_FOLDERS):
            raise refused(ProblemCode.DAMAGED)
        found[title] = part
    return found


def _parser(name: str, part: Part) -> Callable[[bytes, bool], int]:
    """Give a parser of one part that refuses document types before any entity is known."""
    parser = ParserCreate()

    def refuse(*_: object) -> None:
        raise refused(ProblemCode.DOCTYPE, name)

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    if name == CONTENT_TYPES:
        parser.StartElementHandler = _content_type
    elif name.endswith(".rels"):
        parser.StartElementHandler = _Links(part).element
    elif name == WORKBOOK:
        parser.StartElementHandler = _Titles(part).element
    elif name.startswith(SHEETS):
        parser.StartElementHandler = _Cells(part).element
    return parser.Parse


def _content_type(_: str, attributes: Attributes) -> None:
    kind = attributes.get("ContentType", "").lower()
    if "macroenabled" in kind or "vbaproject" in kind:
        raise refused(ProblemCode.MACROS, attributes.get("PartName"))
    if kind.endswith("sheet.main+xml") and attributes.get("PartName") != f"/{WORKBOOK}":
        raise refused(ProblemCode.DAMAGED)  # openpyxl would read another workbook than this one


@dataclass(slots=True)
class _Links:
    """Collects where a part points to; out of the file only hyperlinks may, which are data."""

    part: Part

    def element(self, _: str, attributes: Attributes) -> None:
        kind = attributes.get("Type", "")
        target = attributes.get("Target", "")
        is_external = attributes.get("TargetMode", "").lower() == "external"
        if is_external and not kind.endswith("/hyperlink"):
            raise refused(ProblemCode.EXTERNAL_LINK, target)
        if not is_external and "Id" in attributes:
            self.part.targets[attributes["Id"]] = target


@dataclass(slots=True)
class _Titles:
    """Collects the sheets that the workbook names."""

    part: Part

    def element(self, name: str, attributes: Attributes) -> None:
        if _local(name) == "sheet":
            link = next((v for k, v in attributes.items() if k.endswith(":id")), "")
            if attributes.get("name", "") in self.part.sheets:
                raise refused(ProblemCode.DAMAGED)
            self.part.sheets[attributes.get("name", "")] = link


@dataclass(slots=True)
class _Cells:
    """Follows the rows and cells of a sheet."""

    part: Part
    row: int = 0
    column: int = 0
    prefix: str = ""

    def element(self, name: str, attributes: Attributes) -> None:
        prefix, _, local = name.rpartition(":")
        if local == "c":
            self._cell(attributes.get("r"))
        elif local == "row":
            self.prefix = prefix
            self._row(attributes.get("r"))
        elif local in _FILLING and prefix == self.prefix:  # extensions have an `f` as well
            self._filled()
        elif local == "mergeCell":
            self.part.merged.append(attributes.get("ref", ""))

    def _row(self, number: str | None) -> None:
        row = self.row + 1 if number is None else int(number) if number.isdecimal() else 0
        if row <= self.row:
            raise refused(ProblemCode.DAMAGED)  # openpyxl would drop the row
        self.row, self.column = row, 0

    def _cell(self, reference: str | None) -> None:
        column = self.column + 1 if reference is None else column_number(reference)
        if column <= self.column:
            raise refused(ProblemCode.DAMAGED)  # and of two cells in one place it takes one
        self.column = column

    def _filled(self) -> None:
        part = self.part
        part.last_row = self.row
        part.last_column = max(part.last_column, self.column)
        part.filled_cells += 1
        if part.filled_cells > MOST_FILLED_CELLS:
            raise refused(ProblemCode.TOO_MANY_CELLS, most=MOST_FILLED_CELLS)


def column_number(reference: str) -> int:
    """Give the column of a reference: 28 of `AB7`; 0 where there is none."""
    number = 0
    for letter in reference:
        if not "A" <= letter <= "Z":
            break
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _local(name: str) -> str:
    return name.rpartition(":")[2]
