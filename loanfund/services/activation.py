"""The code of a letter: whoever types it with its address may choose the account's password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from loanfund.clock import office_day
from loanfund.db import unit_of_work
from loanfund.domain.activation import OPENED_LIVES
from loanfund.domain.errors import PermissionDeniedError
from loanfund.domain.typed_code import folded
from loanfund.seal import KeyedHash
from loanfund.services._account_line import note_visit
from loanfund.services._tries import audit_refusal, count_try, forgive, tries_of_letter
from loanfund.store.user import add_link, find_user, holder_of_code, used_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Activate:
    """What somebody read off a letter, and the network address they typed it from."""

    email: str
    code: str
    address: str


def activate(session: Session, request: Activate, *, codes: KeyedHash, now: datetime) -> str:
    """Give the secret of a link to choose a password with, for the code of a letter.

    The code holds until the password is chosen; then whoever has it is told that it was used,
    and when. A wrong code, a wrong name and a letter that ended are one refusal; after ten of
    them that, too, is said of any name alike.
    """
    try:
        counting = count_try(session, tries_of_letter(request.email), now)
    except PermissionDeniedError:
        raise PermissionDeniedError("letter_shut") from None
    with unit_of_work(session):
        hashes = codes.any_of(folded(request.code))
        user = holder_of_code(session, request.email, hashes, now)
        if user is not None:
            forgive(session, counting)
            note_visit(
                session, "open_letter", user.id, by=user.id, network=request.address, at=now
            )
            return add_link(session, user, OPENED_LIVES, now)
    used = used_code(session, request.email, hashes)
    known = used[0] if used else find_user(session, request.email)
    session.rollback()
    if used:
        audit_refusal(session, "retry_letter", known, request.address, now)
        raise PermissionDeniedError("letter_used", day=office_day(used[1]))
    audit_refusal(session, "refuse_letter", known, request.address, now)
    raise PermissionDeniedError("letter_code")
