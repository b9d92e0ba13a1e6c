"""How long the fold takes: three years of equal principal, paid in full each month."""

from collections.abc import Callable
from datetime import date
from time import perf_counter

from loanfund.domain.codec import parse_event, parse_terms
from loanfund.domain.fold import fold
from loanfund.domain.folded import fold_loan
from loanfund.domain.history import History, read_history
from loanfund.domain.posting import Books

MONTHS = 36
TERMS = {
    "amount": 360_000_000,
    "annual_rate": "7.2",
    "term_months": MONTHS,
    "repayment_method": "equal_principal",
}
LENT = {"id": "e0", "type": "disbursement", "date": "2020-01-15", "amount": 360_000_000}
END = date(2023, 2, 1)
ROUNDS = 200


def main() -> None:
    """Print the best of many rounds, which disturbs from outside the least."""
    history = paid_each_month()
    of_fold = best(lambda: fold(history, END))
    of_ledger = best(lambda: fold_loan(history, END).wanted(Books(bears_risk=True)))
    print(f"fold: {of_fold / MONTHS * 1e6:.1f} µs per due date with its payment")
    print(f"fold and its transfers: {of_ledger * 1e6:.0f} µs a loan of {MONTHS} due dates")


def paid_each_month() -> History:
    """Give the loan with a payment on each of its due dates."""
    terms = parse_terms(TERMS)
    lent = parse_event(LENT)
    schedule = fold_loan(read_history(terms, [lent]), date(2020, 1, 15)).schedule()
    payments = [
        parse_event(
            {
                "id": f"e{row.number}",
                "type": "repayment",
                "date": row.due_date.isoformat(),
                "amount": row.total.dong,
            }
        )
        for row in schedule
    ]
    return read_history(terms, [lent, *payments])


def best(work: Callable[[], object]) -> float:
    """Give the shortest time in seconds."""
    times = []
    for _ in range(ROUNDS):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return min(times)
