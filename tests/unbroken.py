"""Watch the papers of all tests: no figure, day or number of a paper is broken over two lines.

What sets a paper breaks a word only where it is wider than its column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from reportlab.platypus import paragraph

LONGEST = 30  # letters of a number that people write; addresses and marks are longer


@contextmanager
def watching() -> Iterator[list[str]]:
    """Give the numbers that papers of this process break, as they come."""
    broken: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        for name, read in (("_splitWord", str), ("_splitFragWord", _text_of)):
            patch.setattr(paragraph, name, _telling(getattr(paragraph, name), read, broken))
        yield broken


def _telling(
    split: Callable[..., Any], read: Callable[[Any], str], broken: list[str]
) -> Callable[..., Any]:
    def told(word: Any, *room: Any) -> Any:
        said = read(word)
        if len(said) <= LONGEST and any(letter.isdecimal() for letter in said):
            broken.append(said)
        return split(word, *room)

    return told


def _text_of(word: Any) -> str:
    return "".join(text for _, text in word[1:])
