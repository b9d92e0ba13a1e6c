"""Files as answers: under a name people can read and nobody can smuggle a header into."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

from flask import Response

_UNFIT = re.compile(r'[\x00-\x1f\x7f"\\/:*?<>|]+')
_D = str.maketrans("đĐ", "dD")


def download(content: bytes, name: str, mimetype: str, *, inline: bool = False) -> Response:
    """Answer with a file; `inline` lets the browser show it, as it does with PDF."""
    response = Response(content, mimetype=mimetype)
    response.headers["Content-Disposition"] = disposition(name, inline=inline)
    return response


def disposition(name: str, *, inline: bool = False) -> str:
    """Give the header of RFC 6266: the name in ASCII for old programs, and as it is."""
    clean = " ".join(_UNFIT.sub(" ", unicodedata.normalize("NFC", name)).split()) or "file"
    kind = "inline" if inline else "attachment"
    in_ascii = without_marks(clean) or "file"
    return f"{kind}; filename=\"{in_ascii}\"; filename*=UTF-8''{quote(clean, safe='')}"


def without_marks(name: str) -> str:
    """Give a name in letters that every telephone and every program can pass on."""
    letters = unicodedata.normalize("NFD", name.translate(_D))
    return letters.encode("ascii", "ignore").decode()
