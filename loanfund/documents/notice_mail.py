"""What a reminder says as a mail: plain text, in the borrower's language."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from loanfund.documents.layout import say
from loanfund.domain.reminder import Due, Letter, LoanPart
from loanfund.wording import amount_in_words

TEMPLATE = "mail-1"  # counted up whenever the texts change


def mail_subject(told: Letter) -> str:
    """Give the subject: overdue, due today, or when the next is due."""
    name = told.borrower.name
    if told.is_overdue:
        return say("mail.subject.overdue", borrower=name)
    first = min(due.due_date for loan in told.loans for due in loan.dues)
    if first == told.day:
        return say("mail.subject.today", borrower=name, day=first)
    return say("mail.subject.coming", borrower=name, day=first)


def mail_body(told: Letter, base_url: str) -> str:
    """Give the text, a paragraph a loan, then the account and whom to ask."""
    fund = told.fund
    lines = [
        say("mail.greeting", borrower=told.borrower.name),
        "",
        say("mail.opening", fund=fund.name, day=told.day),
    ]
    for loan in told.loans:
        lines += ["", *_loan(loan, told.day)]
    if len(told.loans) > 1:
        words = amount_in_words(told.to_pay.dong)
        lines += ["", say("mail.total", amount=told.to_pay, words=words)]
    if told.bank_account:
        lines += ["", say("mail.account", account=told.bank_account)]
    lines += ["", say("mail.more", address=base_url), say("mail.paid")]
    if fund.phone:
        lines.append(say("mail.contact", phone=fund.phone))
    signature = [one for one in (fund.name, fund.address, fund.phone) if one]
    return "\n".join([*lines, "", say("mail.closing"), *signature, ""])


def _loan(loan: LoanPart, day: date) -> Iterator[str]:
    yield say("mail.loan", contract=loan.contract_number, signed=loan.contract_date)
    for due in loan.dues:
        yield f"  - {_due(due, day)}"
    if loan.overdue(day):
        if loan.penalties:
            yield f"  - {say('mail.penalties', amount=loan.penalties, day=day)}"
        if loan.penalty_a_day:
            yield f"  - {say('mail.a_day', amount=loan.penalty_a_day)}"
    asked = loan.to_pay(day)
    yield f"  {say('mail.to_pay', amount=asked, words=amount_in_words(asked.dong))}"
    yield f"  {say('mail.note', note=loan.transfer_note)}"


def _due(due: Due, day: date) -> str:
    """Say when it is or was due, and what is left of it."""
    days = (due.due_date - day).days
    when = "today" if days == 0 else "coming" if days > 0 else "overdue"
    facts = {"due": due.due_date, "days": abs(days), "principal": due.principal}
    line = say(f"mail.due.{when}", **facts, interest=due.interest)
    return f"{line} {say('mail.credit', amount=due.credit)}" if due.credit else line
