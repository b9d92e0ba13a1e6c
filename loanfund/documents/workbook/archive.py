"""The zip directory of a workbook, looked at before anything is unpacked (S-35)."""

from __future__ import annotations

import re
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from loanfund.domain.book_problem import BookProblem, ProblemCode, WorkbookRefusedError

MEGABYTE = 1_000_000
LARGEST_FILE = 10 * MEGABYTE
LARGEST_UNPACKED = 50 * MEGABYTE
MOST_ENTRIES = 200
DENSEST = 100  # bytes unpacked for each byte packed

OUT_OF_MEMORY = 70  # how the reading process says that the file was too much for it

CONTENT_TYPES = "[Content_Types].xml"
WORKBOOK = "xl/workbook.xml"

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and what Excel makes of a password
_ZIP = b"PK\x03\x04"
_DIRECTORY_ENTRY = b"PK\x01\x02"
_IS_ENCRYPTED = 0x1
_MACROS = re.compile(r"vbaproject|(^|/)(macrosheets|dialogsheets|activex)/", re.IGNORECASE)
_LINKS = re.compile(
    r"(^|/)(externallinks|querytables|embeddings|connections\.xml)(/|$)", re.IGNORECASE
)


def refused(
    code: ProblemCode, value: str | None = None, **facts: object
) -> WorkbookRefusedError:
    """Give the refusal of a whole file for one reason."""
    return WorkbookRefusedError([BookProblem(code=code, value=value, facts=facts)])


def check_archive(data: bytes) -> None:
    """Raise WorkbookRefusedError unless the bytes may be a workbook of bearable size."""
    if len(data) > LARGEST_FILE:
        raise refused(ProblemCode.TOO_LARGE, megabytes=LARGEST_FILE // MEGABYTE)
    if data.startswith(OLE):
        return  # the child tells a workbook of Excel 97 from an encrypted one
    if not data.startswith(_ZIP):
        raise refused(ProblemCode.NOT_XLSX)
    # Counted before the directory is read: a million entries take seconds to list.
    if data.count(_DIRECTORY_ENTRY) > MOST_ENTRIES:
        raise refused(ProblemCode.TOO_MANY_ENTRIES, most=MOST_ENTRIES)
    try:
        with ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
    except (BadZipFile, ValueError, NotImplementedError, EOFError):
        raise refused(ProblemCode.DAMAGED) from None
    _check_names([entry.orig_filename for entry in entries])
    for entry in entries:
        _check_entry(entry)
    if sum(entry.file_size for entry in entries) > LARGEST_UNPACKED:
        raise refused(ProblemCode.UNPACKS_TOO_LARGE, megabytes=LARGEST_UNPACKED // MEGABYTE)


def _check_names(names: list[str]) -> None:
    for name in names:
        if not _is_safe(name):
            raise refused(ProblemCode.UNSAFE_NAME, name)
        if _MACROS.search(name):
            raise refused(ProblemCode.MACROS, name)
        if _LINKS.search(name):
            raise refused(ProblemCode.EXTERNAL_LINK, name)
    if len({name.lower() for name in names}) < len(names):
        raise refused(ProblemCode.DAMAGED)
    if not {CONTENT_TYPES, WORKBOOK} <= set(names):
        raise refused(ProblemCode.NOT_XLSX)


def _is_safe(name: str) -> bool:
    """Tell whether a name stays inside the archive however it is read."""
    is_plain = not re.search(r"[\\:\x00-\x1f]", name)
    return is_plain and not name.startswith("/") and ".." not in name.split("/")


def _check_entry(entry: ZipInfo) -> None:
    if entry.flag_bits & _IS_ENCRYPTED:
        raise refused(ProblemCode.ENCRYPTED)
    if entry.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
        raise refused(ProblemCode.NOT_XLSX)
    if entry.file_size > entry.compress_size * DENSEST:
        raise refused(ProblemCode.PACKED_TOO_DENSELY, entry.filename, most=DENSEST)
