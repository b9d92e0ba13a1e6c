"""People are added, choose a password by a link once, are disabled and enabled."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
)
from loanfund.domain.permission import Actor, Role
from loanfund.models.audit import AuditLine
from loanfund.models.borrower import Borrower
from loanfund.models.user import PasswordLink
from loanfund.queries.user import actor_of, session_of, users
from loanfund.services.sign_in import SetPassword, SignIn, set_password, sign_in
from loanfund.services.user import (
    AddUser,
    add_user,
    choose_language,
    command_line,
    disable_user,
    enable_user,
    issue_link,
)
from tests.people import CHEAP, NOW, PASSWORD, WHY, a_user


def a_borrower(session: Session, recorded_by: int) -> int:
    borrower = Borrower(
        code="DT3",
        code_fold="dt3",
        name="HTX Đồng Tâm 3",
        folded_name="htx dong tam 3",
        kind="cooperative",
        tax_code="2400123456",
        recorded_at=NOW,
        recorded_by=recorded_by,
    )
    session.add(borrower)
    session.commit()
    return borrower.id


@pytest.fixture
def operator(session: Session) -> Actor:
    return command_line(session, now=NOW)


def request_for(role: Role, **facts: object) -> AddUser:
    values = {"email": "An.Nguyen@Quy.VN ", "name": " Nguyễn Văn An ", "role": role, **facts}
    return AddUser(**values)  # type: ignore[arg-type]


def test_the_user_of_commands_is_made_once(session: Session, operator: Actor) -> None:
    again = command_line(session, now=NOW)

    assert again == operator
    assert operator.role is Role.CLI
    assert users(session) == ()


def test_a_person_is_added_with_a_folded_address(session: Session, operator: Actor) -> None:
    added = add_user(session, request_for(Role.OFFICER), operator, now=NOW)

    assert (added.email, added.name) == ("an.nguyen@quy.vn", "Nguyễn Văn An")
    assert actor_of(session, "AN.NGUYEN@quy.vn") == added
    (line,) = users(session)
    assert not line.has_password
    audit = session.scalars(select(AuditLine)).one()
    assert (audit.action, audit.recorded_by) == ("add_user", operator.user_id)
    assert audit.facts == {"email": "an.nguyen@quy.vn", "role": "officer"}


def test_an_address_belongs_to_one_person(session: Session, operator: Actor) -> None:
    add_user(session, request_for(Role.OFFICER), operator, now=NOW)

    with pytest.raises(ConflictError):
        add_user(session, request_for(Role.MANAGER), operator, now=NOW)


@pytest.mark.parametrize(
    ("role", "facts", "reason"),
    [
        (Role.OFFICER, {"email": "an"}, "email"),
        (Role.OFFICER, {"name": " "}, "user"),
        (Role.CLI, {}, "user"),
        (Role.COOPERATIVE, {}, "user_borrower"),
        (Role.OFFICER, {"borrower_id": 1}, "user_borrower"),
    ],
)
def test_half_a_person_is_not_added(
    session: Session, operator: Actor, role: Role, facts: dict[str, object], reason: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        add_user(session, request_for(role, **facts), operator, now=NOW)

    assert refused.value.reason == reason


def test_only_the_administrator_keeps_the_users(session: Session) -> None:
    officer = a_user(session, Role.OFFICER)
    admin = a_user(session, Role.ADMIN)

    with pytest.raises(PermissionDeniedError):
        add_user(session, request_for(Role.OFFICER), officer, now=NOW)
    add_user(session, request_for(Role.OFFICER), admin, now=NOW)


def test_a_cooperative_knows_its_borrower_and_may_have_a_shorter_password(
    session: Session, operator: Actor
) -> None:
    borrower_id = a_borrower(session, operator.user_id)
    request = request_for(Role.COOPERATIVE, borrower_id=borrower_id)

    added = add_user(session, request, operator, now=NOW)

    assert actor_of(session, added.email).borrower_id == borrower_id
    link = issue_link(session, added.email, operator, now=NOW)
    with pytest.raises(InvalidInputError) as refused:
        set_password(session, SetPassword(link=link, password="htx Đồng Tâm 3"), now=NOW)
    assert refused.value.reason == "password_known"
    chosen = SetPassword(link=link, password="kL8wqzPtn4")
    set_password(session, chosen, now=NOW, hasher=CHEAP)


def test_a_link_sets_a_password_once(session: Session, operator: Actor) -> None:
    added = add_user(session, request_for(Role.OFFICER), operator, now=NOW)
    link = issue_link(session, added.email, operator, now=NOW)
    chosen = SetPassword(link=link, password=PASSWORD)

    set_password(session, chosen, now=NOW, hasher=CHEAP)

    assert link not in str(session.scalars(select(PasswordLink.link_hash)).all())
    with pytest.raises(ConflictError, match="link_used"):
        set_password(session, chosen, now=NOW, hasher=CHEAP)
    assert sign_in(session, typed(added.email), now=NOW, hasher=CHEAP)


def test_a_link_lives_a_day(session: Session, operator: Actor) -> None:
    added = add_user(session, request_for(Role.OFFICER), operator, now=NOW)
    link = issue_link(session, added.email, operator, now=NOW)

    chosen = SetPassword(link=link, password=PASSWORD)
    with pytest.raises(NotFoundError):
        set_password(session, chosen, now=NOW + timedelta(hours=24), hasher=CHEAP)


def typed(email: str, password: str = PASSWORD) -> SignIn:
    return SignIn(email=email, password=password, address="192.0.2.7")


def test_a_disabled_person_is_out_at_once_and_back_with_the_same_password(
    session: Session,
) -> None:
    admin = a_user(session, Role.ADMIN)
    officer = a_user(session)
    token = sign_in(session, typed(officer.email), now=NOW, hasher=CHEAP)

    disable_user(session, officer.email, WHY, admin, now=NOW)

    assert session_of(session, token, now=NOW) is None
    with pytest.raises(PermissionDeniedError):
        sign_in(session, typed(officer.email), now=NOW, hasher=CHEAP)
    with pytest.raises(PermissionDeniedError):
        actor_of(session, officer.email)
    enable_user(session, officer.email, admin, now=NOW)
    assert session_of(session, token, now=NOW) is None
    assert sign_in(session, typed(officer.email), now=NOW, hasher=CHEAP)


def test_nobody_disables_themselves(session: Session) -> None:
    admin = a_user(session, Role.ADMIN)

    with pytest.raises(PermissionDeniedError) as refused:
        disable_user(session, admin.email, WHY, admin, now=NOW)

    assert refused.value.reason == "yourself"


def test_nobody_is_found_at_an_unknown_address(session: Session, operator: Actor) -> None:
    with pytest.raises(NotFoundError):
        disable_user(session, "nobody@quy.vn", WHY, operator, now=NOW)


def test_the_language_is_remembered(session: Session) -> None:
    officer = a_user(session)
    token = sign_in(session, typed(officer.email), now=NOW, hasher=CHEAP)

    choose_language(session, "en", officer)

    found = session_of(session, token, now=NOW)
    assert found is not None
    assert found.language == "en"
