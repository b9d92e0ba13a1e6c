"""Hostile and broken files are refused clearly, and before they can do anything (S-35)."""

import random
import signal
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from time import process_time
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import openpyxl
import pytest

from loanfund.documents.workbook import grid
from loanfund.documents.workbook.archive import LARGEST_FILE, OUT_OF_MEMORY
from loanfund.documents.workbook.reading import read_book
from loanfund.domain.book_problem import BookProblem, ProblemCode, WorkbookRefusedError
from tests.workbooks import BOOK, make, repack, replaced, save

pytestmark = pytest.mark.slow

SHEET = "xl/worksheets/sheet7.xml"
TYPES = "[Content_Types].xml"
LINKS = "xl/_rels/workbook.xml.rels"
SOON = 0.1  # seconds
ROOT = Path(__file__).resolve().parents[2]
NOISE = random.Random(1)  # noqa: S311 -- so that parts are not packed suspiciously well


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return save(tmp_path / "book.xlsx")


def refusal(path: Path) -> BookProblem:
    with pytest.raises(WorkbookRefusedError) as refused:
        read_book(path)
    (problem,) = refused.value.problems
    return problem


def refused_at_once(path: Path) -> BookProblem:
    begun = process_time()
    problem = refusal(path)
    assert process_time() - begun < SOON
    return problem


def add(path: Path, name: str, data: bytes, method: int = ZIP_DEFLATED) -> Path:
    """Add one entry with exactly this name."""
    entry = ZipInfo("x")
    entry.filename = entry.orig_filename = name
    entry.compress_type = method
    with ZipFile(path, "a") as archive:
        archive.writestr(entry, data)
    return path


def test_openpyxl_parses_with_defusedxml() -> None:
    assert openpyxl.DEFUSEDXML


def test_a_zip_bomb_is_refused_before_anything_is_unpacked(path: Path) -> None:
    add(path, "xl/media/bomb.bin", bytes(200_000_000))
    assert path.stat().st_size < 250_000

    assert refused_at_once(path).code is ProblemCode.PACKED_TOO_DENSELY


def test_many_parts_of_harmless_density_may_not_unpack_to_more_than_the_limit(
    path: Path,
) -> None:
    dense = b"".join(NOISE.randbytes(1000) + bytes(29_000) for _ in range(340))
    for number in range(6):
        add(path, f"xl/media/{number}.bin", dense)

    assert refused_at_once(path).code is ProblemCode.UNPACKS_TOO_LARGE


def test_a_bomb_that_lies_about_its_size_is_refused(path: Path) -> None:
    bomb = bytes(60_000_000)
    packed = zlib.compress(bomb)
    add(path, "xl/media/bomb.xml", bomb)
    declared = struct.pack("<I", len(bomb))
    data = path.read_bytes()
    assert data.count(declared) == 2
    path.write_bytes(data.replace(declared, struct.pack("<I", len(packed))))

    assert refusal(path).code is ProblemCode.DAMAGED


def test_a_large_file_is_refused_without_being_read_whole(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)

    assert refused_at_once(path).code is ProblemCode.TOO_LARGE


@pytest.mark.parametrize("count", [201, 50_000])
def test_a_crowd_of_entries_is_refused_before_it_is_listed(path: Path, count: int) -> None:
    with ZipFile(path, "a") as archive:
        for number in range(count):
            archive.writestr(f"{number}", b"")

    assert refused_at_once(path).code is ProblemCode.TOO_MANY_ENTRIES


@pytest.mark.parametrize(
    "name",
    ["../evil.xml", "xl/../../evil.xml", "/etc/evil.xml", "C:/evil.xml", "xl\\evil.xml"],
)
def test_names_that_lead_out_of_the_archive_are_refused(path: Path, name: str) -> None:
    assert refused_at_once(add(path, name, b"x")).code is ProblemCode.UNSAFE_NAME


def test_a_part_that_is_there_twice_is_refused(path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        add(path, SHEET, b"<worksheet/>")

    assert refused_at_once(path).code is ProblemCode.DAMAGED


@pytest.mark.parametrize(
    "name", ["xl/vbaProject.bin", "xl/macrosheets/sheet1.xml", "xl/activeX/activeX1.xml"]
)
def test_macros_are_refused_by_their_parts(path: Path, name: str) -> None:
    assert refused_at_once(add(path, name, b"x")).code is ProblemCode.MACROS


def test_macros_are_refused_by_the_type_of_the_workbook(path: Path) -> None:
    edit = replaced(
        TYPES,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    )

    assert refusal(repack(path, edit)).code is ProblemCode.MACROS


@pytest.mark.parametrize(
    "name",
    ["xl/externalLinks/externalLink1.xml", "xl/connections.xml", "xl/embeddings/a.docx"],
)
def test_parts_that_lead_elsewhere_are_refused(path: Path, name: str) -> None:
    assert refused_at_once(add(path, name, b"x")).code is ProblemCode.EXTERNAL_LINK


def a_link(kind: str) -> str:
    return (
        f'<Relationship Id="rId99" Target="file:///etc/passwd" TargetMode="External" '
        f'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}"/>'
        "</Relationships>"
    )


def test_links_to_other_workbooks_are_refused(path: Path) -> None:
    repack(path, replaced(LINKS, "</Relationships>", a_link("externalLinkPath")))

    problem = refusal(path)

    assert (problem.code, problem.value) == (ProblemCode.EXTERNAL_LINK, "file:///etc/passwd")


def test_hyperlinks_are_data(path: Path) -> None:
    workbook = make()
    workbook["Khách hàng"]["B2"].hyperlink = "mailto:htx@vi-du.example"
    workbook.save(path)

    assert read_book(path).borrowers[0].name == "HTX Đồng Tâm 3"


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><worksheet>&b;</worksheet>',
    '<!DOCTYPE x SYSTEM "file:///etc/passwd"><worksheet/>',
)


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", TYPES, "docProps/core.xml", LINKS])
@pytest.mark.parametrize("xml", LAUGHS)
def test_document_types_are_refused_in_every_part(path: Path, part: str, xml: str) -> None:
    repack(path, lambda name, data: xml.encode() if name == part else data)

    assert refusal(path).code is ProblemCode.DOCTYPE


def test_document_types_are_refused_in_every_encoding(path: Path) -> None:
    xml = ('<?xml version="1.0" encoding="UTF-16"?>' + LAUGHS[0]).encode("utf-16")
    repack(path, lambda name, data: xml if name == SHEET else data)

    assert refusal(path).code is ProblemCode.DOCTYPE


def truncated(data: bytes) -> bytes:
    return data[: len(data) // 2]


def flipped(data: bytes) -> bytes:
    place = data.index(b"xl/styles.xml") + 200
    return data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :]


def as_ole(data: bytes) -> bytes:
    """Give a file that begins as an OLE file and is none."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + data


def encrypted_entries(data: bytes) -> bytes:
    """Set the flag of encryption in every entry of the directory."""
    parts = data.split(b"PK\x01\x02")
    return b"PK\x01\x02".join(
        [parts[0], *(one[:4] + bytes([one[4] | 1]) + one[5:] for one in parts[1:])]
    )


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (truncated, ProblemCode.DAMAGED),
        (flipped, ProblemCode.DAMAGED),
        (as_ole, ProblemCode.DAMAGED),
        (encrypted_entries, ProblemCode.ENCRYPTED),
        (lambda _: b"", ProblemCode.NOT_XLSX),
        (lambda _: "Số phiếu;Số tiền\nPT1;1.234.567\n".encode(), ProblemCode.NOT_XLSX),
        (lambda _: b"<html><table/></html>", ProblemCode.NOT_XLSX),
        (lambda data: b"MZ" + data, ProblemCode.NOT_XLSX),
    ],
)
def test_what_is_no_whole_workbook_is_refused(
    path: Path, spoil: Callable[[bytes], bytes], code: ProblemCode
) -> None:
    path.write_bytes(spoil(path.read_bytes()))

    assert refusal(path).code is code


@pytest.mark.parametrize("names", [["a.txt"], [TYPES, "word/document.xml"]])
def test_other_zips_are_refused(path: Path, names: list[str]) -> None:
    with ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "x")

    assert refused_at_once(path).code is ProblemCode.NOT_XLSX


def test_unusual_packing_is_refused(path: Path) -> None:
    assert refused_at_once(add(path, "a.bin", b"x", ZIP_BZIP2)).code is ProblemCode.NOT_XLSX


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        (SHEET, "<sheetData>", "<sheetData><row"),
        (SHEET, '<row r="3"', '<row r="1"'),
        (SHEET, 'r="B2"', 'r="A2"'),
        ("xl/workbook.xml", "Thu nợ", "Giải ngân"),
        (LINKS, "worksheets/sheet7.xml", "worksheets/sheet99.xml"),
        (LINKS, "worksheets/sheet7.xml", "theme/theme1.xml"),
        (TYPES, "/xl/workbook.xml", "/xl/other.xml"),
        (SHEET, 't="inlineStr"><is>', 't="s"><v>9999</v><is>'),
        (SHEET, "<v>1650000</v>", "<v>1650000 đ</v>"),
    ],
)
def test_a_part_that_contradicts_itself_is_refused(
    path: Path, part: str, old: str, new: str
) -> None:
    assert refusal(repack(path, replaced(part, old, new))).code is ProblemCode.DAMAGED


@pytest.mark.parametrize(
    "row", ['<row r="{}" s="1" customFormat="1"/>', '<row r="{}"><c r="A{}" s="1"/></row>']
)
def test_a_million_formatted_empty_rows_cost_a_moment(path: Path, row: str) -> None:
    rows = "".join(row.replace("{}", str(number)) for number in range(4, 1_048_577))
    repack(path, replaced(SHEET, "</sheetData>", rows + "</sheetData>"))

    assert len(read_book(path).receipts) == 2


def test_the_last_row_that_excel_has_is_read(path: Path) -> None:
    row = '<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>PT9</t></is></c></row>'
    repack(path, replaced(SHEET, "</sheetData>", row + "</sheetData>"))

    with pytest.raises(WorkbookRefusedError) as refused:
        read_book(path)

    assert {one.row for one in refused.value.problems} == {1_048_576}


def test_a_cell_in_the_last_corner_is_no_reason_to_walk_there(path: Path) -> None:
    row = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    repack(path, replaced(SHEET, "</sheetData>", row + "</sheetData>"))

    assert refusal(path).code is ProblemCode.TOO_MANY_CELLS


def test_long_texts_in_many_cells_are_refused(path: Path) -> None:
    workbook = make(BOOK)
    for _ in range(700):
        workbook["Thu nợ"].append([NOISE.randbytes(350).hex() + "x" * 31_000])
    workbook.save(path)

    assert refusal(path).code is ProblemCode.TOO_MANY_CELLS


def test_too_many_filled_cells_are_refused(path: Path) -> None:
    cells = [f"<c><v>{digit}</v></c>" for digit in NOISE.randbytes(1_000_100)]
    rows = "".join(
        f"<row>{''.join(cells[n : n + 100])}</row>" for n in range(0, 1_000_100, 100)
    )
    repack(path, replaced(SHEET, "</sheetData>", rows + "</sheetData>"))

    assert refusal(path).code is ProblemCode.TOO_MANY_CELLS


def test_a_reader_that_takes_too_long_is_stopped(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grid, "SECONDS", 0.001)

    assert refusal(path).code is ProblemCode.TOO_HEAVY


@pytest.mark.parametrize("end", ["kill -KILL $$", "kill -XCPU $$", "exit 70"])
def test_a_reader_that_dies_of_the_file_is_a_clear_refusal(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setattr(sys, "executable", a_reader(tmp_path, end))

    assert refusal(path).code is ProblemCode.TOO_HEAVY


def test_a_reader_that_is_broken_itself_is_said_aloud(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", a_reader(tmp_path, "echo no openpyxl >&2; exit 1"))

    with pytest.raises(RuntimeError, match="the reading process failed: no openpyxl"):
        read_book(path)


def a_reader(folder: Path, end: str) -> str:
    """Give a program that takes the file as the reading process does, and ends otherwise."""
    program = folder / "reader"
    program.write_text(f"#!/bin/sh\n/bin/cat >/dev/null\n{end}\n")
    program.chmod(0o700)
    return str(program)


@pytest.mark.parametrize(
    ("limit", "code"),
    [("MEMORY_BYTES = 60_000_000", OUT_OF_MEMORY), ("CPU_SECONDS = 1", -signal.SIGKILL)],
)
def test_the_reading_process_binds_itself(path: Path, limit: str, code: int) -> None:
    formats = "".join(f'<xf numFmtId="{byte}"/>' for byte in NOISE.randbytes(1_000_000))
    repack(path, replaced("xl/styles.xml", "<cellXfs", f"<cellXfs>{formats}</cellXfs><cellXfs"))
    program = (
        f"from loanfund.documents.workbook import child; child.{limit}; exit(child.main())"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        input=path.read_bytes(),
        capture_output=True,
        check=False,
        cwd=ROOT,
    )

    assert (done.returncode, done.stdout) == (code, b"")


def test_stored_parts_are_as_good_as_packed_ones(path: Path) -> None:
    with ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with ZipFile(path, "w", ZIP_STORED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)

    assert len(read_book(path).contracts) == 2
