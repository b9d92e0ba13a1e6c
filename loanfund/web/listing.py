"""Lists whose address says what they are asked for: links to the same a bit different."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import url_for


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
