"""Idempotency keys: the same request sent twice gets its first answer (INV-06, INV-07)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from loanfund.domain.errors import ConflictError, InvalidInputError
from loanfund.models.audit import RequestKey

LONGEST_KEY = 64


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """A key with what it is bound to: the action, its payload, and who asks."""

    key: str
    action: str
    payload: dict[str, Any]
    actor: int

    @property
    def payload_hash(self) -> str:
        """The payload's fingerprint, whatever the order of its fields."""
        return fingerprint(self.payload)


def fingerprint(payload: Any) -> str:
    """Give the SHA-256 of a plain JSON value in canonical form."""
    text = json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def first_result(session: Session, request: KeyedRequest) -> dict[str, Any] | None:
    """Give the stored answer of a key, None for a new key.

    Raises ConflictError where the key was used for anything else, and says no more than that.
    """
    if not 1 <= len(request.key) <= LONGEST_KEY:
        raise InvalidInputError("key_length", longest=LONGEST_KEY)
    known = session.get(RequestKey, request.key)
    if known is None:
        return None
    bound = (known.action, known.payload_hash, known.recorded_by)
    if bound != (request.action, request.payload_hash, request.actor):
        raise ConflictError("key_used")
    return known.result


def keep_result(
    session: Session, request: KeyedRequest, result: dict[str, Any], at: datetime
) -> None:
    """Store the answer beside what it answers, in the same transaction."""
    session.add(
        RequestKey(
            key=request.key,
            action=request.action,
            payload_hash=request.payload_hash,
            result=result,
            recorded_at=at,
            recorded_by=request.actor,
        )
    )
