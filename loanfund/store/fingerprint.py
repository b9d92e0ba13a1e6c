"""What the audit log keeps of rows whose words it does not repeat: their fingerprints."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from loanfund.store.request_key import fingerprint

STATED = ("kind", "code", "loan_id", "period_from", "period_to", "content")
DETAILS = ("number", "payer", "reference", "note")


def content_hash(
    payload: dict[str, Any], seen: dict[str, Any] | None, version: int | None
) -> str:
    """Give the fingerprint of what is approved: the request, what was seen, the loan's version.

    Of before the program kept what was seen it is of the request alone.
    """
    if seen is None:
        return fingerprint(payload)
    return fingerprint({"payload": payload, "seen": seen, "version": version})


def paper_hash(paper: Mapping[str, Any]) -> str:
    """Give the fingerprint of what the page that verifies papers says of one."""
    said = {name: paper[name] for name in STATED}
    return fingerprint(json.loads(json.dumps(said, default=date.isoformat)))


def details_hash(event: Any) -> str:
    """Give the fingerprint of what an event's row keeps beside the event."""
    return fingerprint([getattr(event, name) for name in DETAILS])
