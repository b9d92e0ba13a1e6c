"""The manager's overview over thirteen month ends: debt groups, bad debt, due and collected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from loanfund.domain.calendar import month_end
from loanfund.domain.money import Money, total
from loanfund.domain.monthly import MonthEnd, SoFar
from loanfund.domain.monthly import Months as OfLoan
from loanfund.domain.portfolio import GROUPS, LoanFigures, Ratio, final_groups, overdue_and_bad
from loanfund.domain.setting import OverdueMethod, SettingBook
from loanfund.models.loan import Loan
from loanfund.queries._monthly import last_month_ends, months_of_loans
from loanfund.queries._standing import LoanFacts, Moment, loan_facts
from loanfund.queries.dashboard import Scope
from loanfund.store.setting import load_settings


@dataclass(frozen=True, slots=True)
class Debt:
    """Debt at a month's end by final group, and the bad debt of each source and of all ("")."""

    day: date
    by_group: Mapping[int, Money]
    bad_debt: Mapping[str, Ratio]

    @property
    def total(self) -> Money:
        """All debt."""
        return total(list(self.by_group.values()))

    @property
    def worse(self) -> Ratio:
        """The debt of groups 2 to 5 over all debt."""
        return Ratio(self.total - self.by_group[GROUPS[0]], self.total)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What fell due in a month and came in for it through a day, the month's end or today."""

    month_end: date
    through: date
    due: Money
    on_time: Money
    late: Money
    ahead: Money

    @property
    def rate(self) -> Ratio:
        """What was collected on the month's dues by the month's end over those dues."""
        return Ratio(self.on_time, self.due)


@dataclass(frozen=True, slots=True)
class Months:
    """Thirteen month ends, oldest first, and as many months with the current one."""

    debts: tuple[Debt, ...]
    collected: tuple[Collected, ...]
    sources: tuple[str, ...]

    @property
    def last_whole(self) -> Collected:
        """The last month that is over."""
        return [one for one in self.collected if one.through == one.month_end][-1]


def dashboard_months(session: Session, moment: Moment, scope: Scope) -> Months:
    """Give the months through the moment's day; groups as the law of each month end had it."""
    settings = load_settings(session, moment.known_at)
    ends = last_month_ends(moment.as_of)
    facts = {one.id: one for one in loan_facts(session, moment, Loan.state != "draft")}
    found = months_of_loans(session, settings, moment)
    months = {loan_id: one for loan_id, one in found.items() if loan_id in facts}
    covered = {loan_id for loan_id in months if scope.covers(facts[loan_id])}
    codes = {one.source: one.source_id for one in facts.values()}
    debts = [
        _debt(_at_end(months, place), facts, _methods(settings, codes, end), end, covered)
        for place, end in enumerate(ends)
    ]
    collected = [
        _collected(end, end, [one for key in covered if (one := months[key].ends[place])])
        for place, end in enumerate(ends)
    ]
    if ends[-1] != moment.as_of:
        so_far = [now for key in covered if (now := months[key].so_far)]
        collected = [*collected[1:], _collected(month_end(moment.as_of), moment.as_of, so_far)]
    return Months(
        debts=tuple(debts),
        collected=tuple(collected),
        sources=tuple(sorted({one.source for one in facts.values() if scope.covers(one)})),
    )


def _at_end(months: Mapping[int, OfLoan], place: int) -> dict[int, MonthEnd]:
    """Give the loans that owed principal at one of the month ends."""
    return {
        loan_id: one
        for loan_id, of_loan in months.items()
        if (one := of_loan.ends[place]) is not None and one.outstanding
    }


@dataclass(slots=True)
class _Sums:
    """Debt while it is added up: by group, and by source how much there is and is bad."""

    by_group: dict[int, int] = field(default_factory=lambda: dict.fromkeys(GROUPS, 0))
    owed: Counter[str] = field(default_factory=Counter)
    bad: Counter[str] = field(default_factory=Counter)

    def add(self, source: str, group: int, amount: int, bad: int) -> None:
        """Add a loan."""
        self.by_group[group] += amount
        self.owed[source] += amount
        self.bad[source] += bad

    def ratios(self) -> dict[str, Ratio]:
        """Give the bad debt of each source and of all ("")."""
        found = {
            source: Ratio(Money(self.bad[source]), Money(owed))
            for source, owed in self.owed.items()
        }
        return {"": Ratio(Money(self.bad.total()), Money(self.owed.total())), **found}


def _debt(
    owing: Mapping[int, MonthEnd],
    facts: Mapping[int, LoanFacts],
    methods: Mapping[str, OverdueMethod],
    end: date,
    covered: Collection[int],
) -> Debt:
    """Add up one month end; contagion looks at all loans that owed then.

    Only of borrowers of whom some loan is not plain do groups and bad debt need the rules.
    """
    doubtful = {
        facts[loan_id].borrower_id for loan_id, one in owing.items() if not one.is_plain
    }
    figures = {
        loan_id: _figures(facts[loan_id], one)
        for loan_id, one in owing.items()
        if facts[loan_id].borrower_id in doubtful
    }
    groups = final_groups(list(figures.values()))
    sums, plain = _Sums(), Counter[str]()
    for loan_id, one in owing.items():
        if loan_id not in covered:
            continue
        source = facts[loan_id].source
        if loan_id in figures:
            group = groups[facts[loan_id].contract_number]
            _, bad = overdue_and_bad(methods[source], figures[loan_id], group)
            sums.add(source, group, one.outstanding, bad.dong)
        else:
            plain[source] += one.outstanding
    for source, amount in plain.items():
        sums.add(source, GROUPS[0], amount, 0)
    by_group = {group: Money(amount) for group, amount in sums.by_group.items()}
    return Debt(end, by_group, sums.ratios())


def _methods(
    settings: SettingBook, sources: Mapping[str, int], end: date
) -> dict[str, OverdueMethod]:
    """Give how each source counted bad debt on a day."""
    return {
        code: OverdueMethod(settings.get("overdue_method", end, source_id))
        for code, source_id in sources.items()
    }


def _figures(facts: LoanFacts, one: MonthEnd) -> LoanFigures:
    return LoanFigures(
        loan=facts.contract_number,
        borrower=facts.borrower_id,
        source=facts.source,
        bears_risk=facts.bears_risk,
        principal_outstanding=Money(one.outstanding),
        principal_overdue=Money(one.overdue),
        interest_open=Money(0),
        written_off_unrecovered=Money(0),
        days_past_due=one.days_past_due,
        own_group=one.own_group,
        in_freeze=one.in_freeze,
    )


def _collected(end: date, through: date, of_loans: Sequence[MonthEnd | SoFar]) -> Collected:
    return Collected(
        month_end=end,
        through=through,
        due=Money(sum([one.due for one in of_loans])),
        on_time=Money(sum([one.on_time for one in of_loans])),
        late=Money(sum([one.late for one in of_loans])),
        ahead=Money(sum([one.ahead for one in of_loans])),
    )
