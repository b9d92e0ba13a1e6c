"""Fields for what things are known by: numbers, codes, and references of banks."""

from __future__ import annotations

from collections.abc import Sequence

from loanfund.domain.code import tidy_code, tidy_reference
from loanfund.web.form import TextField


class CodeField(TextField):
    """A number or code by which something is known; whoever adds one checks its letters."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = tidy_code(valuelist[0]) if valuelist else self.data


class ReferenceField(TextField):
    """A bank's reference of a transfer: as typed, but for what nobody sees."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = tidy_reference(valuelist[0]) if valuelist else self.data
