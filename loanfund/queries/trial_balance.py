"""The trial balance (bảng cân đối số phát sinh): all accounts before, in and after a period."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy.orm import Session

from loanfund.domain.money import Money
from loanfund.domain.posting import MEMO_ACCOUNTS, Account
from loanfund.domain.report import (
    Behind,
    Column,
    Equation,
    Kind,
    Line,
    Report,
    Said,
    Table,
    summed,
)
from loanfund.queries._behind import before_and_in
from loanfund.queries._booking import account_name, account_numbers, span_of
from loanfund.queries._report import TOTAL, Question
from loanfund.store.journal import Turnover, booked_total, turnovers

PAIRS = ("opening", "turnover", "closing")
COLUMNS = (
    Column("account"),
    Column("account_number"),
    *(Column(f"{pair}_{side}", Kind.MONEY) for pair in PAIRS for side in ("debit", "credit")),
)


def trial_balance(session: Session, question: Question) -> Report:
    """Give all accounts, those off the balance sheet apart; each pair of sums must be equal."""
    span = span_of(question)
    found = turnovers(session, span)
    numbers = account_numbers(session, question)
    accounts = [one for one in Account if one not in MEMO_ACCOUNTS]
    main = _table(accounts, found, numbers, question)
    memo = _table([one for one in Account if one in MEMO_ACCOUNTS], found, numbers, question)
    total = booked_total(session, span, memo=MEMO_ACCOUNTS)
    return Report(
        name="trial_balance",
        first=question.first,
        as_of=question.as_of,
        known_at=question.known_at,
        source=question.source,
        tables=(
            Table(title=Said("report.part.balance_sheet"), columns=COLUMNS, lines=main),
            Table(title=Said("report.part.memo"), columns=COLUMNS, lines=memo),
        ),
        equations=(*_pairs(main[-1]), _journal(main[-1], total)),
        notes=(Said("report.note.trial_balance"),),
    )


def _table(
    accounts: Iterable[Account],
    found: Mapping[Account, Turnover],
    numbers: Mapping[Account, str],
    question: Question,
) -> tuple[Line, ...]:
    lines = [
        Line(
            (
                account_name(account),
                numbers.get(account, ""),
                *_sides(found[account].opening),
                Money(found[account].debit),
                Money(found[account].credit),
                *_sides(found[account].closing),
            ),
            behind=_behind(account, question),
        )
        for account in accounts
    ]
    return (*lines, summed(COLUMNS, lines, TOTAL))


def _behind(account: Account, question: Question) -> Mapping[str, Behind]:
    """Give the account's ledger before the period, and in it."""
    before, within = before_and_in(
        "account_ledger",
        question.source,
        question.first,
        question.as_of,
        account=account.value,
    )
    pairs = {"opening": before, "turnover": within, "closing": within}
    return {
        f"{pair}_{side}": behind
        for pair, behind in pairs.items()
        for side in ("debit", "credit")
    }


def _sides(balance: int) -> tuple[Money, Money]:
    """Put a balance on the side where it stands."""
    return Money(max(balance, 0)), Money(max(-balance, 0))


def _pairs(total: Line) -> Iterable[Equation]:
    for place, pair in enumerate(PAIRS):
        debit, credit = total.cells[2 + 2 * place], total.cells[3 + 2 * place]
        said = Said(f"report.equation.{pair}", {"debit": debit, "credit": credit})
        yield Equation(said, debit == credit)


def _journal(total: Line, booked: int) -> Equation:
    """Say that the movements are those of the journal, summed apart."""
    facts = {"turnover": total.cells[4], "journal": Money(booked)}
    return Equation(Said("report.equation.journal", facts), total.cells[4] == Money(booked))
