"""What each kind of proposal asks for, in one sentence and line by line; see `CONTENTS`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.money import Money, Rate
from loanfund.domain.proposal import ProposalKind
from loanfund.domain.report import Said
from loanfund.domain.seen import SETTING, about_setting
from loanfund.domain.voucher import MONEY_OUT
from loanfund.models.capital import CapitalMovement, CapitalSource
from loanfund.models.loan import Loan, LoanEvent
from loanfund.queries._proposal_import import import_lines, import_says
from loanfund.queries._proposal_line import Content, Line, Payload, Stood, no_amount
from loanfund.queries._proposal_people import (
    factor_off_lines,
    factor_off_says,
    link_lines,
    link_says,
    role_lines,
    role_says,
)
from loanfund.queries._said import Value, said_instalment, said_term
from loanfund.queries.closed_month import booked_in
from loanfund.store.ledger import least_undisbursed
from loanfund.store.setting import load_settings
from loanfund.wording import event_name

LEFT = ("source_left", "")


def _day(value: str) -> date:
    return date.fromisoformat(value)


def _loan_says(session: Session, payload: Payload) -> Iterator[Said]:
    for event in payload["events"]:
        if event["type"] == "amend":
            yield from _amend_says(event["terms"])
            continue
        if event["type"] == "reversal":
            row = _event(session, payload["contract_number"], event["of"])
            known = {"number": _number(row), "date": row.value_date}
            yield Said("proposal.says.reversal", {**known, "what": Said(f"event.{row.type}")})
            continue
        facts: dict[str, object] = {
            name: read(event[name]) for name, read in _SENTENCE_FACTS.items() if name in event
        }
        if "plan" in event:
            facts |= {"until": _day(event["plan"][-1]["date"]), "count": len(event["plan"])}
        yield Said(f"proposal.says.{_sentence(event)}", facts)


def _amend_says(terms: Mapping[str, Any]) -> Iterator[Said]:
    """Say each term that is changed; a plan or an order is only named."""
    for name, value in terms.items():
        told = said_term(name, value)
        facts: dict[str, object] = {"term": Said(f"term.{name}")}
        if told is None or isinstance(told, tuple):
            yield Said("proposal.says.amend", facts)
        else:
            yield Said("proposal.says.amend_to", {**facts, "value": told})


def _sentence(event: Mapping[str, Any]) -> str:
    """Give which sentence an event takes."""
    kind: str = event["type"]
    if kind == "reschedule":
        return str(event["kind"])
    if kind == "interest_waiver":
        return f"{kind}_{event['of']}"
    return "given_split" if event.get("split") else kind


_SENTENCE_FACTS: Mapping[str, Callable[[Any], object]] = {
    "date": _day,
    "until": _day,
    "amount": Money,
    "annual_rate": Rate.percent,
}


def _loan_amount(payload: Payload) -> Money | None:
    amounts = [event["amount"] for event in payload["events"] if "amount" in event]
    return Money(amounts[-1]) if amounts else None


def _loan_lines(session: Session, payload: Payload, _stood: Stood) -> Iterator[Line]:
    for event in payload["events"]:
        if event["type"] == "reversal":
            yield from _reversed(_event(session, payload["contract_number"], event["of"]))
        else:
            yield from _event_lines(event)
    for name in ("payer", "reference", "note", "amount_meant"):
        said = payload.get(name.removeprefix("amount_"))
        if said:
            is_paid_out = name == "payer" and payload["events"][-1]["type"] in MONEY_OUT
            label = "recipient" if is_paid_out else name
            yield Line(label=Said(f"proposal.line.{label}"), after=said)


def _event_lines(event: Mapping[str, Any]) -> Iterator[Line]:
    for name, value in event.items():
        if name in _EVENT_VALUES and value is not None and value is not False:
            yield Line(label=Said(f"proposal.line.{name}"), after=_EVENT_VALUES[name](value))
    for name, value in event.get("terms", {}).items():
        yield Line(label=Said(f"term.{name}"), after=said_term(name, value))
    for part, amount in (event.get("split") or {}).items():
        yield Line(label=Said(f"component.{part}"), after=Money(amount))


_EVENT_VALUES: Mapping[str, Callable[[Any], Value]] = {
    "date": _day,
    "amount": Money,
    "method": lambda value: Said(f"loan_page.event.{value}"),
    "annual_rate": Rate.percent,
    "plan": lambda rows: tuple(said_instalment(row) for row in rows),
    "unpaid_interest_due": _day,
    "until": _day,
    "of": lambda value: Said(f"proposal.of.{value}"),
    "keeps_debt_group": lambda _: Said("proposal.yes"),
    "surplus": lambda value: Said(f"loan_page.surplus.{value}"),
}


def _reversed(row: LoanEvent) -> Iterator[Line]:
    """Say what a reversal takes back."""
    facts = {"day": row.value_date, "number": _number(row)}
    yield Line(label=Said("proposal.line.takes_back"), after=Said(f"event.{row.type}"))
    yield Line(label=Said("proposal.line.voucher"), after=Said("proposal.voucher", facts))
    if row.amount is not None:
        yield Line(label=Said("proposal.line.amount_taken_back"), after=row.amount)


def _number(row: LoanEvent) -> str:
    return event_name(row.number, row.type, row.value_date)


def _event(session: Session, contract_number: str, sequence: str) -> LoanEvent:
    """Give an event of a loan by its place."""
    query = (
        select(LoanEvent)
        .join(Loan, Loan.id == LoanEvent.loan_id)
        .where(Loan.contract_number == contract_number, LoanEvent.sequence == int(sequence))
    )
    return session.scalars(query).one()


def _contract_says(_session: Session, payload: Payload) -> Iterator[Said]:
    facts = {"contract": payload["contract_number"]}
    amount = _contract_amount(payload)
    yield Said("proposal.says.contract", {**facts, "amount": amount or "–"})


def _contract_amount(payload: Payload) -> Money | None:
    amount = payload["terms"].get("amount")
    return Money(amount) if amount else None


def _contract_lines(session: Session, payload: Payload, _stood: Stood) -> Iterator[Line]:
    query = (
        select(CapitalSource.name)
        .join(Loan, Loan.source_id == CapitalSource.id)
        .where(Loan.contract_number == payload["contract_number"])
    )
    yield Line(label=Said("proposal.line.source"), after=session.scalar(query))
    for name, value in payload["terms"].items():
        if value not in (None, [], ""):
            yield Line(label=Said(f"term.{name}"), after=said_term(name, value))


def _capital_says(session: Session, payload: Payload) -> Iterator[Said]:
    if "reverses" in payload:
        undone = session.get_one(CapitalMovement, payload["reverses"])
        kind = "contribution" if undone.amount.dong > 0 else "withdrawal"
        told = {"amount": Money(abs(undone.amount.dong)), "date": undone.value_date}
        yield Said(f"proposal.says.{kind}_undone", {**told, "contributor": undone.contributor})
        return
    amount = payload["amount"]
    key = "contribution" if amount > 0 else "withdrawal"
    facts = {"amount": Money(abs(amount)), "date": _day(payload["value_date"])}
    yield Said(f"proposal.says.{key}", {**facts, "source": payload["source_code"]})


def _capital_amount(payload: Payload) -> Money | None:
    return Money(payload["amount"]) if "amount" in payload else None


def value_day(session: Session, kind: ProposalKind, payload: Payload) -> date | None:
    """Give the day from which on a source's money is counted; None where it is of today."""
    if kind is ProposalKind.CAPITAL_MOVEMENT:
        if "reverses" in payload:
            return session.get_one(CapitalMovement, payload["reverses"]).value_date
        return _day(payload["value_date"])
    days = [one["date"] for one in payload.get("events", ()) if one["type"] == "disbursement"]
    return _day(days[0]) if days else None


def _capital_lines(session: Session, payload: Payload, stood: Stood) -> Iterator[Line]:
    if "reverses" in payload:
        undone = session.get_one(CapitalMovement, payload["reverses"])
        month = booked_in(session, undone.value_date)
        if month and stood is None:
            yield Line(label=Said("proposal.line.closed_month"), after=month)
        return
    query = select(CapitalSource).where(CapitalSource.code == payload["source_code"])
    source, day = session.scalars(query).one(), _day(payload["value_date"])
    yield Line(label=Said("proposal.line.source"), after=source.name)
    yield Line(label=Said("proposal.line.date"), after=day)
    month = booked_in(session, day)
    if month and stood is None:
        yield Line(label=Said("proposal.line.closed_month"), after=month)
    yield Line(label=Said("proposal.line.contributor"), after=payload["contributor"])
    left = least_undisbursed(session, source.id, day) if stood is None else stood.get(LEFT)
    if left is not None:
        moved = left + Money(payload["amount"])
        label = Said("proposal.line.undisbursed", {"date": day})
        yield Line(label=label, before=left, after=moved)
    if payload.get("note"):
        yield Line(label=Said("proposal.line.note"), after=payload["note"])


def _settings_says(_session: Session, payload: Payload) -> Iterator[Said]:
    """Say a sentence of each key, so that each is named as the settings name it."""
    firsts: dict[str, str] = {}
    for one in payload["settings"]:
        firsts[one["key"]] = min(one["valid_from"], firsts.get(one["key"], one["valid_from"]))
    for key, first in sorted(firsts.items()):
        yield Said("proposal.says.settings", {"name": _setting_name(key), "date": _day(first)})


def _setting_name(key: str) -> Said:
    return Said(f"setting.key.{key}")


def _settings_lines(session: Session, payload: Payload, stood: Stood) -> Iterator[Line]:
    book = load_settings(session)
    codes = {
        row.code: row.id
        for row in session.execute(select(CapitalSource.code, CapitalSource.id))
    }
    for one in payload["settings"]:
        source, day = one["source_code"], _day(one["valid_from"])
        key = one["key"]
        facts = {"name": _setting_name(key), "date": day, "source": source or "–"}
        if stood is None:
            stands = book.get(key, day, codes[source] if source else None)
        else:
            stands = stood.get((SETTING, about_setting(key, day, source)))
        label = Said("proposal.line.setting_of" if source else "proposal.line.setting", facts)
        yield Line(label=label, before=stands, after=one["value"], setting=key)


def _close_says(_session: Session, payload: Payload) -> Iterator[Said]:
    yield Said("proposal.says.close", {"date": _day(payload["month_end"])})


def _close_lines(_session: Session, payload: Payload, _stood: Stood) -> Iterator[Line]:
    yield Line(label=Said("proposal.line.month_end"), after=_day(payload["month_end"]))


def _rules_says(_session: Session, payload: Payload) -> Iterator[Said]:
    yield Said("proposal.says.present_rules", {"count": len(payload["contracts"])})


def _rules_lines(_session: Session, payload: Payload, _stood: Stood) -> Iterator[Line]:
    for tolerance in sorted(set(payload["contracts"].values())):
        yield Line(label=Said("term.tolerance"), after=Money(tolerance))
    yield Line(label=Said("proposal.line.contracts"), after=", ".join(payload["contracts"]))


CONTENTS: Mapping[ProposalKind, Content] = {
    ProposalKind.LOAN_CHANGE: Content(_loan_says, _loan_amount, _loan_lines),
    ProposalKind.CONTRACT: Content(_contract_says, _contract_amount, _contract_lines),
    ProposalKind.CAPITAL_MOVEMENT: Content(_capital_says, _capital_amount, _capital_lines),
    ProposalKind.SETTINGS: Content(_settings_says, no_amount, _settings_lines),
    ProposalKind.ROLE: Content(role_says, no_amount, role_lines),
    ProposalKind.LINK: Content(link_says, no_amount, link_lines),
    ProposalKind.FACTOR_OFF: Content(factor_off_says, no_amount, factor_off_lines),
    ProposalKind.CLOSE: Content(_close_says, no_amount, _close_lines),
    ProposalKind.IMPORT: Content(import_says, no_amount, import_lines),
    ProposalKind.PRESENT_RULES: Content(_rules_says, no_amount, _rules_lines),
}
