"""Who may do what: one table that code, pages and documents share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from loanfund.domain.errors import PermissionDeniedError


class Role(StrEnum):
    """What a person is at the fund; a user has exactly one."""

    OFFICER = "officer"
    ACCOUNTANT = "accountant"
    MANAGER = "manager"
    ADMIN = "admin"
    AUDITOR = "auditor"
    COOPERATIVE = "cooperative"
    CLI = "cli"  # commands that nobody signed for; no person has this role


class Grant(StrEnum):
    """How far a role goes with an action."""

    NONE = "none"
    DOES = "does"
    PROPOSES = "proposes"  # another person must approve
    APPROVES = "approves"  # what another person proposed
    READS = "reads"
    OWN = "own"  # does it, with what belongs to the own cooperative only


class Action(StrEnum):
    """Everything that needs a permission."""

    SEE_LOANS = "see_loans"
    SEE_REPORTS = "see_reports"
    KEEP_BORROWER = "keep_borrower"
    INVITE_BORROWER = "invite_borrower"
    DRAFT_CONTRACT = "draft_contract"
    APPROVE_CONTRACT = "approve_contract"
    RECORD_REPAYMENT = "record_repayment"
    RECORD_COLLECTION_SHEET = "record_collection_sheet"
    RECORD_RECOVERY = "record_recovery"
    RECORD_GIVEN_SPLIT = "record_given_split"
    REFUND_CREDIT = "refund_credit"
    REVERSE = "reverse"
    REVERSE_IN_CLOSED_MONTH = "reverse_in_closed_month"
    DISBURSE = "disburse"
    RESCHEDULE = "reschedule"
    CHANGE_RATE = "change_rate"
    FREEZE = "freeze"
    WAIVE = "waive"
    WRITE_OFF = "write_off"
    AMEND = "amend"
    MOVE_CAPITAL = "move_capital"
    CLOSE_MONTH = "close_month"
    IMPORT_BOOK = "import_book"
    CHANGE_SETTINGS = "change_settings"
    MANAGE_USERS = "manage_users"
    GIVE_ROLE = "give_role"
    GIVE_LINK = "give_link"
    TURN_OFF_FACTOR = "turn_off_factor"
    CONFIRM_USER = "confirm_user"
    RUN_JOBS = "run_jobs"
    HOLD_REMINDERS = "hold_reminders"
    PAUSE_REMINDERS = "pause_reminders"
    ISSUE_PAPERS = "issue_papers"
    APPROVE_NOTICE = "approve_notice"
    SIGN_NOTICE = "sign_notice"
    READ_AUDIT = "read_audit"
    VERIFY = "verify"


NO_MAKERS = {Role.AUDITOR, Role.COOPERATIVE, Role.CLI}


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who asks for a change; `borrower_id` only for a cooperative's own user.

    Who is not confirmed approves nothing: somebody else saw the link that opens the account.
    `network` is the address that a request came from; commands and jobs come from none.
    """

    user_id: int
    email: str
    name: str
    role: Role
    borrower_id: int | None = None
    is_confirmed: bool = True
    network: str = field(default="", compare=False)

    @property
    def as_maker(self) -> str:
        """The name under which papers of the fund are made; none of who only reads or asks."""
        return "" if self.role in NO_MAKERS else self.name


DOES, PROPOSES, APPROVES, READS, OWN = (
    Grant.DOES,
    Grant.PROPOSES,
    Grant.APPROVES,
    Grant.READS,
    Grant.OWN,
)
_COLUMNS = (Role.OFFICER, Role.ACCOUNTANT, Role.MANAGER, Role.ADMIN, Role.AUDITOR)
_NO = Grant.NONE
STAFF = _COLUMNS  # the roles of the fund's own people

# One row as in docs: officer, accountant, manager, admin, auditor; cooperatives see below.
_ROWS: tuple[tuple[tuple[Action, ...], tuple[Grant, ...]], ...] = (
    ((Action.SEE_LOANS, Action.SEE_REPORTS), (DOES, DOES, DOES, _NO, DOES)),
    (
        (Action.KEEP_BORROWER, Action.INVITE_BORROWER, Action.DRAFT_CONTRACT),
        (DOES, _NO, _NO, _NO, _NO),
    ),
    ((Action.APPROVE_CONTRACT,), (_NO, _NO, APPROVES, _NO, _NO)),
    (
        (Action.RECORD_REPAYMENT, Action.RECORD_COLLECTION_SHEET, Action.RECORD_RECOVERY),
        (DOES, DOES, _NO, _NO, _NO),
    ),
    (
        (Action.RECORD_GIVEN_SPLIT, Action.REFUND_CREDIT),
        (PROPOSES, PROPOSES, APPROVES, _NO, _NO),
    ),
    ((Action.REVERSE,), (DOES, DOES, _NO, _NO, _NO)),
    ((Action.REVERSE_IN_CLOSED_MONTH,), (PROPOSES, PROPOSES, APPROVES, _NO, _NO)),
    (
        (
            Action.DISBURSE,
            Action.RESCHEDULE,
            Action.CHANGE_RATE,
            Action.FREEZE,
            Action.WAIVE,
            Action.WRITE_OFF,
            Action.AMEND,
        ),
        (PROPOSES, _NO, APPROVES, _NO, _NO),
    ),
    ((Action.IMPORT_BOOK,), (PROPOSES, PROPOSES, APPROVES, _NO, _NO)),
    ((Action.MOVE_CAPITAL, Action.CLOSE_MONTH), (_NO, PROPOSES, APPROVES, _NO, _NO)),
    ((Action.CHANGE_SETTINGS,), (_NO, PROPOSES, APPROVES, _NO, READS)),
    (
        (Action.RUN_JOBS, Action.HOLD_REMINDERS),
        (_NO, _NO, _NO, DOES, _NO),
    ),
    ((Action.MANAGE_USERS,), (_NO, _NO, READS, DOES, READS)),
    (
        (Action.GIVE_ROLE, Action.GIVE_LINK, Action.TURN_OFF_FACTOR),
        (_NO, _NO, APPROVES, PROPOSES, _NO),
    ),
    ((Action.CONFIRM_USER, Action.APPROVE_NOTICE), (_NO, _NO, APPROVES, _NO, _NO)),
    ((Action.PAUSE_REMINDERS, Action.SIGN_NOTICE), (DOES, _NO, DOES, _NO, _NO)),
    ((Action.ISSUE_PAPERS,), (DOES, DOES, DOES, _NO, READS)),
    ((Action.READ_AUDIT, Action.VERIFY), (_NO, READS, READS, _NO, DOES)),
)
_COOPERATIVE = frozenset({Action.SEE_LOANS, Action.SEE_REPORTS, Action.ISSUE_PAPERS})
_OPERATOR = frozenset(
    {Action.MANAGE_USERS, Action.RUN_JOBS, Action.VERIFY, Action.CHANGE_SETTINGS}
)
_PROPOSED_BY_OPERATOR = frozenset({Action.GIVE_LINK, Action.IMPORT_BOOK})


def _complete(action: Action, grants: tuple[Grant, ...]) -> Mapping[Role, Grant]:
    """Add the two roles that follow from others: the cooperative, and commands.

    Commands do what officer and accountant may do alone; and whoever runs commands holds
    the database, so the first user, first settings, jobs and verification need nobody else;
    what gives a person's account into other hands, or adds a workbook to a book that holds
    anything, they only propose.
    """
    row = dict(zip(_COLUMNS, grants, strict=True))
    row[Role.COOPERATIVE] = OWN if action in _COOPERATIVE else _NO
    alone = DOES in (row[Role.OFFICER], row[Role.ACCOUNTANT])
    row[Role.CLI] = DOES if alone or action in _OPERATOR else _NO
    if action in _PROPOSED_BY_OPERATOR:
        row[Role.CLI] = PROPOSES
    return row


TABLE: Mapping[Action, Mapping[Role, Grant]] = {
    action: _complete(action, grants) for actions, grants in _ROWS for action in actions
}


def grant(role: Role, action: Action) -> Grant:
    """Say how far a role goes with an action."""
    return TABLE[action][role]


def check(actor: Actor, action: Action, *enough: Grant) -> Grant:
    """Give how far this person goes, or refuse; `enough` is DOES or OWN when not said."""
    found = grant(actor.role, action)
    if found not in (enough or (DOES, OWN)):
        raise PermissionDeniedError("role", role=actor.role.value, action=action.value)
    if found is APPROVES and not actor.is_confirmed:
        raise PermissionDeniedError("unconfirmed")
    return found
