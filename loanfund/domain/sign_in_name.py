"""The name that somebody signs in by: a mail address, or what a cooperative has without one.

That is its code, its tax code or its telephone. Such an account gets its letters on paper.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from loanfund.domain.code import fold_code

# What people write between the digits of a telephone or a tax code.
_BETWEEN = re.compile(r"[ .()\-]")
_HOME = "+84"


def fold_sign_in_name(typed: str) -> str:
    """Give a name as it is stored and compared; digits without what stands between them."""
    name = fold_code(typed)
    bare = _BETWEEN.sub("", name)
    if bare.startswith(_HOME):
        bare = f"0{bare.removeprefix(_HOME)}"
    return bare if bare.isascii() and bare.isdigit() else name


def own_names(code: str, tax_code: str | None, phone: str | None) -> tuple[str, ...]:
    """Give by which names a cooperative signs in that has no mail address, folded."""
    return tuple(dict.fromkeys(_usable((code, tax_code, phone))))


def _usable(given: Iterable[str | None]) -> Iterable[str]:
    """Leave out what is missing, and telephones that are more than one number."""
    for one in given:
        name = fold_sign_in_name(one or "")
        if name and " " not in name:
            yield name
