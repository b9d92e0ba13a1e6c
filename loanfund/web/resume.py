"""What somebody typed when the session ended, kept through the sign-in and shown again (S-13).

The form comes back whole and nothing is done by it: a request that brings a form back reads the
database and cannot write, and the person presses the button again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flask import Flask, flash, redirect, request
from flask.typing import ResponseReturnValue

from loanfund.web.context import browser, language
from loanfund.web.paths import CAME_BACK, came_back, own_path
from loanfund.web.sent_json import read_sent
from loanfund.wording import text

# Fields of the page that asks who it is: password, code, the page before, the file asked for.
PROOF, CODE, BACK, NEXT = "password_again", "code_again", "back_to", "next_file"
LONGEST = 200_000  # characters; a collection sheet has some ten thousand
OURS = {"csrf_token", PROOF, CODE, BACK, CAME_BACK}
# What a form says of itself; whoever typed nothing beside them pressed a button.
UNTYPED = {
    "act",
    "again",
    "back",
    "mark",
    "next",
    "payload_hash",
    "request_key",
    "shown",
    "version",
    "was",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A form that was not accepted: where it went, what stood in it, and on which page."""

    path: str
    page: str
    fields: list[tuple[str, str]]

    @property
    def is_typed(self) -> bool:
        """Whether anything was typed that could be lost."""
        return _is_typed(self.fields)

    def as_data(self) -> dict[str, Any]:
        """Give what a session can remember."""
        return {"path": self.path, "page": self.page, "fields": self.fields}


def install(app: Flask) -> None:
    """Say with a form that came back what happened, and remember it no longer."""
    app.before_request(_greet)


def answers() -> str:
    """Give the page on which the form stood that this request sends."""
    return own_path(request.form.get(BACK) or request.referrer)


def typed() -> list[tuple[str, str]]:
    """Give what somebody typed into this request's form, and nothing that is secret or ours."""
    return [pair for pair in request.form.items(multi=True) if pair[0] not in OURS]


def from_request() -> str:
    """Give this request's form as the sign-in page carries it, nothing when it is too large."""
    kept = {"path": request.path, "page": answers(), "fields": typed()}
    dumped = json.dumps(kept)
    return dumped if len(dumped) <= LONGEST else ""


def read(data: object) -> Kept | None:
    """Read what a session remembers, or None; only a page of ours is sent to."""
    if not isinstance(data, dict) or not isinstance(data.get("fields"), list):
        return None
    fields = [pair for one in data["fields"] if (pair := _pair(one)) is not None]
    path, page = (own_path(_text(data.get(name))) for name in ("path", "page"))
    return Kept(path=path, page=page, fields=[one for one in fields if one[0] not in OURS])


def parse(carried: str | None) -> Kept | None:
    """Read what the sign-in page carried; whatever else stands there is nothing."""
    if not carried or len(carried) > LONGEST:
        return None
    return read(read_sent(carried))


def say_so() -> None:
    """Tell that the sign-in came between, and that nothing was done."""
    flash(text("sign_in.resumed", language()), "amber")


def _pair(found: object) -> tuple[str, str] | None:
    match found:
        case [str(name), str(typed)]:
            return name, typed
        case _:
            return None


def _text(found: object) -> str:
    return found if isinstance(found, str) else ""


def _is_typed(fields: list[tuple[str, str]]) -> bool:
    return any(name not in UNTYPED for name, _ in fields)


def _greet() -> ResponseReturnValue | None:
    """Say so with the form; a mere button has nothing to show but its page."""
    if not came_back():
        return None
    browser().pop("kept", None)
    say_so()
    return None if _is_typed(typed()) else redirect(answers())
