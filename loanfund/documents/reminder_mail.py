"""What a reminder says as a mail: plain text, in the borrower's language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from loanfund.documents.layout import say
from loanfund.domain.notice import Enclosed
from loanfund.domain.reminder import Due, Letter, LoanPart
from loanfund.wording import amount_in_words

TEMPLATE = "mail-3"  # counted up whenever the texts change


def subject(told: Letter) -> str:
    """Give the subject: overdue, due today, or when the next is due."""
    name = told.borrower.name
    if told.is_overdue:
        return say("mail.subject.overdue", borrower=name)
    first = min(due.due_date for loan in told.loans for due in loan.dues)
    if first == told.day:
        return say("mail.subject.today", borrower=name, day=first)
    return say("mail.subject.coming", borrower=name, day=first)


def mail_body(told: Letter, enclosed: Sequence[Enclosed], base_url: str) -> str:
    """Give the text: a paragraph a loan, the account, whom to ask, and what is attached."""
    fund = told.fund
    lines = [
        say("mail.greeting", borrower=told.borrower.name),
        "",
        say("mail.opening", fund=fund.name, day=told.day),
    ]
    for loan in told.loans:
        lines += ["", heading(loan)]
        lines += [f"  - {line}" for line in items(loan, told.day)]
        lines += [f"  {line}" for line in asked(loan, told.day)]
    lines += [one for line in ending(told) for one in ("", line)]
    lines += ["", say("mail.more", address=base_url), say("mail.paid")]
    if fund.phone:
        lines.append(say("mail.contact", phone=fund.phone))
    if enclosed:
        lines += ["", say("mail.enclosed"), *(f"  - {_enclosed(one)}" for one in enclosed)]
    signature = [one for one in (fund.name, fund.address, fund.phone) if one]
    return "\n".join([*lines, "", say("mail.closing"), *signature, ""])


def heading(loan: LoanPart) -> str:
    """Name the contract that the next lines are about."""
    return say("mail.loan", contract=loan.contract_number, signed=loan.contract_date)


def items(loan: LoanPart, day: date) -> Iterator[str]:
    """Say each due, and where one is overdue what delay has cost and costs a day."""
    for due in loan.dues:
        yield _due(due, day)
    if loan.overdue(day):
        if loan.penalties:
            yield say("mail.penalties", amount=loan.penalties, day=day)
        if loan.penalty_a_day:
            yield say("mail.a_day", amount=loan.penalty_a_day)


def asked(loan: LoanPart, day: date) -> Iterator[str]:
    """Say what is to be paid, and what to write on the transfer."""
    amount = loan.to_pay(day)
    yield say("mail.to_pay", amount=amount, words=amount_in_words(amount.dong))
    yield say("mail.note", note=loan.transfer_note)


def ending(told: Letter) -> Iterator[str]:
    """Say what all contracts come to, and the account."""
    if len(told.loans) > 1:
        words = amount_in_words(told.to_pay.dong)
        yield say("mail.total", amount=told.to_pay, words=words)
    if told.bank_account:
        yield say("mail.account", account=told.bank_account)


def _due(due: Due, day: date) -> str:
    """Say when it is or was due, and what is left of it."""
    days = (due.due_date - day).days
    when = "today" if days == 0 else "coming" if days > 0 else "overdue"
    facts = {"due": due.due_date, "days": abs(days), "principal": due.principal}
    line = say(f"mail.due.{when}", **facts, interest=due.interest)
    return f"{line} {say('mail.credit', amount=due.credit)}" if due.credit else line


def _enclosed(one: Enclosed) -> str:
    """Name an attached notice: what it is, its number, which time, and its file."""
    facts = {"number": one.number, "count": one.count, "file": one.file_name}
    return say(f"mail.enclosed.{one.kind}", **facts)
