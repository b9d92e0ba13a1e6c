"""Lists whose address says what they are asked for: reading it, and links a bit different."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import request, url_for

from loanfund.domain.errors import InvalidInputError

LONGEST_TEXT = 200
LAST_PAGE = 1_000_000


@dataclass(frozen=True, slots=True)
class ListAddress:
    """Links to the same list; `asked` holds what its address says beside the page."""

    endpoint: str
    asked: Mapping[str, str]
    largest_first: frozenset[str] = field(default=frozenset())

    def but(self, **changes: object) -> str:
        """Give the address with some of what is asked for changed, on its first page."""
        wanted: dict[str, Any] = {**self.asked, **changes}
        return url_for(self.endpoint, **{name: one for name, one in wanted.items() if one})

    def sorted_by(self, name: str) -> str:
        """Give the address sorted by a column; a second click turns the order around."""
        sort = self.asked.get("sort", "")
        first = f"-{name}" if name in self.largest_first else name
        other = name if name in self.largest_first else f"-{name}"
        return self.but(sort=other if sort == first else first)

    def order(self, name: str) -> str:
        """Say how a column stands sorted, as `aria-sort` has it."""
        sort = self.asked.get("sort", "")
        if sort.removeprefix("-") != name:
            return "none"
        return "descending" if sort.startswith("-") else "ascending"


def asked_text(name: str) -> str:
    """Read a text of the address."""
    return " ".join(request.args.get(name, "").split())[:LONGEST_TEXT]


def asked_choice(name: str, choices: tuple[str, ...]) -> str:
    """Read one of several; InvalidInputError for what no link of ours would say."""
    found = request.args.get(name, "")
    if found and found not in choices:
        raise InvalidInputError("choice", field=name)
    return found


def asked_sort(names: tuple[str, ...]) -> tuple[str, bool]:
    """Read what to sort by, and whether backwards; the first of the names unless said."""
    found = request.args.get("sort", "")
    if found and found.removeprefix("-") not in names:
        raise InvalidInputError("choice", field="sort")
    return found.removeprefix("-") or names[0], found.startswith("-")


def asked_page() -> int:
    """Read the number of the page."""
    typed = request.args.get("page", "1")
    if not (typed.isascii() and typed.isdigit()) or len(typed) > len(str(LAST_PAGE)):
        raise InvalidInputError("choice", field="page")
    return max(1, int(typed))
