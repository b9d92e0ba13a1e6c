"""What somebody typed when the session ended: kept through the sign-in, then sent again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flask import request

from loanfund.web.paths import own_path

# Fields of the page that asks who it is: password, code, the page before, the file asked for.
PROOF, CODE, BACK, NEXT = "password_again", "code_again", "back_to", "next_file"
LONGEST = 200_000  # characters; a collection sheet has some ten thousand


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A form that was not accepted: where it went, and what stood in it."""

    path: str
    fields: list[tuple[str, str]]

    def as_data(self) -> dict[str, Any]:
        """Give what a session can remember."""
        return {"path": self.path, "fields": self.fields}


def typed() -> list[tuple[str, str]]:
    """Give what somebody typed into this request's form, and nothing that is secret or ours."""
    ours = {"csrf_token", PROOF, CODE, BACK}
    return [pair for pair in request.form.items(multi=True) if pair[0] not in ours]


def from_request() -> str:
    """Give this request's form as the sign-in page carries it, nothing when it is too large."""
    text = json.dumps({"path": request.path, "fields": typed()})
    return text if len(text) <= LONGEST else ""


def read(data: object) -> Kept | None:
    """Read what a session remembers, or None; only a page of ours is sent to."""
    if not isinstance(data, dict) or not isinstance(data.get("fields"), list):
        return None
    pairs = [tuple(pair) for pair in data["fields"] if isinstance(pair, (list, tuple))]
    fields = [(str(pair[0]), str(pair[1])) for pair in pairs if len(pair) == 2]  # noqa: PLR2004
    return Kept(path=own_path(str(data.get("path"))), fields=fields)


def parse(text: str | None) -> Kept | None:
    """Read what the sign-in page carried; whatever else stands there is nothing."""
    if not text or len(text) > LONGEST:
        return None
    try:
        return read(json.loads(text))
    except ValueError:
        return None
