"""Papers as they were issued, one after the other in one file to be printed."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO

from pypdf import PdfWriter


def bound(files: Iterable[bytes], *, title: str) -> bytes:
    """Put papers together as they are, page by page."""
    writer = PdfWriter()
    for file in files:
        writer.append(BytesIO(file), import_outline=False)
    writer.add_metadata({"/Title": title})
    written = BytesIO()
    writer.write(written)
    return written.getvalue()
