"""A contract being typed, and what is shown beside it before anything is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from loanfund.domain.errors import InvalidTermsError, NotFoundError
from loanfund.queries.contract import (
    BorrowerDebt,
    Quote,
    SourceRoom,
    borrower_debt,
    quote,
    source_room,
)
from loanfund.web import database
from loanfund.web.context import today
from loanfund.web.contract_form import monthly


@dataclass(slots=True, kw_only=True)
class Desk:
    """A contract being typed, and what is shown beside it; never of another loan (D-22)."""

    form: Any
    loan_id: int | None = None
    quote: Quote | None = None
    room: SourceRoom | None = None
    debt: BorrowerDebt | None = None

    def look(self, borrower: str) -> None:
        """Make the schedule of what is typed; a refusal stands beside its field instead."""
        session, form = database.session(), self.form
        if form.source.data and not form.source.errors:
            self.room = source_room(session, form.source.data, today(), self.loan_id)
        self.debt = known_debt(borrower, self.loan_id)
        if form.errors:
            return
        try:
            facts = (form.terms(), form.signed_on.data, form.source.data)
            self.quote = quote(session, *facts)
        except InvalidTermsError as error:
            form.refuse_terms(error)

    @property
    def monthly(self) -> tuple[str, str] | None:
        """The typed rate a month, in both ways in use."""
        annual = self.form.annual_rate()
        return monthly(annual) if annual else None


def known_debt(code: str, but: int | None) -> BorrowerDebt | None:
    """Give what a borrower owes; None for a code that nobody has."""
    try:
        return borrower_debt(database.session(), code, today(), but)
    except NotFoundError:
        return None
