"""What other settings would make of the book: bad debt and provisions, before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.errors import UnreadableLoanError
from loanfund.domain.money import Money, total
from loanfund.domain.portfolio import Ratio
from loanfund.domain.setting import GROUP_OF, SettingBook, SettingGroup, SettingValue
from loanfund.models.capital import CapitalSource
from loanfund.services._closing import at_close, locked_by
from loanfund.services._setting import SetSetting
from loanfund.store.setting import load_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """What settings make of the book on a day; `running` counts loans by their source's id."""

    running: Mapping[int, int]
    bad_debt: Money
    bad_debt_ratio: Ratio
    provision_required: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """How the book stands on a day, and how it would stand if the values held already."""

    day: date
    before: Stand
    after: Stand

    def running(self, sources: Sequence[int]) -> int:
        """Count the running loans of some sources."""
        return sum(self.before.running.get(one, 0) for one in sources)


def setting_impact(
    session: Session, requests: Sequence[SetSetting], day: date
) -> Impact | None:
    """Work out what values would change on a day as if they held from it on already.

    None of settings that move no figures, and where a loan cannot be read.
    """
    if not any(GROUP_OF[one.key] is SettingGroup.FIGURES for one in requests):
        return None
    settings = load_settings(session)
    codes: dict[str | None, int | None] = {None: None}
    codes |= {
        row.code: row.id
        for row in session.execute(select(CapitalSource.code, CapitalSource.id))
    }
    asked = (
        SettingValue(one.key, codes[one.source_code], one.value, min(one.valid_from, day))
        for one in requests
    )
    try:
        before = _stand(session, settings, day)
        after = _stand(session, SettingBook((*settings.values, *asked)), day)
    except UnreadableLoanError:
        return None
    return Impact(day=day, before=before, after=after)


def _stand(session: Session, settings: SettingBook, day: date) -> Stand:
    sources = at_close(session, day, settings)
    locked = locked_by(sources)
    outstanding = total([one.principal for one in locked.loans])
    bad_debt = total([one.bad_debt for one in locked.sources])
    return Stand(
        running=Counter(
            own.source.id
            for own in sources
            for one in own.loans
            if one.snapshot.principal_outstanding
        ),
        bad_debt=bad_debt,
        bad_debt_ratio=Ratio(bad_debt, outstanding),
        provision_required=total(
            [
                *(one.specific for one in locked.loans),
                *(one.general for one in locked.sources),
            ]
        ),
    )
