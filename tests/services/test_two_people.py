"""Two people are two people: what one person could do under two names, tried as an attack."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.account_mail import MailKind
from loanfund.domain.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
)
from loanfund.domain.permission import Actor, Role
from loanfund.models.audit import AuditLine
from loanfund.models.borrower import Borrower
from loanfund.models.message import AccountMail
from loanfund.models.proposal import Proposal
from loanfund.models.user import PasswordLink, User
from loanfund.queries.account_notice import account_notices
from loanfund.queries.proposal import count_to_decide, waiting_proposals
from loanfund.queries.user import session_of
from loanfund.seal import ACTIVATION_CODE, KeyedHash
from loanfund.services import _proposable
from loanfund.services.link import COLLECTED_WITHIN, approved_link, collect_link, confirm_user
from loanfund.services.proposal import Decide, Propose, adopt, approve, propose
from loanfund.services.restructuring import WriteOff
from loanfund.services.sign_in import SetPassword, SignIn, set_password, sign_in
from loanfund.services.user import (
    AddUser,
    InviteBorrower,
    Link,
    add_user,
    command_line,
    disable_user,
    enable_user,
    invite_borrower,
    issue_link,
    read_news,
)
from loanfund.store.user import as_actor, find_user, user_of
from tests.builders import Fund, a_borrower, a_fund, a_loan, a_source
from tests.people import CHEAP, PASSWORD, WHY
from tests.services.derived import count_of
from tests.services.refusal import refusal_of

LOAN = "01/2020"


@pytest.fixture
def office(session: Session, clock: FixedClock) -> Fund:
    """A fund whose people have chosen their passwords, with one loan."""
    fund = a_fund(session, clock)
    for person in (fund.manager, fund.officer, fund.accountant, fund.admin):
        set_one(fund, person)
    a_source(fund)
    a_borrower(fund)
    a_loan(fund, LOAN)
    return fund


def operator(fund: Fund) -> Actor:
    return command_line(fund.session, now=fund.clock.now())


def set_one(fund: Fund, person: Actor) -> None:
    """Let a person choose a password with a link of the command line."""
    link = issue_link(fund.session, person.email, operator(fund), now=fund.clock.now())
    choose(fund, link)


def choose(fund: Fund, link: str, password: str = PASSWORD) -> None:
    chosen = SetPassword(link=link, password=password)
    set_password(fund.session, chosen, now=fund.clock.now(), hasher=CHEAP)


def person(fund: Fund, email: str) -> Actor:
    """The person as they are now."""
    fund.session.expire_all()
    found = find_user(fund.session, email)
    assert found is not None
    return as_actor(found)


def a_new_manager(fund: Fund, email: str = "moi@quy.example.vn") -> Actor:
    request = AddUser(email=email, name="Đỗ Mới", role=Role.MANAGER)
    return add_user(fund.session, request, operator(fund), now=fund.clock.now())


def writing_off(fund: Fund, maker: Actor | None = None) -> int:
    lost = WriteOff(contract_number=LOAN, value_date=date(2020, 6, 1))
    proposed = _proposable.loan_change(lost.change())
    return propose(fund.session, Propose(proposed=proposed), maker or fund.officer, fund.clock)


def decide(fund: Fund, number: int, approver: Actor) -> dict[str, object]:
    row = fund.session.get_one(Proposal, number)
    decision = Decide(proposal_id=number, payload_hash=row.payload_hash)
    return approve(fund.session, decision, approver, fund.clock)


def mails(fund: Fund, kind: MailKind) -> list[tuple[str, str]]:
    """Who is told, about whose account."""
    query = select(AccountMail).where(AccountMail.kind == kind.value).order_by(AccountMail.id)
    return [(one.email, one.facts["account"]) for one in fund.session.scalars(query)]


# Links


@pytest.mark.parametrize("who", ["officer", "manager", "accountant"])
def test_no_link_is_shown_of_staff_who_have_a_password(office: Fund, who: str) -> None:
    victim: Actor = getattr(office, who)
    before = count_of(office.session, PasswordLink)

    for thief in (office.admin, operator(office)):
        if thief.role is Role.CLI and who == "manager":
            continue  # nobody else could approve it: see below
        with pytest.raises(PermissionDeniedError, match="has_password"):
            issue_link(office.session, victim.email, thief, now=office.clock.now())
    assert count_of(office.session, PasswordLink) == before


def test_an_administrator_cannot_be_officer_and_manager_at_once(office: Fund) -> None:
    """The attack: two first links shown, two passwords chosen, a loan written off alone."""
    second = a_new_manager(office)
    link = issue_link(office.session, second.email, office.admin, now=office.clock.now())
    choose(office, link)
    number = writing_off(office)

    refusal = refusal_of(lambda: decide(office, number, person(office, second.email)))

    assert (type(refusal), refusal.reason) == (PermissionDeniedError, "unconfirmed")
    assert office.session.get_one(Proposal, number).state == "waiting"
    assert count_to_decide(office.session, person(office, second.email)) == 0
    assert mails(office, MailKind.OPENED_BY_HAND)[-2:] == [
        (office.manager.email, second.email),
        (second.email, second.email),
    ]


def test_a_manager_confirms_whom_the_administrator_let_in(office: Fund) -> None:
    second = a_new_manager(office)
    choose(
        office,
        issue_link(office.session, second.email, office.admin, now=office.clock.now()),
    )
    number = writing_off(office)
    now = office.clock.now()

    with pytest.raises(PermissionDeniedError):  # oneself
        confirm_user(office.session, second.email, person(office, second.email), now=now)
    for other in (office.admin, office.officer, office.auditor, operator(office)):
        with pytest.raises(PermissionDeniedError):
            confirm_user(office.session, second.email, other, now=now)
    confirm_user(office.session, second.email, office.manager, now=now)

    assert decide(office, number, person(office, second.email))["event"]
    line = office.session.scalars(
        select(AuditLine).where(
            AuditLine.action == "confirm_user",
            AuditLine.recorded_by == office.manager.user_id,
        )
    ).one()
    assert line.facts["email"] == second.email


def test_two_whom_nobody_confirmed_do_not_confirm_each_other(office: Fund) -> None:
    first, second = a_new_manager(office), a_new_manager(office, "hai@quy.example.vn")
    now = office.clock.now()
    for one in (first, second):
        choose(office, issue_link(office.session, one.email, office.admin, now=now))

    for one, other in ((first, second), (second, first)):
        with pytest.raises(PermissionDeniedError, match="unconfirmed"):
            confirm_user(office.session, one.email, person(office, other.email), now=now)


def test_commands_confirm_only_while_nobody_else_could(session: Session) -> None:
    fund = a_fund(session, FixedClock(date(2020, 6, 1)))
    set_one(fund, fund.manager)
    set_one(fund, fund.officer)

    assert person(fund, fund.manager.email).is_confirmed
    assert not person(fund, fund.officer.email).is_confirmed
    confirmed = select(AuditLine.object_id, AuditLine.recorded_by).where(
        AuditLine.action == "confirm_user"
    )
    assert session.execute(confirmed).all() == [
        (str(fund.manager.user_id), operator(fund).user_id)
    ]


def test_the_only_manager_who_forgot_the_password_is_let_in_by_the_operator(
    office: Fund,
) -> None:
    set_one(office, office.manager)

    assert person(office, office.manager.email).is_confirmed


def asked(fund: Fund, email: str, maker: Actor) -> int:
    proposed = Propose(proposed=_proposable.link_for(email))
    return propose(fund.session, proposed, maker, fund.clock)


@pytest.mark.parametrize("who", ["admin", "operator"])
def test_a_link_of_staff_without_mail_is_handed_over_by_two(office: Fund, who: str) -> None:
    maker = operator(office) if who == "operator" else office.admin
    now = office.clock.now()
    number = asked(office, office.officer.email, maker)

    with pytest.raises(ConflictError, match="link_collected"):  # nobody approved it yet
        collect_link(office.session, number, maker, now=now)
    assert decide(office, number, office.manager) == {"user": office.officer.user_id}
    assert approved_link(office.session, office.officer.email, maker, now=now) == number
    with pytest.raises(NotFoundError):  # another than who proposed it
        collect_link(office.session, number, office.manager, now=now)
    link = collect_link(office.session, number, maker, now=now)

    assert isinstance(link, Link)
    choose(office, link.secret, "mưa thuận gió hòa khắp đồng")
    assert not person(office, office.officer.email).is_confirmed
    assert (office.manager.email, office.officer.email) in mails(
        office, MailKind.OPENED_BY_HAND
    )
    with pytest.raises(ConflictError, match="link_collected"):  # once
        collect_link(office.session, number, maker, now=now)
    assert approved_link(office.session, office.officer.email, maker, now=now) is None


def test_an_approved_link_is_not_collected_days_later(office: Fund) -> None:
    number = asked(office, office.officer.email, office.admin)
    decide(office, number, office.manager)
    late = office.clock.now() + COLLECTED_WITHIN

    with pytest.raises(ConflictError, match="link_collected"):
        collect_link(office.session, number, office.admin, now=late)


def test_nobody_asks_for_or_approves_a_link_of_their_own(office: Fund) -> None:
    with pytest.raises(PermissionDeniedError, match="own_link"):
        asked(office, office.admin.email, office.admin)
    number = asked(office, office.manager.email, office.admin)

    with pytest.raises(PermissionDeniedError, match="own_link"):
        decide(office, number, office.manager)
    assert office.session.get_one(Proposal, number).state == "waiting"


# Paths of one person alone


def test_who_is_let_in_again_approves_nothing_until_a_manager_confirms(office: Fund) -> None:
    """A manager who became administrator still knows the password of before."""
    second = a_new_manager(office)
    now = office.clock.now()
    choose(office, issue_link(office.session, second.email, operator(office), now=now))
    confirm_user(office.session, second.email, office.manager, now=now)
    disable_user(office.session, second.email, WHY, office.admin, now=now)
    assert enable_user(office.session, second.email, office.admin, now=now)
    assert not enable_user(office.session, second.email, office.admin, now=now)
    number = writing_off(office)

    refusal = refusal_of(lambda: decide(office, number, person(office, second.email)))

    assert (type(refusal), refusal.reason) == (PermissionDeniedError, "unconfirmed")
    assert mails(office, MailKind.DISABLED) == [(office.manager.email, second.email)]
    assert (office.manager.email, second.email) in mails(office, MailKind.ENABLED)
    confirm_user(office.session, second.email, office.manager, now=now)
    assert decide(office, number, person(office, second.email))["event"]


def test_only_the_operator_disables_the_last_person_who_can_approve(office: Fund) -> None:
    """Others are managers by name only: not confirmed, without a password, disabled."""
    second, now = a_new_manager(office), office.clock.now()
    a_new_manager(office, "ba@quy.example.vn")
    choose(office, issue_link(office.session, second.email, office.admin, now=now))

    with pytest.raises(ConflictError, match="last_manager"):
        disable_user(office.session, office.manager.email, WHY, office.admin, now=now)
    confirm_user(office.session, second.email, office.manager, now=now)
    for empty in ("", "  "):
        with pytest.raises(InvalidInputError, match="empty"):
            disable_user(office.session, office.manager.email, empty, office.admin, now=now)
    disable_user(office.session, office.manager.email, WHY, office.admin, now=now)
    with pytest.raises(ConflictError, match="last_manager"):
        disable_user(office.session, second.email, WHY, office.admin, now=now)
    disable_user(office.session, second.email, WHY, operator(office), now=now)

    line = select(AuditLine.facts).where(AuditLine.action == "disable_user")
    assert [one["reason"] for one in office.session.scalars(line)] == [WHY, WHY]


def test_what_opens_a_cooperatives_account_is_seen_by_officers_and_told(office: Fund) -> None:
    session, now, email = office.session, office.clock.now(), "htx@dongtam.example.vn"
    codes = KeyedHash(["khóa của các bài thử"], ACTIVATION_CODE)
    borrower = session.scalars(select(Borrower.id)).one()
    invited = InviteBorrower(borrower_id=borrower, name="Trần Văn Tư", email=email)
    first = invite_borrower(session, invited, office.officer, codes=codes, now=now)
    assert mails(office, MailKind.LINK_SEEN) == []
    assert email not in {one.email for one in account_notices(session, office.manager, now)}

    choose(office, first.secret)
    for by_whom in (office.admin, office.manager, office.officer):
        with pytest.raises(PermissionDeniedError):
            issue_link(session, email, by_whom, now=now)
    invite_borrower(session, invited, office.officer, codes=codes, now=now)
    assert mails(office, MailKind.LINK_SEEN) == [(office.manager.email, email)]
    issue_link(session, email, operator(office), now=now)
    told = account_notices(session, office.manager, now)
    assert [one.kind for one in told if one.email == email] == ["issue_link", "invite"]


def test_another_person_takes_over_a_cooperatives_account_or_nobody_does(office: Fund) -> None:
    """The paper names whose account it is: a new treasurer's, then the former one is out."""
    session, now, email = office.session, office.clock.now(), "htx@dongtam.example.vn"
    codes = KeyedHash(["khóa của các bài thử"], ACTIVATION_CODE)
    borrower = session.scalars(select(Borrower.id)).one()
    invited = InviteBorrower(borrower_id=borrower, name="Trần Văn Tư", email=email)
    first = invite_borrower(session, invited, office.officer, codes=codes, now=now)
    choose(office, first.secret)
    entering = SignIn(email=email, password=PASSWORD, address="192.0.2.7")
    token = sign_in(session, entering, now=now, hasher=CHEAP)
    spelled = replace(invited, name=" trần  văn tư")
    newcomer = replace(invited, name="Lê Thị Bảy")

    again = invite_borrower(session, spelled, office.officer, codes=codes, now=now)
    assert again.person == "Trần Văn Tư"
    with pytest.raises(ConflictError, match="other_person"):
        invite_borrower(session, newcomer, office.officer, codes=codes, now=now)
    assert session_of(session, token, now=now) is not None
    taking_over = replace(newcomer, replaces=True)
    invite_borrower(session, taking_over, office.officer, codes=codes, now=now)

    assert session_of(session, token, now=now) is None
    with pytest.raises(PermissionDeniedError):
        sign_in(session, entering, now=now, hasher=CHEAP)
    assert user_of(session, email).name == "Lê Thị Bảy"
    facts = session.scalars(select(AuditLine.facts).where(AuditLine.action == "invite")).all()
    assert [one.get("former") for one in facts] == [None, None, "Trần Văn Tư"]


def test_news_of_accounts_end_when_they_were_read(office: Fund) -> None:
    session, now = office.session, office.clock.now()
    second = a_new_manager(office)
    choose(office, issue_link(session, second.email, office.admin, now=now))
    told = [one for one in account_notices(session, office.manager, now) if not one.waits]
    assert told[0].kind == "issue_link"
    assert told[0].line is not None

    read_news(session, told[0].line, office.manager)

    left = account_notices(session, office.manager, now)
    assert second.email in {one.email for one in left}
    assert all(one.waits for one in left)
    itself = account_notices(session, person(office, second.email), now)
    assert second.email not in {one.email for one in itself if one.waits}
    with pytest.raises(PermissionDeniedError):
        read_news(session, told[0].line, office.officer)


# Makers who are gone


def test_what_a_disabled_person_proposed_waits_for_a_new_maker(office: Fund) -> None:
    number = writing_off(office)
    now = office.clock.now()
    other = add_user(
        office.session,
        AddUser(email="khac@quy.example.vn", name="Lý Khác", role=Role.OFFICER),
        operator(office),
        now=now,
    )
    disable_user(office.session, office.officer.email, WHY, office.admin, now=now)

    with pytest.raises(ConflictError, match="maker_is_gone"):
        decide(office, number, office.manager)
    assert count_to_decide(office.session, office.manager) == 0
    (line,) = waiting_proposals(office.session, other)
    assert (line.id, line.can_adopt, line.can_decide) == (number, True, False)
    row = office.session.get_one(Proposal, number)
    taken = adopt(
        office.session,
        Decide(proposal_id=number, payload_hash=row.payload_hash),
        other,
        office.clock,
    )

    old, new = (office.session.get_one(Proposal, one) for one in (number, taken))
    assert (old.state, old.reason, old.decided_by) == ("withdrawn", "adopted", other.user_id)
    assert (new.state, new.proposed_by) == ("waiting", other.user_id)
    assert (new.payload, new.version) == (old.payload, old.version)
    assert decide(office, taken, office.manager)["event"]


def test_nobody_takes_a_proposal_from_who_is_there(office: Fund) -> None:
    number = writing_off(office)
    other = add_user(
        office.session,
        AddUser(email="khac@quy.example.vn", name="Lý Khác", role=Role.OFFICER),
        operator(office),
        now=office.clock.now(),
    )
    row = office.session.get_one(Proposal, number)
    decision = Decide(proposal_id=number, payload_hash=row.payload_hash)

    with pytest.raises(ConflictError, match="maker_is_there"):
        adopt(office.session, decision, other, office.clock)
    disable_user(
        office.session, office.officer.email, WHY, office.admin, now=office.clock.now()
    )
    with pytest.raises(PermissionDeniedError):  # a role that proposes no such thing
        adopt(office.session, decision, office.accountant, office.clock)


def test_whose_role_was_changed_has_nothing_done_in_their_name(office: Fund) -> None:
    number = writing_off(office)
    office.session.get_one(User, office.officer.user_id).role = Role.AUDITOR.value
    office.session.commit()

    with pytest.raises(ConflictError, match="maker_is_gone"):
        decide(office, number, office.manager)


def test_a_first_link_that_lives_a_day_leaves_the_account_unconfirmed_for_good(
    office: Fund,
) -> None:
    """Showing another first link later does not confirm what the one before opened."""
    second = a_new_manager(office)
    now = office.clock.now()
    issue_link(office.session, second.email, office.admin, now=now - timedelta(days=2))
    choose(office, issue_link(office.session, second.email, office.admin, now=now))

    assert not person(office, second.email).is_confirmed
