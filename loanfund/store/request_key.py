"""Idempotency keys: the same request sent twice gets its first answer (INV-06, INV-07)."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from loanfund.domain.errors import ConflictError, InvalidInputError
from loanfund.models.audit import RequestKey

LONGEST_KEY = 64
TYPED = re.compile(r"[A-Za-z0-9._-]*")


class ProgramKey(str):
    """A key that the program gives itself: for its colons no form's key can be the same."""

    __slots__ = ()

    @classmethod
    def of(cls, *parts: object) -> ProgramKey:
        """Give the key of one thing that is done once."""
        return cls(":".join(str(part) for part in parts))


def new_key() -> str:
    """Give a key for one posting, which nobody guesses."""
    return secrets.token_urlsafe(18)


def check_key(key: str) -> None:
    """Refuse a key that a form may not carry: none, one too long, or the program's."""
    if not 1 <= len(key) <= LONGEST_KEY:
        raise InvalidInputError("key_length", longest=LONGEST_KEY)
    if not isinstance(key, ProgramKey) and not TYPED.fullmatch(key):
        raise InvalidInputError("key_form")


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
    check_key(request.key)
    known = session.get(RequestKey, str(request.key))
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
            key=str(request.key),
            action=request.action,
            payload_hash=request.payload_hash,
            result=result,
            recorded_at=at,
            recorded_by=request.actor,
        )
    )
