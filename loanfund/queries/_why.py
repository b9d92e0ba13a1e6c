"""Why a loan is in its debt group: every floor, since which due, and what would end it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from loanfund.domain.debt_group import Cure
from loanfund.domain.folded import FoldedLoan
from loanfund.domain.money import Money
from loanfund.domain.setting import SettingBook, debt_circular
from loanfund.domain.state import INTEREST, LoanState
from loanfund.domain.terms import DebtRuleSet
from loanfund.queries._standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """One reason for a debt group, and the group that it alone would lead to.

    `loan_id` is the other loan of the borrower that it comes from.
    """

    reason: str
    group: int
    decides: bool
    facts: Mapping[str, Any]
    loan_id: int | None = None


@dataclass(frozen=True, slots=True)
class Law:
    """The rule set of the day, and how a floor of a rescheduling or waiver would fall."""

    rule_set: DebtRuleSet
    circular: str
    cure: Cure | None


def reasons(
    folded: FoldedLoan, final: int | None, others: Sequence[Standing]
) -> tuple[Why, ...]:
    """Give every reason for the final group; those that lead to it decide."""
    if final is None:
        return ()
    own = [
        Why(reason=reason, group=group, decides=group == final, facts=facts)
        for reason, group, facts in floors(folded)
    ]
    return (*own, *_contagion(folded, final, others))


def law_of(folded: FoldedLoan, settings: SettingBook) -> Law | None:
    """Give by what rules the group of the day is found; None without a loan."""
    if folded.groups is None:
        return None
    day = folded.through.toordinal()
    rule_set = folded.groups.rule_set(day)
    circular = debt_circular(settings, rule_set, folded.through)
    return Law(rule_set, circular, folded.groups.cure(day))


def floors(folded: FoldedLoan) -> Iterable[tuple[str, int, dict[str, Any]]]:
    """Give every floor of an active loan: its reason, the group, and facts."""
    assert folded.groups is not None
    assert folded.state is not None
    day = folded.through.toordinal()
    reason = folded.groups.reason(day)
    oldest = folded.groups.oldest_due(day)
    if reason.days_past_due and oldest is not None:
        facts = {
            "days": reason.days_past_due,
            "since": date.fromordinal(oldest),
            "amount": Money(_open_of(folded.state, oldest)),
        }
        yield "days", reason.by_days, facts
        frozen = folded.groups.frozen.days_in(oldest + 1, day + 1)
        if frozen:
            yield "not_counted", 1, {"frozen": frozen}
    else:
        yield "current", reason.by_days, {}
    if reason.restructurings:
        facts = {"count": reason.restructurings, "days": reason.days_past_due}
        cured = "cured" if reason.by_restructuring == 1 else "restructured"
        yield cured, reason.by_restructuring, facts
    if reason.by_waiver > 1:
        yield "waived", reason.by_waiver, {}
    if reason.by_kept_group > 1:
        yield "kept", reason.by_kept_group, {}


def _open_of(state: LoanState, due: int) -> int:
    """Give what is open of principal and interest that fell due on a day."""
    principal = sum(one.open for one in state.instalments if one.due == due)
    return principal + sum(
        one.open for one in state.charges if one.due == due and one.kind is INTEREST
    )


def _contagion(folded: FoldedLoan, final: int, others: Sequence[Standing]) -> Iterable[Why]:
    own = folded.position().debt_group
    if own is None or final == own:
        return
    for one in others:
        owes = one.snapshot is not None and one.snapshot.principal_outstanding
        if one.own_group == final and one.facts.bears_risk and owes:
            facts = {"contract": one.facts.contract_number}
            yield Why(
                reason="contagion",
                group=final,
                decides=True,
                facts=facts,
                loan_id=one.facts.id,
            )
            return
