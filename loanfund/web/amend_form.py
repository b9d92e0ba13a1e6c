"""An amendment as it is typed: the terms that stand, and which of them are changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loanfund.domain.calendar import DayCount
from loanfund.domain.codec import dump_terms, parse_terms
from loanfund.domain.errors import InvalidInputError
from loanfund.domain.terms import EDITION, Prepayment, Surplus, WorkingDayRule
from loanfund.queries.change import standing_terms
from loanfund.queries.loan_page import LoanName
from loanfund.web import database
from loanfund.web.change_form import ProposalForm
from loanfund.web.contract_form import TermFields, options
from loanfund.web.form import ChoiceField


class AmendForm(ProposalForm, TermFields):
    """The terms as the contract should have said them; one begins with those that stand.

    A contract took what it did not say from the settings, so nothing is left to them here.
    """

    day_count = ChoiceField(options=options(DayCount, "contract.day_count"))
    working_day_rule = ChoiceField(options=options(WorkingDayRule, "contract.working_day_rule"))
    prepayment = ChoiceField(options=options(Prepayment, "contract.prepayment"))
    surplus = ChoiceField(options=options(Surplus, "loan_page.surplus"))

    _stands: dict[str, Any] | None = None

    def stands(self, name: LoanName) -> dict[str, Any]:
        """Give the terms that stand, read once."""
        if self._stands is None:
            self._stands = standing_terms(database.session(), name.id)
        return self._stands

    def changes_edition(self, name: LoanName) -> bool:
        """Say whether the contract is still of an earlier edition of the rules."""
        return bool(self.stands(name)["edition"] != EDITION)

    def begin(self, name: LoanName) -> None:
        super().begin(name)
        self.fill(self.stands(name))

    def begin_again(self, name: LoanName, terms: Mapping[str, Any]) -> None:
        """Begin with the terms that were proposed and came back."""
        self.fill({**self.stands(name), **terms})

    def facts(self, name: LoanName) -> dict[str, Any]:
        """Also give the terms that differ; InvalidInputError where none does.

        A contract of an earlier edition of the rules comes under the present one.
        """
        stands = self.stands(name)
        asked = dump_terms(parse_terms({**stands, **self.typed(), "edition": EDITION}))
        changed = {term: value for term, value in asked.items() if value != stands[term]}
        if not changed:
            raise InvalidInputError("nothing_changed")
        return {**super().facts(name), "terms": changed}
