"""Every page there is, in one place: blueprints to register, and what the header links to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import request, url_for

from loanfund.domain.permission import Action, Grant
from loanfund.web import (
    activation,
    again,
    audit,
    book_import,
    borrower,
    capital,
    change,
    collection_batch,
    collection_sheet,
    contract,
    correction,
    dashboard,
    forgotten,
    health,
    home,
    invitation,
    job,
    letter,
    loan,
    loan_list,
    notice,
    overdue,
    own_session,
    papers,
    period,
    portal,
    posted,
    preference,
    present_rules,
    proposal,
    recovery,
    reminder,
    reminder_pause,
    repayment,
    report,
    reversal,
    search,
    second_factor,
    setting,
    sign_in,
    signing,
    statement,
    today,
    user,
    verification,
    voucher,
    way_back,
)
from loanfund.web.login import can, goes_somewhere, visitor

PAGES = (
    again.page,
    activation.page,
    audit.page,
    book_import.page,
    borrower.page,
    capital.page,
    change.page,
    collection_batch.page,
    collection_sheet.page,
    contract.page,
    correction.page,
    dashboard.page,
    forgotten.page,
    health.page,
    home.page,
    invitation.page,
    job.page,
    letter.page,
    loan.page,
    loan_list.page,
    notice.page,
    overdue.page,
    own_session.page,
    papers.page,
    period.page,
    portal.page,
    posted.page,
    preference.page,
    present_rules.page,
    proposal.page,
    recovery.page,
    reminder.page,
    reminder_pause.page,
    repayment.page,
    report.page,
    reversal.page,
    search.page,
    second_factor.page,
    setting.page,
    sign_in.page,
    signing.page,
    statement.page,
    today.page,
    user.page,
    verification.page,
    voucher.page,
    way_back.page,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A link of the header, for whom the action is granted; its text is `nav.<endpoint>`.

    With `grants` only for those who go exactly so far; without an action, with any action.
    `count` says how much waits there for who is signed in; pages of the `nouns` lie below it.
    """

    endpoint: str
    action: Action | None = None
    grants: tuple[Grant, ...] = ()
    count: Callable[[], int] = lambda: 0
    nouns: tuple[str, ...] = ()

    def leads_to(self, noun: str) -> bool:
        """Say whether the pages of a noun are this one, or lie below it."""
        return noun == self.endpoint.partition(".")[0] or noun in self.nouns

    def is_open(self) -> bool:
        """Say whether who is signed in may go there."""
        if self.action is not None:
            return can(self.action, *self.grants)
        known = visitor()
        return known is not None and goes_somewhere(known.role, self.grants)


OF_A_LOAN = (
    "change",
    "contract",
    "correction",
    "loan",
    "present_rules",
    "recovery",
    "repayment",
    "reversal",
    "statement",
    "voucher",
)
# In the order of a working day.
NAVIGATION: tuple[Entry, ...] = (
    Entry("today.show", Action.RECORD_REPAYMENT, (Grant.DOES,)),
    Entry("home.show", Action.SEE_REPORTS, (Grant.DOES,)),
    Entry("dashboard.show", Action.SEE_REPORTS, (Grant.DOES,)),
    Entry("loan_list.show", Action.SEE_LOANS, (Grant.DOES,), nouns=OF_A_LOAN),
    Entry("overdue.show", Action.SEE_REPORTS, (Grant.DOES,)),
    Entry(
        "borrower.show_all",
        Action.SEE_LOANS,
        (Grant.DOES,),
        nouns=("invitation", "reminder_pause"),
    ),
    Entry(
        "proposal.show",
        grants=(Grant.PROPOSES, Grant.APPROVES, Grant.READS),
        count=proposal.to_decide,
        nouns=("book_import",),
    ),
    Entry("collection_sheet.show", Action.RECORD_COLLECTION_SHEET, nouns=("collection_batch",)),
    Entry("capital.show", Action.SEE_REPORTS, (Grant.DOES,)),
    Entry(
        "reminder.show",
        Action.SEE_REPORTS,
        (Grant.DOES,),
        nouns=("letter", "notice", "signing"),
    ),
    Entry("report.show", Action.SEE_REPORTS, (Grant.DOES,)),
    Entry("setting.show", Action.CHANGE_SETTINGS),
    Entry("period.show", Action.SEE_REPORTS, (Grant.DOES,)),
    Entry("audit.show", Action.READ_AUDIT),
    Entry("job.show", Action.RUN_JOBS, (Grant.DOES,)),
    Entry("user.show", Action.MANAGE_USERS),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An entry as the header shows it."""

    key: str
    address: str
    is_current: bool
    count: int


def navigation() -> list[Link]:
    """Give the links of the header for who is signed in."""
    noun = (request.endpoint or "").partition(".")[0]
    return [
        Link(
            key=f"nav.{entry.endpoint}",
            address=url_for(entry.endpoint),
            is_current=entry.leads_to(noun),
            count=entry.count(),
        )
        for entry in NAVIGATION
        if entry.is_open()
    ]
