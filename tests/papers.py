"""Read papers back as people do, page by page; what is below nothing has a minus on each."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from pypdf import PdfReader
from reportlab.pdfgen.canvas import Canvas

# A hyphen that stands before a figure, and is no part of a number, a day or a code.
HYPHEN = re.compile(r"(?<![\w.,/:;=-])-\s?\d[\d.,]*")

# A day or a month as programs write it, that is no part of a number or a code.
ISO = re.compile(r"(?<![\w/.-])\d{4}-(?:0[1-9]|1[0-2])(?:-\d\d)?(?![\w/-])")


def a_pdf(words: str = "") -> bytes:
    """A small paper of one page."""
    written = BytesIO()
    canvas = Canvas(written, pagesize=(200, 100))
    canvas.drawString(10, 50, words)
    canvas.save()
    return written.getvalue()


def pages_of(pdf: bytes) -> list[str]:
    """Give the words of each page, in the order in which they were drawn.

    poppler reads a long paper twenty times as fast as the library that serves without it.
    """
    program = shutil.which("pdftotext")
    if program is None:
        found = [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]
    else:
        command = [program, "-raw", "-", "-"]
        read = subprocess.run(command, input=pdf, check=True, capture_output=True)
        found = read.stdout.decode().split("\f")[:-1]
    pages = [" ".join(page.split()) for page in found]
    for wrong in (HYPHEN, ISO):
        assert not [said for page in pages for said in wrong.findall(page)]
    return pages


def words_of(pdf: bytes) -> str:
    """Give the words of all pages."""
    return " ".join(pages_of(pdf))


def hyphens_of(book: Any) -> Iterator[str]:
    """Give the cells of a workbook that show a hyphen for a minus, or would below nothing."""
    for sheet in book.worksheets:
        for cell in (one for row in sheet.iter_rows() for one in row):
            if cell.data_type == "n" and cell.value is not None:
                shows = ";" not in cell.number_format and cell.value < 0
            else:
                shows = bool(HYPHEN.search(str(cell.value or "")))
            if shows:
                yield f"{cell.coordinate}: {cell.value}"
