"""Vietnam's public holidays, from the package that knows them, as a setting to be approved."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from holidays import country_holidays
from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.domain.permission import Actor
from loanfund.domain.proposal import ProposalKind, ProposalState
from loanfund.models.audit import RequestKey
from loanfund.models.proposal import Proposal
from loanfund.services import _proposable
from loanfund.services._setting import SetSetting
from loanfund.services.proposal import Propose, propose
from loanfund.store.request_key import ProgramKey
from loanfund.store.setting import load_settings

KEY = "holidays"


def public_holidays(years: Iterable[int]) -> list[str]:
    """Give the public holidays of some years in ISO form, with days off in lieu of them.

    For years to come they are computed; what the Prime Minister decrees later is typed in.
    """
    return sorted(day.isoformat() for day in country_holidays("VN", years=years))


def propose_holidays(session: Session, year: int, actor: Actor, clock: Clock) -> int | None:
    """Propose a year's holidays that lie ahead, beside those that are listed; give its id.

    Once a year only: None where that was done, where the list has days of the year already, and
    while another list waits to be decided, which this one would take back.
    """
    key = ProgramKey.of(KEY, year)
    listed: list[str] = load_settings(session, keys=(KEY,)).get(KEY, date.max)
    is_known = any(date.fromisoformat(day).year == year for day in listed)
    today = clock.today().isoformat()
    ahead = [day for day in public_holidays([year]) if day > today]
    if is_known or not ahead or _is_done(session, key):
        return None
    value = sorted({*listed, *ahead})
    request = SetSetting(key=KEY, value=value, valid_from=clock.today())
    asked = Propose(proposed=_proposable.settings((request,)), key=key)
    return propose(session, asked, actor, clock)


def _is_done(session: Session, key: ProgramKey) -> bool:
    """Whether the year was proposed before, or a list waits to be decided."""
    waiting = select(Proposal.id).where(
        Proposal.state == ProposalState.WAITING.value,
        Proposal.kind == ProposalKind.SETTINGS.value,
        Proposal.subject_id == KEY,
    )
    asked_before = session.get(RequestKey, str(key)) is not None
    return asked_before or session.scalar(waiting.limit(1)) is not None
