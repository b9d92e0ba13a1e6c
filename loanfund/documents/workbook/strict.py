"""Workbooks saved as “Strict Open XML”: the same parts, their vocabulary under other names."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZIP_STORED, ZipFile

from loanfund.documents.workbook.archive import WORKBOOK

# ISO/IEC 29500-1 (strict) and what part 4 (transitional) calls the same.
_MAIN = (
    b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
)
_LINKS = (
    b"http://purl.oclc.org/ooxml/officeDocument/relationships",
    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
)


def transitional(data: bytes) -> bytes:
    """Give the workbook under the names that openpyxl knows; others as they are."""
    with ZipFile(BytesIO(data)) as archive:
        if _MAIN[0] not in archive.read(WORKBOOK):
            return data
        renamed = BytesIO()
        with ZipFile(renamed, "w", ZIP_STORED) as target:
            for name in archive.namelist():
                target.writestr(name, _renamed(archive.read(name)))
    return renamed.getvalue()


def _renamed(part: bytes) -> bytes:
    for strict, usual in (_MAIN, _LINKS):  # only as an attribute, never in what a cell says
        part = part.replace(b'"' + strict, b'"' + usual)
    return part
