"""What a reminder says as a mail: plain text, in the borrower's language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from loanfund.documents.layout import say
from loanfund.domain.letter import Letter, LoanPart
from loanfund.domain.notice import Enclosed
from loanfund.domain.reminder import Due
from loanfund.wording import amount_in_words

TEMPLATE = "mail-3"  # counted up whenever the texts change


def subject(told: Letter) -> str:
    """Give the subject: overdue, due today, or when the next is due."""
    name = told.borrower.name
    if told.is_overdue:
        return say("mail.subject.overdue", borrower=name)
    first = min(day for loan in told.everything for day in days_of(loan, told.day))
    if first == told.day:
        return say("mail.subject.today", borrower=name, day=first)
    return say("mail.subject.coming", borrower=name, day=first)


def mail_body(told: Letter, enclosed: Sequence[Enclosed], base_url: str) -> str:
    """Give the text: a paragraph a loan, the account, whom to ask, and what is attached."""
    fund = told.fund
    lines = [
        say("mail.greeting", borrower=told.borrower.name),
        "",
        say("mail.opening", fund=fund.name),
    ]
    for loan in told.everything:
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


def days_of(loan: LoanPart, day: date) -> Iterator[date]:
    """Give the days by which something is to be paid, the letter's own among them."""
    if loan.to_pay(day):
        yield day
    yield from (due.due_date for due in loan.coming(day))


def items(loan: LoanPart, day: date) -> Iterator[str]:
    """Say what is due, what delay costs, and what credit pays of it; then what is coming."""
    for due in loan.due(day):
        yield _due(due, day)
    if loan.penalties:
        yield say("mail.penalties", amount=loan.penalties, day=day)
    if loan.is_overdue(day) and loan.penalty_a_day:
        yield say("mail.a_day", amount=loan.penalty_a_day)
    if loan.from_credit:
        yield say("mail.from_credit", amount=loan.from_credit)
    for due in loan.coming(day):
        yield _due(due, day)


def asked(loan: LoanPart, day: date) -> Iterator[str]:
    """Say what is to be paid by when, what falls due next, and what a transfer is to say."""
    if amount := loan.to_pay(day):
        yield say("mail.to_pay", day=day, amount=amount, words=amount_in_words(amount.dong))
    for due in loan.coming(day):
        facts = {"day": due.due_date, "amount": due.to_pay}
        yield say("mail.to_pay.coming", **facts, words=amount_in_words(due.to_pay.dong))
        if due.off:
            kind = say(f"web.day_off.{due.off.kind}")
            yield say("web.day_off.pay_by", off=kind, day=due.off.pay_by)
    if loan.next_due:
        yield _next(loan.next_due)
    yield say("mail.note", note=loan.transfer_note)


def ending(told: Letter) -> Iterator[str]:
    """Say what several contracts come to on a day, and the account."""
    for day, amount in told.totals:
        key = "mail.total" if day == told.day else "mail.total.coming"
        yield say(key, day=day, amount=amount, words=amount_in_words(amount.dong))
    if told.bank_account:
        yield say("mail.account", account=told.bank_account, holder=told.fund.name)


def _due(due: Due, day: date) -> str:
    """Say when it is or was due, and what is left of it."""
    days = (due.due_date - day).days
    when = "today" if days == 0 else "coming" if days > 0 else "overdue"
    facts = {"due": due.due_date, "days": abs(days), "parts": _parts(due)}
    return _less_credit(say(f"mail.due.{when}", **facts), due)


def _next(due: Due) -> str:
    facts = {"day": due.due_date, "amount": due.to_pay, "parts": _parts(due)}
    return _less_credit(say("mail.next", **facts), due)


def _parts(due: Due) -> str:
    """Say what a due is made of; what there is none of is not named."""
    parts = (("principal", due.principal), ("interest", due.interest))
    return ", ".join(say(f"mail.part.{name}", amount=one) for name, one in parts if one)


def _less_credit(line: str, due: Due) -> str:
    return f"{line} {say('mail.credit', amount=due.credit)}" if due.credit else line


def _enclosed(one: Enclosed) -> str:
    """Name an attached notice: what it is, its number, which time, and its file."""
    facts = {"number": one.number, "count": one.count, "file": one.file_name}
    return say(f"mail.enclosed.{one.kind}", **facts)
