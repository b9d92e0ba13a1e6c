"""The table of who may do what is the house's own, and one function answers from it."""

import pytest

from loanfund.domain.errors import PermissionDeniedError
from loanfund.domain.permission import TABLE, Action, Actor, Grant, Role, check, grant

LETTERS = {
    "D": Grant.DOES,
    "P": Grant.PROPOSES,
    "A": Grant.APPROVES,
    "R": Grant.READS,
    "O": Grant.OWN,
    "-": Grant.NONE,
}
COLUMNS = (
    Role.OFFICER,
    Role.ACCOUNTANT,
    Role.MANAGER,
    Role.ADMIN,
    Role.AUDITOR,
    Role.COOPERATIVE,
    Role.CLI,
)
EXPECTED = {
    Action.SEE_LOANS: "DDD-DOD",
    Action.SEE_REPORTS: "DDD-DOD",
    Action.KEEP_BORROWER: "D-----D",
    Action.INVITE_BORROWER: "D-----D",
    Action.DRAFT_CONTRACT: "D-----D",
    Action.APPROVE_CONTRACT: "--A----",
    Action.RECORD_REPAYMENT: "DD----D",
    Action.RECORD_COLLECTION_SHEET: "DD----D",
    Action.RECORD_RECOVERY: "DD----D",
    Action.RECORD_GIVEN_SPLIT: "PPA----",
    Action.REFUND_CREDIT: "PPA----",
    Action.REVERSE: "DD----D",
    Action.REVERSE_IN_CLOSED_MONTH: "PPA----",
    Action.DISBURSE: "P-A----",
    Action.RESCHEDULE: "P-A----",
    Action.CHANGE_RATE: "P-A----",
    Action.FREEZE: "P-A----",
    Action.WAIVE: "P-A----",
    Action.WRITE_OFF: "P-A----",
    Action.AMEND: "P-A----",
    Action.IMPORT_BOOK: "PPA---P",
    Action.MOVE_CAPITAL: "-PA----",
    Action.CLOSE_MONTH: "-PA----",
    Action.CHANGE_SETTINGS: "-PA-R-D",
    Action.MANAGE_USERS: "--RDR-D",
    Action.GIVE_ROLE: "--AP---",
    Action.GIVE_LINK: "--AP--P",
    Action.TURN_OFF_FACTOR: "--AP---",
    Action.CONFIRM_USER: "--A----",
    Action.RUN_JOBS: "---D--D",
    Action.HOLD_REMINDERS: "---D---",
    Action.PAUSE_REMINDERS: "D-D---D",
    Action.ISSUE_PAPERS: "DDD-ROD",
    Action.APPROVE_NOTICE: "--A----",
    Action.SIGN_NOTICE: "D-D---D",
    Action.READ_AUDIT: "-RR-D--",
    Action.VERIFY: "-RR-D-D",
}


def actor(role: Role) -> Actor:
    return Actor(user_id=1, email="an@quy.vn", name="An", role=role)


def test_every_role_has_an_answer_to_every_action() -> None:
    assert set(TABLE) == set(Action) == set(EXPECTED)
    assert all(set(row) == set(Role) for row in TABLE.values())


@pytest.mark.parametrize("action", Action)
def test_the_table_is_the_one_of_the_house(action: Action) -> None:
    expected = dict(zip(COLUMNS, (LETTERS[letter] for letter in EXPECTED[action]), strict=True))

    assert {role: grant(role, action) for role in Role} == expected


def test_nobody_proposes_and_approves_the_same() -> None:
    for row in TABLE.values():
        approvers = {role for role, found in row.items() if found is Grant.APPROVES}
        makers = {role for role, found in row.items() if found is Grant.PROPOSES}

        assert not approvers & makers
        assert not makers or approvers


def test_the_technical_administrator_touches_no_money() -> None:
    touched = {action for action in Action if grant(Role.ADMIN, action) is not Grant.NONE}

    assert touched == {
        Action.MANAGE_USERS,
        Action.GIVE_ROLE,
        Action.GIVE_LINK,
        Action.TURN_OFF_FACTOR,
        Action.RUN_JOBS,
        Action.HOLD_REMINDERS,
    }


def test_who_does_it_passes() -> None:
    assert check(actor(Role.OFFICER), Action.RECORD_REPAYMENT) is Grant.DOES
    assert check(actor(Role.COOPERATIVE), Action.SEE_LOANS) is Grant.OWN


def test_who_only_proposes_does_not_pass_as_doing() -> None:
    with pytest.raises(PermissionDeniedError) as refused:
        check(actor(Role.OFFICER), Action.DISBURSE)

    assert refused.value.facts == {"role": "officer", "action": "disburse"}
    assert check(actor(Role.OFFICER), Action.DISBURSE, Grant.PROPOSES) is Grant.PROPOSES


def test_who_may_do_nothing_passes_nowhere() -> None:
    with pytest.raises(PermissionDeniedError):
        check(actor(Role.AUDITOR), Action.DISBURSE, Grant.PROPOSES, Grant.APPROVES)
