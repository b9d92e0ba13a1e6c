"""Principal due dates and the amounts due on them (sections 3 and 4)."""

from datetime import date
from fractions import Fraction

from tests.oracle.dates import Grid, add_months, each_day, nominal_interest_dates, year_share
from tests.oracle.loan import Instalment, Loan
from tests.oracle.payment import prepay
from tests.oracle.refusal import Refused
from tests.oracle.rounding import half_up
from tests.oracle.terms import Terms


def contract_maturity(terms: Terms, start: date) -> date:
    """M, before it moves to a working day (section 3)."""
    if terms.repayment_method == "custom":
        return terms.principal_plan[-1][0]
    return add_months(start, terms.term_months)


def open_loan(terms: Terms, start: date) -> Loan:
    """The loan on the day of its first disbursement, before the money moves."""
    maturity = contract_maturity(terms, start)
    loan = Loan(
        terms=terms,
        start=start,
        annual_rate=terms.annual_rate,
        maturity=maturity,
        maturity_due=start,
        grid_maturity=maturity,
        limit=terms.amount,
        charged_to={"interest": start, "overdue_interest": start, "late_interest": start},
    )
    loan.maturity_due = loan.due_date(maturity)
    return loan


def principal_dates(loan: Loan) -> list[tuple[date, int]]:
    """The nominal principal due dates of the contract, each with its weight (sections 3, 4)."""
    terms, maturity = loan.terms, loan.maturity
    if terms.repayment_method == "custom":
        return list(terms.principal_plan)
    if terms.repayment_method == "principal_at_maturity":
        return [(maturity, 1)]
    every = 1 if terms.repayment_method == "annuity" else terms.principal_every_months
    grace = terms.principal_grace_months
    grid = Grid(
        start=loan.start,
        interest_day=terms.interest_day or loan.start.day,
        every_months=terms.interest_every_months,
        maturity=maturity,
        holidays=None,
        freezes=(),
    )
    dates = [
        day
        for k, day in nominal_interest_dates(grid, maturity)
        if k > grace and (k - grace) % every == 0
    ]
    return [(day, 1) for day in [*dates, maturity]]


def plan_first_disbursement(loan: Loan, amount: int) -> None:
    """Over all principal due dates (section 4)."""
    dates = principal_dates(loan)
    if dates[0][0] <= loan.start:
        raise Refused("invalid_terms")
    loan.instalments = [
        Instalment(due=loan.due_date(day), planned=0, weight=weight) for day, weight in dates
    ]
    plan_tranche(loan, loan.start, amount, refusal="invalid_terms")


def plan_later_disbursement(loan: Loan, day: date, amount: int) -> None:
    """Over the principal due dates strictly after the day; with none left it is refused."""
    if not instalments_after(loan, day):
        raise Refused("invalid_event")
    plan_tranche(loan, day, amount, refusal="invalid_event")


def instalments_after(loan: Loan, day: date) -> list[Instalment]:
    return [instalment for instalment in loan.instalments if instalment.due > day]


def plan_tranche(loan: Loan, day: date, amount: int, *, refusal: str) -> None:
    instalments = instalments_after(loan, day)
    if loan.terms.repayment_method == "annuity":
        plan_annuity(loan, day, instalments, amount)
        return
    weights = [instalment.weight for instalment in instalments]
    shares = spread(amount, weights, loan.terms.principal_rounding)
    if min(shares) <= 0:
        raise Refused(refusal)
    for instalment, share in zip(instalments, shares, strict=True):
        instalment.planned += share


def spread(amount: int, weights: list[int], rounding: int) -> list[int]:
    """Each but the last gets its rounded share, the last the rest (section 4)."""
    shares = [half_up(Fraction(amount * w, sum(weights)), rounding) for w in weights[:-1]]
    return [*shares, amount - sum(shares)]


def level_payment(loan: Loan, principal: int, count: int) -> int:
    """The annuity's payment A (section 4)."""
    months = loan.terms.interest_every_months if loan.terms.edition == 2 else 1
    i = loan.annual_rate / 100 * months / 12
    exact = principal * i / (1 - (1 + i) ** -count) if i else Fraction(principal, count)
    return half_up(exact, loan.terms.principal_rounding)


def plan_annuity(loan: Loan, day: date, instalments: list[Instalment], tranche: int) -> None:
    """Plans the instalments anew; what was prepaid on them is applied again (section 4)."""
    principal = sum(instalment.planned for instalment in instalments) + tranche
    prepaid = sum(instalment.paid for instalment in instalments)
    payment = level_payment(loan, principal, len(instalments))
    amounts = annuity_amounts(loan, day, [i.due for i in instalments], (principal, payment))
    for instalment, amount in zip(instalments, amounts, strict=True):
        instalment.planned = amount
        instalment.paid = 0
    prepay(loan, prepaid, day)


def annuity_amounts(
    loan: Loan, day: date, dues: list[date], figures: tuple[int, int]
) -> list[int]:
    """Each instalment is the payment less its period's interest; the last takes the rest."""
    principal, payment = figures
    plan: list[tuple[date, int]] = []
    for due in dues:
        balance = principal - sum(amount for _, amount in plan)
        shares_a_row = any(due == earlier for earlier, _ in plan)
        interest = 0 if shares_a_row else planned_interest(loan, day, due, (principal, plan))
        plan.append((due, min(max(payment - interest, 0), balance)))
    amounts = [amount for _, amount in plan[:-1]]
    return [*amounts, principal - sum(amounts)]


def planned_interest(
    loan: Loan, day: date, due: date, planned: tuple[int, list[tuple[date, int]]]
) -> int:
    """In-term interest of the period that ends on `due`, each day on its planned balance."""
    principal, plan = planned
    total = Fraction()
    for each in each_day(period_start(loan, day, due), due):
        if each < day:
            end = loan.days[(each - loan.start).days]
            balance, rate = end.planned, end.annual_rate
        else:
            balance = principal - sum(amount for earlier, amount in plan if earlier <= each)
            rate = loan.annual_rate
        if not loan.is_frozen(each):
            total += balance * rate / 100 * year_share(loan.terms.day_count, each)
    return half_up(total)


def period_start(loan: Loan, day: date, due: date) -> date:
    """The interest due date before `due`: one gone by, or one to come after `day`."""
    to_come = [each for each in loan.interest_dates(due) if day < each < due]
    return max([loan.start, *loan.interest_days, *to_come])
