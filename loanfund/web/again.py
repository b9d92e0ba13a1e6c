"""A proposal that came back to its maker: where it is made again, and how its form begins.

Which one is meant stands in the address of the form, and is carried in it; it is taken for
nothing else than a proposal of one's own that was returned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, g, request, url_for
from werkzeug.datastructures import MultiDict

from loanfund.domain.errors import NotFoundError
from loanfund.domain.money import Money
from loanfund.domain.proposal import ProposalKind
from loanfund.queries.proposal import (
    ProposalLine,
    ProposalPage,
    proposal_page,
    returned_proposals,
)
from loanfund.queries.proposal_former import Former, former_of, waiting_instead
from loanfund.web import database
from loanfund.web.context import now
from loanfund.web.form import LONGEST_VERSION, Form
from loanfund.web.login import signed_in
from loanfund.web.reversal import WhyForm
from loanfund.wording import dmy, text, vnd

PAPERS = "vi"
NAME = "again"
SHOWN_FOR = timedelta(days=30)  # what came back longer ago is in the inbox

page = Blueprint("again", __name__)


def address(found: ProposalPage) -> str | None:
    """Give the page on which such a thing is proposed; a workbook is loaded again instead."""
    return ADDRESSES[found.line.kind](found)


def _of_a_loan(found: ProposalPage) -> str:
    events, loan_id = found.payload["events"], found.line.loan_id
    first, last = events[0], events[-1]
    asked: dict[str, Any] = {"loan_id": loan_id, NAME: found.line.id}
    if first["type"] == "reversal":
        kind = "change.reversal" if last is first else "correction.show"
        return url_for(kind, sequence=int(first["of"]), **asked)
    kind = "given_split" if last["type"] == "repayment" else last["type"]
    return url_for(f"change.{kind}", **asked)


def _of_a_movement(found: ProposalPage) -> str:
    if "reverses" in found.payload:
        movement_id = found.payload["reverses"]
        return url_for("capital.undo", movement_id=movement_id, again=found.line.id)
    return url_for("capital.begin", again=found.line.id)


def _of_settings(found: ProposalPage) -> str:
    key = found.payload["settings"][0]["key"]
    return url_for("setting.ask", key=key, again=found.line.id)


def _of_rules(found: ProposalPage) -> str:
    return url_for("present_rules.show", again=found.line.id)


def _of_people(_found: ProposalPage) -> str:
    return url_for("user.show")


ADDRESSES: Mapping[ProposalKind, Callable[[ProposalPage], str | None]] = {
    ProposalKind.LOAN_CHANGE: _of_a_loan,
    ProposalKind.CONTRACT: lambda found: url_for("contract.edit", loan_id=found.line.loan_id),
    ProposalKind.CAPITAL_MOVEMENT: _of_a_movement,
    ProposalKind.SETTINGS: _of_settings,
    ProposalKind.ROLE: _of_people,
    ProposalKind.LINK: _of_people,
    ProposalKind.FACTOR_OFF: _of_people,
    ProposalKind.PRESENT_RULES: lambda found: url_for(
        "present_rules.show", again=found.line.id
    ),
    ProposalKind.CLOSE: lambda found: url_for("period.show", again=found.line.id),
    ProposalKind.IMPORT: lambda _found: None,
}


@page.app_template_global("returned")
def returned() -> ProposalPage | None:
    """Give the proposal that is made again; None where no such one of one's own is named."""
    if not hasattr(g, NAME):
        setattr(g, NAME, _returned(request.values.get(NAME, "")))
    found: ProposalPage | None = getattr(g, NAME)
    return found


def _returned(typed: str) -> ProposalPage | None:
    if not (typed.isascii() and typed.isdigit()) or len(typed) > LONGEST_VERSION:
        return None
    try:
        found = proposal_page(database.session(), int(typed), signed_in())
    except NotFoundError:
        return None
    return found if found.line.can_make_again else None


def named(note: str | None) -> str | None:
    """Name the proposal that this one is made in the place of, in what is said of it."""
    found = returned()
    return note if found is None else instead_of(found.line.id, note)


def instead_of(number: int, note: str | None) -> str:
    """Say that a proposal is made in the place of another, and why."""
    return text("proposal.instead", PAPERS, number=number, note=note or "–")


def former(found: ProposalPage) -> Former | None:
    """Give what a proposal is made in the place of, where its note says that it is."""
    before = former_of(database.session(), found, signed_in())
    if before is None:
        return None
    is_instead = (found.line.note or "").startswith(_begins(before.line.id))
    return before if is_instead else None


def successor(found: ProposalPage) -> int | None:
    """Give the proposal that waits in the place of one that came back."""
    return waiting_instead(database.session(), found, _begins(found.line.id))


def _begins(number: int) -> str:
    """Give how the note of what is made in the place of a proposal begins."""
    return instead_of(number, "").rstrip("– ")


def not_taken_up() -> tuple[ProposalLine, ...]:
    """Give what came back to whoever is signed in, and waits to be mended."""
    before, _, after = _begins(_ANY).partition(str(_ANY))
    since = now() - SHOWN_FOR
    return returned_proposals(database.session(), signed_in(), since, (before, after))


_ANY = 0  # a number that no proposal has


def begin(form: Form) -> None:
    """Let a form of a loan's change begin with what came back."""
    found = returned()
    if found is None or found.line.kind is not ProposalKind.LOAN_CHANGE:
        return
    for name, typed in typed_again(found.payload).items():
        if name in form:
            form[name].process(MultiDict({name: typed}))
    if isinstance(form, WhyForm):
        form.begin_with(found.payload["reason"])


def terms() -> Mapping[str, Any]:
    """Give the terms that an amendment proposed which came back."""
    found = returned()
    events = found.payload.get("events", [{}]) if found else [{}]
    proposed: Mapping[str, Any] = events[-1].get("terms", {})
    return proposed


def typed_again(payload: Mapping[str, Any]) -> dict[str, str]:
    """Give what the request of a change says as one would type it, by the names of fields."""
    event = payload["events"][-1]
    typed = {_FIELDS.get(name, name): _typed(name, value) for name, value in event.items()}
    typed |= {part: vnd(Money(amount))[:-2] for part, amount in _split(event).items()}
    for name, fields in _ASIDE.items():
        typed |= dict.fromkeys(fields, payload[name] or "")
    if event["type"] == "reversal" or not payload["reason"]:
        return typed
    return typed | {"note": payload["note"] or ""}


def _typed(name: str, value: Any) -> str:
    return _WRITERS[name](value) if name in _WRITERS and value is not None else str(value or "")


def _day(value: str) -> str:
    return dmy(date.fromisoformat(value))


def _amount(value: int) -> str:
    return vnd(Money(value))[:-2]


def _plan(rows: list[dict[str, Any]]) -> str:
    return "\n".join(f"{_day(row['date'])} {_amount(row['amount'])}" for row in rows)


def _split(event: Mapping[str, Any]) -> Mapping[str, int]:
    found: Mapping[str, int] = event.get("split") or {}
    return found


_FIELDS = {"date": "value_date"}
_WRITERS: Mapping[str, Callable[[Any], str]] = {
    "date": _day,
    "until": _day,
    "unpaid_interest_due": _day,
    "amount": _amount,
    "plan": _plan,
    "annual_rate": lambda value: str(value).replace(".", ","),
    "keeps_debt_group": lambda value: "yes" if value else "no",
}
# What is kept beside the events: in which fields it is typed.
_ASIDE = {
    "payer": ("payer", "recipient"),
    "reference": ("reference", "bank_reference"),
    "note": ("reason",),
}
