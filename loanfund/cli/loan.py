"""`loanfund loan`, `repay` and `statement`: one contract."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from loanfund.cli.program import (
    CODE,
    DAY,
    PAST_DAY,
    Program,
    as_of_option,
    command,
    json_option,
    known_at,
    known_at_option,
)
from loanfund.cli.saying import print_json
from loanfund.documents.layout import imprint
from loanfund.documents.statement import render_statement
from loanfund.domain.code import tidy_reference
from loanfund.domain.errors import InvalidInputError
from loanfund.domain.event import PaymentMethod
from loanfund.domain.issue import Issue
from loanfund.domain.money import Money
from loanfund.domain.permission import Action, check
from loanfund.domain.simulation import position_json, transaction_json, view
from loanfund.domain.statement_parts import Statement
from loanfund.domain.surplus import unsaid
from loanfund.domain.terms import Surplus
from loanfund.models.loan import Loan
from loanfund.queries._standing import Moment
from loanfund.queries.document import document_file
from loanfund.queries.loan import LoanView, loan_at
from loanfund.services.repayment import Repay, preview_repayment
from loanfund.services.repayment import repay as record_repayment
from loanfund.services.statement import IssueStatement, issue_statement
from loanfund.store.code import kept_code
from loanfund.store.request_key import new_key
from loanfund.wording import clean, dmy, explain, text, vnd
from loanfund.wording.reading import read_amount

BALANCES = (
    "principal_outstanding",
    "principal_overdue",
    "interest_open",
    "overdue_interest_open",
    "late_interest_open",
    "accrued_interest",
    "credit",
    "settlement_amount",
)
PARTS = ("principal", "interest", "overdue_interest", "late_interest", "credit")


@click.command()
@click.argument("contract", type=CODE)
@as_of_option
@known_at_option
@json_option
@command
def loan(
    program: Program, contract: str, as_of: date | None, known: str | None, *, as_json: bool
) -> None:
    """Show the position, schedule, charges and transactions of CONTRACT."""
    check(program.actor, Action.SEE_LOANS)
    moment = Moment(as_of or program.clock.today(), known_at(known))
    with program.reading() as session:
        found = loan_at(session, kept_code(session, Loan.contract_number, contract), moment)
    if as_json:
        print_json(loan_json(found))
    else:
        _print_loan(found, program.language)


def loan_json(found: LoanView) -> dict[str, Any]:
    """Give a loan as plain JSON (rules §12)."""
    return {
        "contract": found.loan.contract_number,
        "borrower": found.borrower,
        "source": found.source,
        "debt_group_final": found.final_group,
        **view(found.folded),
    }


def _print_loan(found: LoanView, language: str) -> None:
    place = found.folded.position()
    click.echo(f"{found.loan.contract_number} · {found.borrower} · {found.source}")
    click.echo(text("loan.position_on", language, day=dmy(place.as_of)))
    for name in BALANCES:
        click.echo(f"  {text(f'loan.{name}', language):<36}{vnd(getattr(place, name)):>22}")
    to_pay = vnd(found.folded.to_pay().amount)
    click.echo(f"  {text('to_pay.title', language):<36}{to_pay:>22}")
    click.echo(f"  {text('loan.days_past_due', language):<36}{place.days_past_due:>22}")
    for row in found.folded.transactions():
        kind = text(f"event.{row.type}", language)
        amounts = f"{vnd(row.amount):>22}{vnd(row.principal_balance):>22}"
        click.echo(f"  {dmy(row.value_date)}  {kind:<28}{amounts}")


@click.command()
@click.argument("contract", type=CODE)
@click.argument("day", type=PAST_DAY, metavar="DATE")
@click.argument("amount")
@click.option(
    "--method", type=click.Choice(["cash", "bank"]), default="bank", show_default=True
)
@click.option(
    "--surplus",
    type=click.Choice([way.value for way in Surplus]),
    help="Where money beyond what is due goes; else where the contract says.",
)
@click.option("--meant", metavar="REASON", help="Why an amount far beyond dues is right.")
@click.option("--payer", help="Who paid.")
@click.option("--reference", help="Reference of the bank.")
@click.option("--note", help="What is printed on the receipt.")
@click.option("--key", help="Idempotency key: the same request sent again posts once.")
@click.option("--preview", is_flag=True, help="Show what would happen; write nothing.")
@json_option
@command
def repay(program: Program, /, **given: Any) -> None:
    """Record that AMOUNT was repaid on CONTRACT on DATE, and print the receipt's number."""
    request = Repay(
        contract_number=program.kept(Loan.contract_number, given["contract"]),
        value_date=given["day"],
        amount=Money(read_amount(given["amount"])),
        method=PaymentMethod(given["method"]),
        surplus=Surplus(given["surplus"]) if given["surplus"] else None,
        must_be_meant=True,
        meant=_typed(given["meant"]),
        payer=_typed(given["payer"]),
        reference=tidy_reference(given["reference"] or "") or None,
        note=_typed(given["note"]),
        key=new_key() if given["key"] is None else given["key"],
    )
    result = _previewed(program, request) if given["preview"] else _recorded(program, request)
    surplus = result.pop("surplus", None)
    if surplus is not None:
        way = "credit" if result["allocation"]["credit"] else "principal"
        told = text(f"repayment.surplus.{way}", program.language, amount=Money(surplus))
        click.echo(told, err=True)
    if given["as_json"]:
        print_json(result)
    else:
        _print_receipt(result, program.language)


def _typed(text: str | None) -> str | None:
    return clean(text or "") or None


def _recorded(program: Program, request: Repay) -> dict[str, Any]:
    actor = program.actor
    with program.sessions() as session:
        recorded = record_repayment(session, request, actor, program.clock)
    return {**recorded.result, "replayed": recorded.replayed}


def _previewed(program: Program, request: Repay) -> dict[str, Any]:
    """Give what posting would give, without receipt and event."""
    check(program.actor, Action.RECORD_REPAYMENT)
    with program.reading() as session:
        found = preview_repayment(session, request, program.clock)
    if found.beyond is not None and not request.meant:
        click.echo(explain(found.beyond.refusal("new"), program.language), err=True)
    plan = found.plan
    row, left = plan.rows[0], unsaid(plan.after, plan.new)
    return {
        "receipt": None,
        "event": None,
        "replayed": False,
        "allocation": {part: getattr(row, part).dong for part in PARTS},
        "position": position_json(plan.position_after),
        **({"surplus": left[0].amount} if left else {}),
        "changed": [
            {
                "before": transaction_json(one.before) if one.before else None,
                "after": transaction_json(one.after) if one.after else None,
            }
            for one in plan.resplit
        ],
    }


def _print_receipt(result: dict[str, Any], language: str) -> None:
    number = result["receipt"] or text("repayment.preview", language)
    click.echo(number)
    for part in PARTS:
        amount = result["allocation"][part]
        if amount:
            click.echo(f"  {text(f'component.{part}', language):<36}{vnd(amount):>22}")
    left = result["position"]["principal_outstanding"]
    click.echo(f"  {text('loan.principal_outstanding', language):<36}{vnd(left):>22}")


@click.command()
@click.argument("contract", type=CODE)
@click.option("--from", "start", type=DAY, metavar="D", help="First day of the period.")
@click.option("--to", "end", type=DAY, metavar="D", help="Last day of the period.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    required=True,
    help="PDF file.",
)
@command
def statement(
    program: Program, contract: str, start: date | None, end: date | None, output: Path
) -> None:
    """Issue the statement of CONTRACT as a PDF file, and print its number."""
    base_url = program.settings.base_url

    def render(found: Statement, issue: Issue) -> bytes:
        return render_statement(found, imprint(issue, base_url))

    if not output.parent.is_dir():
        raise click.BadParameter(str(output.parent), param_hint="--output")
    actor = program.actor
    kept = program.kept(Loan.contract_number, contract)
    request = IssueStatement(contract_number=kept, period_from=start, period_to=end)
    with program.sessions() as session:
        number = issue_statement(session, request, actor, program.clock, render)
    with program.reading() as session:
        file = document_file(session, number, actor).file
    click.echo(number)
    try:
        output.write_bytes(file)
    except OSError as wrong:
        why = wrong.strerror or str(wrong)
        raise InvalidInputError("file_unwritten", file=str(output), why=why) from wrong
