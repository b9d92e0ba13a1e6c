"""The portfolio figures of a day from where each loan stands (rules §10), contagion applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from loanfund.domain.money import NOTHING, Money, fixed_text, total
from loanfund.domain.setting import OverdueMethod

GROUPS = (1, 2, 3, 4, 5)
BAD_DEBT = 3  # the first group of bad debt (nợ xấu)
PAR_DAYS = (0, 30, 90)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanFigures:
    """Where one loan stands at the end of the day; `own_group` is None unless active."""

    loan: str
    borrower: int
    source: str
    bears_risk: bool
    principal_outstanding: Money
    principal_overdue: Money
    interest_open: Money
    written_off_unrecovered: Money
    days_past_due: int
    own_group: int | None
    in_freeze: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFigures:
    """A capital source on the day: capital is contributions less withdrawals."""

    code: str
    name: str
    capital: Money
    overdue_method: OverdueMethod
    bears_risk: bool


@dataclass(frozen=True, slots=True)
class Ratio:
    """A share of debt or capital with both its parts."""

    numerator: Money
    denominator: Money

    @property
    def percent(self) -> str | None:
        """The percentage with 2 decimals, half up; None where the denominator is 0."""
        if not self.denominator:
            return None
        return fixed_text(Fraction(100 * self.numerator.dong, self.denominator.dong), 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of one source or of all; debt counts while principal is outstanding."""

    capital: Money
    outstanding: Money
    loans: int
    written_off_unrecovered: Money
    overdue_principal: Money
    interest_open: Money
    overdue_debt: Money
    bad_debt: Money
    by_group: Mapping[int, Money]
    at_risk: Mapping[int, Money]

    @property
    def undisbursed(self) -> Money:
        """What may still be lent; a write-off has used capital until it is recovered."""
        return self.capital - self.outstanding - self.written_off_unrecovered

    @property
    def utilisation(self) -> Ratio:
        """Debt over capital."""
        return Ratio(self.outstanding, self.capital)

    @property
    def overdue_ratio(self) -> Ratio:
        """Tỷ lệ nợ quá hạn, as the source counts overdue debt."""
        return Ratio(self.overdue_debt, self.outstanding)

    @property
    def overdue_principal_ratio(self) -> Ratio:
        """Principal past due over debt."""
        return Ratio(self.overdue_principal, self.outstanding)

    @property
    def bad_debt_ratio(self) -> Ratio:
        """Tỷ lệ nợ xấu, as the source counts bad debt."""
        return Ratio(self.bad_debt, self.outstanding)


@dataclass(frozen=True, slots=True)
class SourcePortfolio:
    """A capital source with the figures of its loans."""

    source: SourceFigures
    figures: Figures


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Each chosen source, and their total; `final_groups` by loan, those active only."""

    sources: tuple[SourcePortfolio, ...]
    total: Figures
    final_groups: Mapping[str, int]


def portfolio(sources: Sequence[SourceFigures], loans: Sequence[LoanFigures]) -> Portfolio:
    """Give the figures of the chosen sources; `loans` are all of the fund's, for contagion."""
    groups = final_groups(loans)
    by_source: dict[str, list[LoanFigures]] = {}
    for loan in loans:
        by_source.setdefault(loan.source, []).append(loan)
    each = tuple(
        SourcePortfolio(source, _figures(source, by_source.get(source.code, []), groups))
        for source in sources
    )
    return Portfolio(each, _sum([one.figures for one in each]), groups)


def final_groups(loans: Sequence[LoanFigures]) -> dict[str, int]:
    """Give each active loan's group with contagion: the borrower's worst (rules §9).

    Only loans of own-risk sources infect and are infected, and only with principal outstanding
    do they infect.
    """
    worst: dict[int, int] = {}
    for loan in loans:
        if loan.bears_risk and loan.principal_outstanding and loan.own_group is not None:
            worst[loan.borrower] = max(worst.get(loan.borrower, 1), loan.own_group)
    return {
        loan.loan: max(loan.own_group, worst.get(loan.borrower, 1) if loan.bears_risk else 1)
        for loan in loans
        if loan.own_group is not None
    }


def _figures(
    source: SourceFigures, loans: Sequence[LoanFigures], groups: Mapping[str, int]
) -> Figures:
    owing = [loan for loan in loans if loan.principal_outstanding]
    parts = [
        overdue_and_bad(source.overdue_method, loan, groups.get(loan.loan)) for loan in owing
    ]
    return Figures(
        capital=source.capital,
        outstanding=_outstanding(owing),
        loans=len(owing),
        written_off_unrecovered=total([loan.written_off_unrecovered for loan in loans]),
        overdue_principal=total([loan.principal_overdue for loan in owing]),
        interest_open=total([loan.interest_open for loan in owing]),
        overdue_debt=total([overdue for overdue, _ in parts]),
        bad_debt=total([bad for _, bad in parts]),
        by_group={
            group: _outstanding([loan for loan in owing if groups[loan.loan] == group])
            for group in GROUPS
        },
        at_risk={
            days: _outstanding([loan for loan in owing if loan.days_past_due > days])
            for days in PAR_DAYS
        },
    )


def overdue_and_bad(
    method: OverdueMethod, loan: LoanFigures, group: int | None
) -> tuple[Money, Money]:
    """Give how much of a loan is overdue and bad debt, as its source's method counts them.

    The Bank for Social Policies counts what was transferred to overdue of loans that are past
    due, not the whole loan, and takes a frozen loan as bad debt only. `group` is the final one.
    """
    whole = loan.principal_outstanding
    if method is OverdueMethod.WHOLE_DEBT:
        is_bad = group is not None and group >= BAD_DEBT
        return (whole if loan.days_past_due >= 1 else NOTHING), (whole if is_bad else NOTHING)
    if loan.in_freeze:
        return NOTHING, whole
    transferred = loan.principal_overdue if loan.days_past_due >= 1 else NOTHING
    return transferred, transferred


def _outstanding(loans: Sequence[LoanFigures]) -> Money:
    return total([loan.principal_outstanding for loan in loans])


def _sum(figures: Sequence[Figures]) -> Figures:
    return Figures(
        capital=total([one.capital for one in figures]),
        outstanding=total([one.outstanding for one in figures]),
        loans=sum(one.loans for one in figures),
        written_off_unrecovered=total([one.written_off_unrecovered for one in figures]),
        overdue_principal=total([one.overdue_principal for one in figures]),
        interest_open=total([one.interest_open for one in figures]),
        overdue_debt=total([one.overdue_debt for one in figures]),
        bad_debt=total([one.bad_debt for one in figures]),
        by_group={group: total([one.by_group[group] for one in figures]) for group in GROUPS},
        at_risk={days: total([one.at_risk[days] for one in figures]) for days in PAR_DAYS},
    )


def portfolio_json(found: Portfolio, as_of: date, known_at: datetime | None) -> dict[str, Any]:
    """Give what `loanfund portfolio --json` prints (rules §12)."""
    return {
        "as_of": as_of.isoformat(),
        "known_at": None if known_at is None else known_at.isoformat(),
        "sources": [
            {"source": one.source.code, **figures_json(one.figures)} for one in found.sources
        ],
        "total": figures_json(found.total),
    }


def figures_json(figures: Figures) -> dict[str, Any]:
    """Give the figures of a source or of the total as plain JSON."""
    return {
        "capital": figures.capital.dong,
        "outstanding": figures.outstanding.dong,
        "loans": figures.loans,
        "undisbursed": figures.undisbursed.dong,
        "utilisation": figures.utilisation.percent,
        "overdue_principal": figures.overdue_principal.dong,
        "interest_open": figures.interest_open.dong,
        "overdue_ratio": ratio_json(figures.overdue_ratio),
        "overdue_principal_ratio": ratio_json(figures.overdue_principal_ratio),
        "bad_debt_ratio": ratio_json(figures.bad_debt_ratio),
        "outstanding_by_group": {
            str(group): amount.dong for group, amount in figures.by_group.items()
        },
        "par": {str(days): amount.dong for days, amount in figures.at_risk.items()},
    }


def ratio_json(ratio: Ratio) -> dict[str, Any]:
    """Give a ratio as plain JSON."""
    return {
        "numerator": ratio.numerator.dong,
        "denominator": ratio.denominator.dong,
        "percent": ratio.percent,
    }
