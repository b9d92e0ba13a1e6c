"""Where a request may send the browser next: to a page of ours and nowhere else."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import request

HOME = "/"
CAME_BACK = "came_back"  # says with a form that it is only to be shown again (resume.py)
_PLAIN = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


def came_back() -> bool:
    """Say whether this request only brings a form back to who typed it."""
    return CAME_BACK in request.form


def own_path(target: str | None) -> str:
    """Give the path and query of a page of this site, home for anything else."""
    found = target or ""
    if found.startswith(request.host_url):
        parts = urlsplit(found)
        found = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return found if _PLAIN.fullmatch(found) else HOME
