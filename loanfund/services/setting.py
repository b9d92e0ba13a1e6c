"""Set law, policy and the fund's profile from a day on."""

from __future__ import annotations

from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.db import unit_of_work
from loanfund.domain.permission import Actor
from loanfund.models.setting import Setting
from loanfund.services._setting import SetSetting, write_setting


def set_setting(
    session: Session,
    request: SetSetting,
    actor: Actor,
    clock: Clock,
    approver: Actor | None = None,
) -> Setting:
    """Record a value; refused where it would move a figure of a closed month."""
    with unit_of_work(session):
        return write_setting(session, request, actor, clock, approver)
