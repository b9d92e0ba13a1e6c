"""What is typed to reschedule a loan: its new plan, and an editor that fills its lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from wtforms import ValidationError
from wtforms.fields import TextAreaField

from loanfund.domain.calendar import add_months
from loanfund.domain.errors import InvalidInputError
from loanfund.domain.event import RescheduleKind
from loanfund.domain.folded import FoldedLoan
from loanfund.domain.replan import moved_plan, spread_plan
from loanfund.domain.terms import LONGEST_TERM_MONTHS, PlannedInstalment
from loanfund.queries.loan_page import LoanName, folded_on
from loanfund.queries.plan_ahead import open_plan, plan_ahead
from loanfund.web import database
from loanfund.web.change_form import ChangeForm, KeepsField
from loanfund.web.context import language, today
from loanfund.web.form import (
    ChoiceField,
    DayField,
    Required,
    WholeField,
)
from loanfund.web.lines import read_instalment, read_lines
from loanfund.wording import dmy, explain, text, vnd

MOST_INSTALMENTS = 400


class PlanField(TextAreaField):
    """Instalments, one a line: a day and an amount; `plan` is what was read."""

    plan: tuple[PlannedInstalment, ...] = ()

    def pre_validate(self, _form: Any) -> None:
        """Read every line; the first that cannot be read is named."""
        self.plan = read_plan(self.data or "")


def read_plan(typed: str) -> tuple[PlannedInstalment, ...]:
    """Read instalments, one a line; ValidationError names the first that cannot be read."""
    found = read_lines(typed, read_instalment)
    if len(found) > MOST_INSTALMENTS:
        raise ValidationError(text("change_page.plan_long", language(), most=MOST_INSTALMENTS))
    return tuple(found)


class RescheduleForm(ChangeForm):
    """A new plan of instalments; one begins with the one that stands.

    The editor fills its lines, which stay to be edited: the debt spread over days from one on
    (act `spread`), or every day moved by months (act `move`).
    """

    HELPING: ClassVar[tuple[str, ...]] = (
        *("spread_count", "spread_from", "spread_every", "move_months"),
    )
    NEEDS: ClassVar[dict[str, tuple[str, ...]]] = {
        "spread": ("spread_count", "spread_from", "spread_every"),
        "move": ("move_months",),
    }

    kind = ChoiceField(
        default="extend",
        options=[(one, f"change_page.kind.{one}") for one in ("extend", "adjust")],
    )
    spread_count = WholeField(least=1, most=MOST_INSTALMENTS)
    spread_from = DayField()
    spread_every = WholeField(least=1, most=LONGEST_TERM_MONTHS)
    move_months = WholeField(least=1, most=LONGEST_TERM_MONTHS)
    plan = PlanField(validators=[Required()])
    unpaid_interest_due = DayField()
    keeps_debt_group = KeepsField()
    too_thin: InvalidInputError | None = None

    def begin(self, name: LoanName) -> None:
        super().begin(name)
        rows = open_plan(database.session(), name.id, today())
        self._fill(rows)
        self.spread_count.data = len(rows) or None
        self.spread_from.data = rows[0].due_date if rows else add_months(today(), 1)
        self.spread_every.data = 1
        if len(rows) > 1:
            first, second = (one.due_date for one in rows[:2])
            months = (second.year - first.year) * 12 + second.month - first.month
            self.spread_every.data = max(1, months)

    def work_out(self, name: LoanName) -> None:
        """Fill the plan as the editor was asked; what it lacks is said beside its fields."""
        if not self._needed() or any(self[one].data is None for one in self._needed()):
            return
        folded = folded_on(database.session(), name, self.value_date.data or today())
        try:
            plan = self._moved() if self.act.data == "move" else self._spread(folded)
        except InvalidInputError as error:
            self.too_thin = error
        except ValidationError:
            return  # a line that cannot be read says so itself
        else:
            self._fill(plan)
            self._choose_kind(plan, folded)

    def _needed(self) -> tuple[str, ...]:
        return self.NEEDS.get(self.act.data or "", ())

    def _spread(self, folded: FoldedLoan) -> tuple[PlannedInstalment, ...]:
        count, first_on, every = (self[one].data for one in self.NEEDS["spread"])
        owed, terms = folded.position().principal_outstanding, folded.history.terms
        return spread_plan(owed, first_on, count, every, terms.principal_rounding)

    def _moved(self) -> tuple[PlannedInstalment, ...]:
        return moved_plan(read_plan(self.plan.data or ""), self.move_months.data or 0)

    def _fill(self, plan: Iterable[PlannedInstalment]) -> None:
        lines = [f"{dmy(row.due_date)} {vnd(row.amount)[:-2]}" for row in plan]
        self.plan.data = "\n".join(lines)
        self.plan.raw_data = [self.plan.data]

    def _stands(self, name: LoanName) -> bool:
        """Tell whether the plan is the one that stands; what is overdue has no place in it."""
        day = self.value_date.data or today()
        folded = folded_on(database.session(), name, day)
        return self.plan.plan == plan_ahead(folded)

    def _choose_kind(self, plan: Sequence[PlannedInstalment], folded: FoldedLoan) -> None:
        """Choose what the plan is: an extension ends after the maturity there is (rules §8)."""
        if plan and folded.state is not None:
            is_later = plan[-1].due_date > folded.state.maturity_nominal
            self.kind.data = "extend" if is_later else "adjust"

    def validate_spread_count(self, field: WholeField) -> None:
        """Ask for it, and refuse parts that would come to nothing."""
        self._ask(field)
        if self.too_thin is not None:
            raise ValidationError(explain(self.too_thin, language()))

    def validate_spread_from(self, field: DayField) -> None:
        """Ask for it where the editor needs it."""
        self._ask(field)

    def validate_spread_every(self, field: WholeField) -> None:
        """Ask for it where the editor needs it."""
        self._ask(field)

    def validate_move_months(self, field: WholeField) -> None:
        """Ask for it where the editor needs it."""
        self._ask(field)

    def _ask(self, field: WholeField | DayField) -> None:
        if field.name in self._needed() and field.data is None and not field.errors:
            raise ValidationError(text("form.required", language()))

    def facts(self, name: LoanName) -> dict[str, Any]:
        """Also give the plan; InvalidInputError where it is the one that stands."""
        if not self.unpaid_interest_due.data and self._stands(name):
            raise InvalidInputError("nothing_changed")
        return {
            **super().facts(name),
            "kind": RescheduleKind(self.kind.data),
            "plan": self.plan.plan,
            "unpaid_interest_due": self.unpaid_interest_due.data,
            "keeps_debt_group": self.keeps_debt_group.answer(),
        }
