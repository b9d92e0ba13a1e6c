"""The second factor: each code once, none too early or late, none readable in the database."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.account_mail import MailKind
from loanfund.domain.errors import (
    ConflictError,
    InvalidInputError,
    PermissionDeniedError,
    UnavailableError,
)
from loanfund.domain.permission import Actor, Role
from loanfund.domain.second_factor import CODE_COUNT
from loanfund.models.audit import AuditLine
from loanfund.models.message import AccountMail
from loanfund.models.proposal import Proposal
from loanfund.models.user import RecoveryCode, SecondFactor, User, UserSession
from loanfund.queries.user import session_of
from loanfund.seal import SECOND_FACTOR, Seal
from loanfund.services import _proposable
from loanfund.services.proposal import Decide, Propose, approve, propose
from loanfund.services.second_factor import (
    Enrol,
    Prove,
    address_of,
    enrol,
    new_secret,
    prove,
    renew_codes,
    reseal,
    turn_off_by_operator,
    turn_off_own,
)
from loanfund.services.sign_in import ConfirmPassword, SignIn, confirm_password, sign_in
from loanfund.services.user import command_line
from tests.authenticator import Authenticator, label
from tests.people import CHEAP, NOW, PASSWORD, SEAL, a_user
from tests.services.derived import contents

HOME = "192.0.2.7"
EMAIL = "manager@quy.example.vn"


def later(**more: float) -> datetime:
    return NOW + timedelta(**more)


@pytest.fixture
def person(session: Session) -> Actor:
    return a_user(session, Role.MANAGER)


def entered(session: Session, email: str = EMAIL, at: datetime = NOW) -> str:
    """Give the token of a session begun with the password."""
    typed = SignIn(email=email, password=PASSWORD, address=HOME)
    return sign_in(session, typed, now=at, hasher=CHEAP)


def set_up(
    session: Session, person: Actor, at: datetime = NOW
) -> tuple[Authenticator, tuple[str, ...], str]:
    """Turn it on; give the app, the one-time codes and the token that goes on."""
    app, token = Authenticator(new_secret()), entered(session, person.email, at)
    asked = Enrol(secret=app.secret, code=app.code(at), token=token, address=HOME)
    done = enrol(session, asked, person, seal=SEAL, now=at)
    return app, done.codes, done.token


def shown(session: Session, code: str, at: datetime, seal: Seal = SEAL) -> str:
    """Sign in anew and show a code; give the token of the whole session."""
    token = entered(session, at=at)
    return prove(session, Prove(code=code, token=token, address=HOME), seal=seal, now=at)


def is_whole(session: Session, token: str, at: datetime = NOW) -> bool:
    found = session_of(session, token, now=at)
    assert found is not None
    return found.step(is_asked=True) is None


def test_the_address_in_the_picture_is_what_apps_read() -> None:
    address = address_of("JBSWY3DPEHPK3PXPJBSWY3DP", "an@quy.vn", "quy.example.vn")

    assert label(address) == "quy.example.vn:an@quy.vn"
    assert Authenticator.scanned(address).secret == "JBSWY3DPEHPK3PXPJBSWY3DP"


def test_rfc_6238_says_the_same_as_the_app_of_these_tests() -> None:
    """The appendix's own figures, shortened to six digits: 94287082, 07081804, 89005924."""
    app = Authenticator("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    instants = [59, 1111111109, 1234567890]

    assert [app.code(datetime.fromtimestamp(one, tz=NOW.tzinfo)) for one in instants] == [
        "287082",
        "081804",
        "005924",
    ]


def test_a_session_is_whole_once_the_code_was_shown(session: Session, person: Actor) -> None:
    app, _, first = set_up(session, person)
    at = later(minutes=1)

    half = entered(session, at=at)
    assert is_whole(session, first, at)
    assert not is_whole(session, half, at)
    whole = prove(
        session, Prove(code=app.code(at), token=half, address=HOME), seal=SEAL, now=at
    )

    assert is_whole(session, whole, at)
    assert session_of(session, half, now=at) is None  # another token (S-11)


def test_who_has_the_password_only_did_not_sign_in(session: Session, person: Actor) -> None:
    app, _, _ = set_up(session, person)
    before, at = lines(session), later(minutes=1)

    half = entered(session, at=at)

    assert session.get_one(User, person.user_id).signed_in_at == NOW
    assert lines(session)[len(before) :] == [("prove_password", None)]
    prove(session, Prove(code=app.code(at), token=half, address=HOME), seal=SEAL, now=at)
    assert session.get_one(User, person.user_id).signed_in_at == at
    assert lines(session)[-1] == ("sign_in", person.user_id)


def lines(session: Session) -> list[tuple[str, int | None]]:
    query = select(AuditLine.action, AuditLine.recorded_by).order_by(AuditLine.id)
    return [(action, actor) for action, actor in session.execute(query)]


def test_setting_it_up_ends_every_other_session(session: Session, person: Actor) -> None:
    other = entered(session)

    _, codes, token = set_up(session, person)

    assert session_of(session, other, now=NOW) is None
    assert is_whole(session, token)
    assert len(set(codes)) == CODE_COUNT
    told = session.scalars(select(AccountMail.kind).where(AccountMail.email == EMAIL)).all()
    assert told == [MailKind.FACTOR_ON]


def test_a_replayed_code_opens_nothing(session: Session, person: Actor) -> None:
    app, _, _ = set_up(session, person)
    at = later(minutes=1)
    shown(session, app.code(at), at)

    for when in (at, later(minutes=1, seconds=29)):
        with pytest.raises(PermissionDeniedError, match="factor_code"):
            shown(session, app.code(at), when)


def test_the_code_that_set_it_up_is_used_up_too(session: Session, person: Actor) -> None:
    app, _, _ = set_up(session, person)

    with pytest.raises(PermissionDeniedError, match="factor_code"):
        shown(session, app.code(NOW), later(seconds=1))


@pytest.mark.parametrize(("steps", "opens"), [(-2, 0), (-1, 1), (0, 1), (1, 1), (2, 0)])
def test_a_telephone_may_be_half_a_minute_off(
    session: Session, person: Actor, steps: int, opens: int
) -> None:
    app, _, _ = set_up(session, person, later(hours=-1))

    if opens:
        assert is_whole(session, shown(session, app.code(NOW, steps), NOW))
    else:
        with pytest.raises(PermissionDeniedError):
            shown(session, app.code(NOW, steps), NOW)


def test_after_a_later_code_no_earlier_one_counts(session: Session, person: Actor) -> None:
    app, _, _ = set_up(session, person, later(hours=-1))
    shown(session, app.code(NOW, 1), NOW)

    for steps in (-1, 0, 1):
        with pytest.raises(PermissionDeniedError):
            shown(session, app.code(NOW, steps), NOW)


def test_each_one_time_code_stands_in_once_however_it_is_typed(
    session: Session, person: Actor
) -> None:
    _, codes, _ = set_up(session, person)
    other = a_user(session, Role.ADMIN)
    _, others, _ = set_up(session, other)

    for count, code in enumerate(codes):
        typed = code.lower().replace("-", " ") if count % 2 else code
        at = later(minutes=count)
        assert is_whole(session, shown(session, f" {typed} ", at), at)
    for code in (codes[0], others[0], "", "0000-0000-0000-0000"):
        with pytest.raises(PermissionDeniedError):
            shown(session, code, later(hours=3))


def test_new_codes_end_those_of_before(session: Session, person: Actor) -> None:
    _, codes, _ = set_up(session, person)

    fresh = renew_codes(session, person, now=NOW)

    assert not set(fresh) & set(codes)
    with pytest.raises(PermissionDeniedError):
        shown(session, codes[0], NOW)
    assert shown(session, fresh[0], NOW)


def test_nothing_in_the_database_makes_a_code(session: Session, person: Actor) -> None:
    app, codes, token = set_up(session, person)

    written = str(contents(session))
    for secret in (app.secret, token, *codes, *(one.replace("-", "") for one in codes)):
        assert secret not in written
    row = session.get_one(SecondFactor, person.user_id)
    assert SEAL.open(row.secret) == app.secret
    with pytest.raises(UnavailableError, match="factor_key"):
        shown(session, app.code(later(minutes=1)), later(minutes=1), Seal(["khác"], "x"))


def test_a_change_of_the_secret_key_loses_nobody(session: Session, person: Actor) -> None:
    app, _, _ = set_up(session, person)
    former = "khóa của các bài thử"
    both = Seal(["khóa mới", former], SECOND_FACTOR)
    alone = Seal(["khóa mới"], SECOND_FACTOR)
    operator = command_line(session, now=NOW)

    assert reseal(session, operator, seal=both, now=NOW) == 1
    assert reseal(session, operator, seal=both, now=NOW) == 0
    at = later(minutes=1)
    assert shown(session, app.code(at), at, alone)


def test_signing_in_seals_anew_under_the_present_key(session: Session, person: Actor) -> None:
    app, _, _ = set_up(session, person)
    at = later(minutes=1)
    both = Seal(["khóa mới", "khóa của các bài thử"], SECOND_FACTOR)

    shown(session, app.code(at), at, both)

    row = session.get_one(SecondFactor, person.user_id)
    assert Seal(["khóa mới"], SECOND_FACTOR).open(row.secret) == app.secret


def test_a_seal_of_another_purpose_opens_nothing() -> None:
    sealed = Seal(["một khóa"], SECOND_FACTOR).close("bí mật")

    assert not Seal(["một khóa"], "visitor").is_newest(sealed)


def test_guessing_codes_waits_in_however_many_sessions(session: Session, person: Actor) -> None:
    app, codes, _ = set_up(session, person)
    at = later(minutes=1)
    for number in range(5):
        with pytest.raises(PermissionDeniedError, match="factor_code"):
            shown(session, f"{number:06}", at)

    for typed in (app.code(at), codes[0]):
        with pytest.raises(PermissionDeniedError, match="locked"):
            shown(session, typed, at)
    refused = session.scalars(select(AuditLine).where(AuditLine.action == "refuse_factor"))
    assert [(one.recorded_by, one.facts["network"]) for one in refused] == [(None, HOME)] * 5
    once_quiet = later(minutes=3)
    assert shown(session, app.code(once_quiet), once_quiet)


def test_a_wrong_code_turns_nothing_on(session: Session, person: Actor) -> None:
    token, secret = entered(session), new_secret()
    asked = Enrol(secret=secret, code="000000", token=token, address=HOME)

    with pytest.raises(PermissionDeniedError, match="factor_code"):
        enrol(session, asked, person, seal=SEAL, now=NOW)

    assert session.get(SecondFactor, person.user_id) is None
    assert session_of(session, token, now=NOW) is not None


def test_another_telephone_takes_the_place_of_the_first(
    session: Session, person: Actor
) -> None:
    old, codes, token = set_up(session, person)
    at, app = later(minutes=2), Authenticator(new_secret())
    asked = Enrol(secret=app.secret, code=app.code(at), token=token, address=HOME)

    enrol(session, asked, person, seal=SEAL, now=at)

    after = later(minutes=3)
    for typed in (old.code(after), codes[0]):
        with pytest.raises(PermissionDeniedError):
            shown(session, typed, after)
    assert shown(session, app.code(after), after)


# Grave acts


def confirming(session: Session, person: Actor, token: str, at: datetime, **typed: str) -> None:
    words: dict[str, Any] = {"password": PASSWORD, "code": ""} | typed
    request = ConfirmPassword(token=token, address=HOME, **words)
    confirm_password(session, request, person, seal=SEAL, now=at, hasher=CHEAP)


def test_a_grave_act_asks_for_both_and_a_code_serves_one(
    session: Session, person: Actor
) -> None:
    app, codes, token = set_up(session, person)
    at = later(minutes=6)

    for typed in ({}, {"code": "000000"}, {"password": "sai", "code": app.code(at)}):
        with pytest.raises(PermissionDeniedError):
            confirming(session, person, token, at, **typed)
    found = session_of(session, token, now=at)
    assert found is not None
    assert not found.is_fresh
    confirming(session, person, token, at, code=app.code(at))
    found = session_of(session, token, now=at)
    assert found is not None
    assert found.is_fresh
    with pytest.raises(PermissionDeniedError, match="factor_code"):
        confirming(session, person, token, at, code=app.code(at))
    confirming(session, person, token, at, code=codes[3])


# Switching it off


def asked_off(session: Session, email: str, maker: Actor, clock: FixedClock) -> Decide:
    proposed = Propose(proposed=_proposable.factor_off(email, "Mất điện thoại"))
    number = propose(session, proposed, maker, clock)
    content = session.get_one(Proposal, number).payload_hash
    return Decide(proposal_id=number, payload_hash=content)


@pytest.fixture
def admin(session: Session, person: Actor) -> Actor:
    assert person.user_id
    return a_user(session, Role.ADMIN)


def test_two_others_switch_it_off_and_all_managers_are_told(
    session: Session, person: Actor, admin: Actor, clock: FixedClock
) -> None:
    accountant = a_user(session, Role.ACCOUNTANT)
    _, _, token = set_up(session, accountant)

    approve(session, asked_off(session, accountant.email, admin, clock), person, clock)

    assert session.get(SecondFactor, accountant.user_id) is None
    assert session.scalars(select(RecoveryCode)).all() == []
    assert session_of(session, token, now=NOW) is None
    told = [
        (one.email, one.facts)
        for one in session.scalars(select(AccountMail))
        if one.kind == MailKind.FACTOR_OFF_OF
    ]
    assert [(email, facts["account"], facts["reason"]) for email, facts in told] == [
        (person.email, accountant.email, "Mất điện thoại")
    ]
    line = session.scalars(select(AuditLine).where(AuditLine.action == "turn_off_factor")).one()
    assert (line.recorded_by, line.facts["reason"]) == (admin.user_id, "Mất điện thoại")


def test_nobody_takes_part_in_switching_off_their_own(
    session: Session, person: Actor, admin: Actor, clock: FixedClock
) -> None:
    set_up(session, person)
    set_up(session, admin)

    with pytest.raises(PermissionDeniedError, match="own_factor"):
        asked_off(session, admin.email, admin, clock)
    decision = asked_off(session, person.email, admin, clock)
    with pytest.raises(PermissionDeniedError, match="own_factor"):
        approve(session, decision, person, clock)
    assert session.get(SecondFactor, person.user_id) is not None


def test_an_administrator_alone_switches_nothing_off(
    session: Session, person: Actor, admin: Actor, clock: FixedClock
) -> None:
    set_up(session, person)
    decision = asked_off(session, person.email, admin, clock)

    for refused in (
        lambda: approve(session, decision, admin, clock),
        lambda: turn_off_by_operator(session, person.email, "Mất", admin, now=NOW),
    ):
        with pytest.raises(PermissionDeniedError):
            refused()
    assert session.get(SecondFactor, person.user_id) is not None


def test_the_operator_says_why_and_all_managers_learn_it(
    session: Session, person: Actor
) -> None:
    other = a_user(session, Role.MANAGER, email="hai@quy.example.vn")
    set_up(session, person)
    operator = command_line(session, now=NOW)

    with pytest.raises(InvalidInputError):
        turn_off_by_operator(session, person.email, "  ", operator, now=NOW)
    turn_off_by_operator(session, person.email, "Lãnh đạo duy nhất", operator, now=NOW)

    assert session.get(SecondFactor, person.user_id) is None
    told = session.scalars(
        select(AccountMail.email).where(AccountMail.kind == MailKind.FACTOR_OFF_OF.value)
    )
    assert sorted(told) == sorted([person.email, other.email])
    with pytest.raises(ConflictError, match="no_factor"):
        turn_off_by_operator(session, person.email, "Lần nữa", operator, now=NOW)


def test_the_own_one_goes_with_its_codes_and_the_session_stays(
    session: Session,
) -> None:
    officer = a_user(session, Role.OFFICER)
    _, _, token = set_up(session, officer)

    turn_off_own(session, officer, now=NOW)

    assert session.scalars(select(RecoveryCode)).all() == []
    assert session.scalars(select(UserSession)).one() is not None
    assert is_whole(session, token)
