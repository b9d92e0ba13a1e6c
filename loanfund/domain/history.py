"""The events of a loan as they count: without the reversed, amended, in order (rules §2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from loanfund.domain.codec import dump_terms, parse_terms
from loanfund.domain.errors import InvalidEventError, InvalidTermsError, UnknownReversalError
from loanfund.domain.event import Amend, DatedEvent, Event, Reversal, check_event
from loanfund.domain.terms import Terms


@dataclass(frozen=True, slots=True)
class History:
    """The terms as amended, and the events that count in the order they count."""

    terms: Terms
    events: tuple[DatedEvent, ...]

    @property
    def first_disbursement(self) -> date | None:
        """S, or None while nothing was disbursed."""
        return next((e.value_date for e in self.events if e.type == "disbursement"), None)


def read_history(terms: Terms, recorded: Sequence[Event]) -> History:
    """Sort the known events, given as recorded, into the history that they make.

    Reversals and amendments hold on every day. Raises what `check_event` raises,
    InvalidEventError for an id given twice, UnknownReversalError, and InvalidTermsError for an
    amendment that leaves impossible terms.
    """
    for event in recorded:
        check_event(event)
    reversed_ids = _reversed_ids(recorded)
    places: dict[str, int] = {}
    standing = []
    for place, event in enumerate(recorded):
        places[event.id] = places.get(event.replaces or event.id, place)
        if event.id in reversed_ids or isinstance(event, Reversal):
            continue
        if isinstance(event, Amend):
            terms = _amended(terms, event)
        else:
            assert isinstance(event, DatedEvent)
            standing.append(event)
    standing.sort(key=lambda event: (event.value_date, places[event.id]))
    return History(terms, tuple(standing))


def _reversed_ids(recorded: Sequence[Event]) -> set[str]:
    """Give the ids of the events that a reversal names; each must stand before it, once."""
    seen: dict[str, Event] = {}
    reversed_ids: set[str] = set()
    for event in recorded:
        if event.id in seen:
            raise InvalidEventError("id_twice", event=event.id)
        if isinstance(event, Reversal):
            if event.of not in seen:
                raise UnknownReversalError("unknown", of=event.of)
            if isinstance(seen[event.of], Reversal):
                raise UnknownReversalError("is_reversal", of=event.of)
            if event.of in reversed_ids:
                raise UnknownReversalError("reversed_already", of=event.of)
            reversed_ids.add(event.of)
        seen[event.id] = event
    return reversed_ids


def _amended(terms: Terms, event: Amend) -> Terms:
    try:
        return parse_terms({**dump_terms(terms), **event.changes})
    except InvalidTermsError as refusal:
        raise InvalidTermsError(refusal.reason, event=event.id, **refusal.facts) from refusal
