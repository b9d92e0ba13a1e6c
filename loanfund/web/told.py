"""Values of queries as people read them: by key where they have one, figures as figures are."""

from __future__ import annotations

from loanfund.documents.report_cell import said
from loanfund.domain.report import Said
from loanfund.queries._said import Value
from loanfund.web.context import language
from loanfund.wording import shown

NOTHING = "–"


def told(value: Value) -> str:
    """Write a value in the reader's language; a list has a line each."""
    if value is None or value == ():
        return NOTHING
    if isinstance(value, tuple):
        return "\n".join(told(one) for one in value)
    if isinstance(value, Said):
        return said(value, language())
    return shown(value)
