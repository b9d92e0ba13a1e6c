"""Signing in tells strangers nothing, waits for who guesses, and sessions end as promised."""

import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Literal

import pytest
from argon2 import Parameters, PasswordHasher, extract_parameters
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from loanfund.db import make_sessions
from loanfund.domain.errors import (
    InvalidInputError,
    PermissionDeniedError,
    UnavailableError,
)
from loanfund.domain.permission import Actor, Role
from loanfund.models.audit import AuditLine
from loanfund.models.user import LoginFailure, User, UserSession
from loanfund.queries.user import session_of
from loanfund.services.hashing import STRONG
from loanfund.services.sign_in import (
    ChangePassword,
    ConfirmPassword,
    SetPassword,
    SignIn,
    change_password,
    confirm_password,
    keep_session,
    set_password,
    sign_in,
    sign_out,
)
from loanfund.services.user import command_line, disable_user, issue_link
from tests.people import CHEAP, NOW, PASSWORD, SEAL, WHY, a_user
from tests.services.at_once import accepted, at_once

OTHER = "năm con mèo nằm trên mái"
EMAIL = "officer@quy.example.vn"


def try_in(
    session: Session, password: str = PASSWORD, *, now: datetime = NOW, **more: str
) -> str:
    typed = {"email": EMAIL, "address": "192.0.2.7"} | more
    return sign_in(session, SignIn(password=password, **typed), now=now, hasher=CHEAP)


def refusal(session: Session, password: str = OTHER, **facts: Any) -> str:
    with pytest.raises(PermissionDeniedError) as refused:
        try_in(session, password, **facts)
    return refused.value.reason


def test_the_token_is_stored_hashed_and_finds_the_session(session: Session) -> None:
    officer = a_user(session)

    token = try_in(session)

    found = session_of(session, token, now=NOW)
    assert found is not None
    assert found.actor == officer
    assert len(token) == 43
    assert token not in session.scalars(select(UserSession.token_hash)).all()
    assert session_of(session, "x" * 43, now=NOW) is None


def test_the_cost_of_the_hash_is_what_the_standard_asks_for() -> None:
    parameters = extract_parameters(STRONG.hash(PASSWORD))

    assert parameters.type.name == "ID"
    assert parameters.memory_cost == 64 * 1024
    assert (parameters.time_cost, parameters.parallelism) == (3, 4)


def test_a_cheap_hash_is_renewed_at_sign_in(session: Session) -> None:
    a_user(session)
    dearer = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)

    request = SignIn(email=EMAIL, password=PASSWORD, address="192.0.2.7")
    sign_in(session, request, now=NOW, hasher=dearer)

    stored = session.scalars(select(User.password_hash).where(User.email == EMAIL)).one()
    assert stored is not None
    assert extract_parameters(stored).memory_cost == 16


def test_a_space_more_is_another_password(session: Session) -> None:
    a_user(session)

    assert refusal(session, PASSWORD + " ") == "sign_in"


@pytest.mark.parametrize("form", ["NFC", "NFD", "tones apart"])
@pytest.mark.parametrize("kept", ["NFC", "NFD"])
def test_however_a_keyboard_sends_its_letters_it_is_one_password(
    session: Session, form: str, kept: str
) -> None:
    """Windows sends a tone after its letter, telephones both in one; so do NFD and NFC.

    Before, a password was hashed as it came: one that was kept so still opens with its keys.
    """
    sentence = "lên non mới biết non cao"
    spelled = {one: unicodedata.normalize(one, sentence) for one in ("NFC", "NFD")}
    spelled["tones apart"] = spelled["NFC"].replace("ớ", "ơ\u0301").replace("ế", "ê\u0301")
    a_user(session)
    change(session, try_in(session), PASSWORD, spelled[kept])

    assert len(set(spelled.values())) == 3
    assert try_in(session, spelled[form])
    user = session.scalars(select(User).where(User.email == EMAIL)).one()
    user.password_hash = CHEAP.hash(spelled["NFD"])
    session.commit()
    assert try_in(session, spelled["NFD"])


def test_unknown_wrong_and_disabled_are_one_refusal(session: Session) -> None:
    a_user(session)
    a_user(session, email="gone@quy.example.vn")
    disable_user(session, "gone@quy.example.vn", WHY, command_line(session, now=NOW), now=NOW)

    assert refusal(session) == "sign_in"
    assert refusal(session, PASSWORD, email="gone@quy.example.vn") == "sign_in"
    assert refusal(session, PASSWORD, email="nobody@quy.example.vn") == "sign_in"
    assert refusal(session, PASSWORD, email="cli") == "sign_in"


class Weighed(PasswordHasher):
    """A hasher that notes what each hash costs that it makes or compares with."""

    def __init__(self) -> None:
        super().__init__(time_cost=2, memory_cost=8 * 1024, parallelism=1)
        self.costs: list[Parameters] = []

    def hash(self, *given: Any, **more: Any) -> str:
        made = super().hash(*given, **more)
        self.costs.append(extract_parameters(made))
        return made

    def verify(self, hash: str | bytes, *given: Any) -> Literal[True]:  # noqa: A002 - argon2's
        self.costs.append(extract_parameters(str(hash)))
        return super().verify(hash, *given)


def test_unknown_and_wrong_cost_the_same(session: Session) -> None:
    weighed = Weighed()
    a_user(session)

    def costs(email: str, password: str) -> list[Parameters]:
        weighed.costs.clear()
        request = SignIn(email=email, password=password, address="192.0.2.7")
        with suppress(PermissionDeniedError):
            sign_in(session, request, now=NOW, hasher=weighed)
        return list(weighed.costs)

    assert len(costs(EMAIL, PASSWORD)) == 2  # a hash of old parameters is made anew
    wrong = costs(EMAIL, OTHER)
    assert len(wrong) == 1
    assert costs("nobody@quy.example.vn", OTHER) == wrong


def test_after_five_failures_in_a_network_even_the_right_password_waits(
    session: Session,
) -> None:
    a_user(session)
    for _ in range(5):
        assert refusal(session) == "sign_in"

    assert refusal(session, PASSWORD) == "locked"
    assert try_in(session, address="198.51.100.1")
    assert try_in(session, now=NOW + timedelta(minutes=1))


def test_no_stranger_locks_out_who_signed_in_before_or_is_signed_in(session: Session) -> None:
    officer = a_user(session)
    token = try_in(session)
    for number in range(60):
        network = "192.0.2.7" if number % 2 else f"203.0.113.{number}"
        refused = refusal(session, address=network, email=EMAIL)
        assert refused in {"sign_in", "locked"}
    assert refusal(session, PASSWORD) == "locked"

    assert try_in(session, browser="at my desk")
    confirm(session, token, PASSWORD, officer)


def test_a_browser_that_is_known_waits_for_its_own_failures_and_no_other_does(
    session: Session,
) -> None:
    a_user(session)
    for _ in range(5):
        assert refusal(session, browser="stolen") == "sign_in"

    assert refusal(session, PASSWORD, browser="stolen") == "locked"
    assert refusal(session, PASSWORD, browser="stolen", address="203.0.113.9") == "locked"
    assert try_in(session, browser="at my desk")
    assert try_in(session)


def test_in_a_network_of_many_failures_who_is_right_makes_nobody_wait(session: Session) -> None:
    """Twenty failed; then all come with a new browser, each with the right password."""
    a_user(session)
    colleagues = [f"colleague-{number}@quy.example.vn" for number in range(3)]
    for email in colleagues:
        a_user(session, email=email)
    for number in range(20):
        assert refusal(session, email=f"nobody-{number}@quy.example.vn") == "sign_in"
    assert refusal(session, PASSWORD) == "locked"
    at = later(minutes=1)

    for email in (EMAIL, *colleagues):
        assert try_in(session, now=at, email=email)
    assert refusal(session, now=at) == "sign_in"
    assert refusal(session, PASSWORD, now=at) == "locked"


def test_what_an_office_types_wrong_fades_within_the_hour(session: Session) -> None:
    """Someone mistypes every four minutes: one of twenty less counts every three."""
    a_user(session)
    for number in range(20):
        assert refusal(session, email=f"nobody-{number}@quy.example.vn") == "sign_in"

    for number in range(1, 20):
        at = later(minutes=4 * number)
        assert refusal(session, email=f"other-{number}@quy.example.vn", now=at) == "sign_in"
        assert try_in(session, now=at + timedelta(minutes=1))  # not later and later


def test_who_holds_many_networks_is_slowed_for_the_account_until_a_day_is_quiet(
    session: Session,
) -> None:
    a_user(session)
    for number in range(50):
        assert refusal(session, address=f"203.0.113.{number}") == "sign_in"

    assert refusal(session, PASSWORD, address="198.51.100.1") == "locked"
    assert refusal(session, address="198.51.100.1", now=later(minutes=1)) == "sign_in"
    assert refusal(session, address="198.51.100.2", now=later(minutes=2)) == "locked"
    assert refusal(session, address="198.51.100.2", now=later(hours=23)) == "sign_in"
    assert refusal(session, address="198.51.100.3", now=later(hours=23)) == "locked"
    assert refusal(session, address="198.51.100.3", now=later(hours=47)) == "sign_in"
    assert try_in(session, address="198.51.100.4", now=later(hours=47))


def test_whoever_guesses_in_a_session_waits_and_its_owner_signs_in(session: Session) -> None:
    officer = a_user(session)
    token = try_in(session)
    for _ in range(5):
        with pytest.raises(PermissionDeniedError) as wrong:
            confirm(session, token, OTHER, officer)
        assert wrong.value.reason == "current_password"

    with pytest.raises(PermissionDeniedError) as locked:
        confirm(session, token, PASSWORD, officer)
    with pytest.raises(PermissionDeniedError) as still:
        change(session, token, PASSWORD, OTHER)

    assert locked.value.reason == still.value.reason == "locked"
    confirm(session, try_in(session), PASSWORD, officer)


def test_whoever_sets_a_new_password_waits_for_no_earlier_failure(session: Session) -> None:
    a_user(session)
    for number in range(50):
        refusal(session, address=f"203.0.113.{number}")
    for _ in range(5):
        refusal(session, browser="at my desk")
    link = issue_link(session, EMAIL, command_line(session, now=NOW), now=NOW)

    set_password(session, SetPassword(link=link, password=OTHER), now=NOW, hasher=CHEAP)

    assert try_in(session, OTHER, address="203.0.113.1")
    assert try_in(session, OTHER, browser="at my desk")


def later(**by: float) -> datetime:
    return NOW + timedelta(**by)


def confirm(session: Session, token: str, password: str, actor: Actor) -> None:
    request = ConfirmPassword(password=password, token=token, address="192.0.2.7")
    confirm_password(session, request, actor, seal=SEAL, now=NOW, hasher=CHEAP)


@pytest.mark.parametrize("back", [1 / 60, 1, 60, 60 * 24])
def test_a_clock_set_back_makes_nobody_wait_longer(session: Session, back: float) -> None:
    a_user(session)
    for _ in range(4):
        refusal(session)
    now = later(minutes=-back)

    assert refusal(session, now=now) == "sign_in"
    assert refusal(session, PASSWORD, now=now) == "locked"
    assert try_in(session, now=now + timedelta(minutes=1))


def test_who_waits_while_the_clock_is_set_back_waits_no_hour(session: Session) -> None:
    a_user(session)
    for _ in range(5):
        refusal(session)

    assert refusal(session, PASSWORD, now=later(hours=-1)) == "locked"
    assert try_in(session, now=later(minutes=-59))


GREEDY = PasswordHasher(time_cost=1, memory_cost=2**32 - 1, parallelism=1)  # 4 TiB


def test_a_machine_short_of_memory_is_no_wrong_password(session: Session) -> None:
    """Each way in which a password is looked at, ten times; then the right one is taken."""
    officer = a_user(session)
    token = try_in(session)
    link = issue_link(session, EMAIL, command_line(session, now=NOW), now=NOW)
    dear = f"$argon2id$v=19$m={2**32 - 1},t=1,p=1$" + CHEAP.hash(PASSWORD).split("$", 4)[4]
    proof = ConfirmPassword(password=PASSWORD, token=token, address="192.0.2.7")
    replaced = ChangePassword(current=PASSWORD, password=OTHER, token=token, address="x")
    right = SignIn(email=EMAIL, password=PASSWORD, address="192.0.2.7")
    nobody = SignIn(email="nobody@quy.example.vn", password=PASSWORD, address="192.0.2.7")
    chosen = SetPassword(link=link, password=OTHER)

    def unavailable(work: Callable[[], object]) -> None:
        for _ in range(10):
            with pytest.raises(UnavailableError):
                work()

    unavailable(lambda: sign_in(session, nobody, now=NOW, hasher=GREEDY))
    unavailable(lambda: sign_in(session, right, now=NOW, hasher=GREEDY))  # renewing its hash
    unavailable(lambda: set_password(session, chosen, now=NOW, hasher=GREEDY))
    store(session, dear)
    unavailable(lambda: sign_in(session, right, now=NOW, hasher=CHEAP))
    unavailable(
        lambda: confirm_password(session, proof, officer, seal=SEAL, now=NOW, hasher=CHEAP)
    )
    unavailable(lambda: change_password(session, replaced, officer, now=NOW, hasher=CHEAP))
    store(session, CHEAP.hash(PASSWORD))

    assert try_in(session)
    confirm_password(session, proof, officer, seal=SEAL, now=NOW, hasher=CHEAP)
    assert set(session.scalars(select(LoginFailure.failures))) == {0}


def store(session: Session, password_hash: str) -> None:
    session.execute(update(User).where(User.email == EMAIL).values(password_hash=password_hash))
    session.commit()


def test_who_signs_in_and_who_fails_to_is_in_the_audit_log_with_from_where(
    session: Session,
) -> None:
    officer = a_user(session)

    refusal(session, address="203.0.113.9")
    refusal(session, email="secret typed here", address="203.0.113.9")
    token = try_in(session)
    with pytest.raises(PermissionDeniedError):
        confirm(session, token, OTHER, officer)
    with pytest.raises(PermissionDeniedError):
        change(session, token, OTHER, PASSWORD)

    written = select(AuditLine).where(AuditLine.action.like("%sign_in") | of_refusals)
    lines = session.scalars(written.order_by(AuditLine.id)).all()
    own = str(officer.user_id)
    assert [
        (line.action, line.recorded_by, line.object_id, line.facts["network"]) for line in lines
    ] == [
        ("refuse_sign_in", None, own, "203.0.113.9"),
        ("refuse_sign_in", None, None, "203.0.113.9"),
        ("sign_in", officer.user_id, own, "192.0.2.7"),
        ("refuse_password", None, own, "192.0.2.7"),
        ("refuse_password", None, own, "192.0.2.7"),
    ]
    assert "secret" not in str([line.facts for line in lines])


of_refusals = AuditLine.action == "refuse_password"


def test_failures_long_past_are_not_kept(session: Session) -> None:
    for number in range(3):
        refusal(session, email=f"user{number}@quy.example.vn")

    refusal(session, email="nobody@quy.example.vn", now=later(hours=25))

    assert len(session.scalars(select(LoginFailure)).all()) == 3


def test_the_wait_doubles_up_to_a_quarter_of_an_hour(session: Session) -> None:
    a_user(session)
    now, waits = NOW, []
    for _ in range(10):
        with pytest.raises(PermissionDeniedError):
            try_in(session, "wrong", now=now)
        with pytest.raises(PermissionDeniedError) as refused:
            try_in(session, "wrong", now=now)
        seconds = refused.value.facts.get("seconds", 0)
        assert isinstance(seconds, int)
        waits.append(seconds // 60)
        now += timedelta(seconds=seconds)

    assert waits == [0, 0, 1, 2, 4, 8, 15, 15, 15, 15]


def test_an_unknown_account_waits_just_the_same(session: Session) -> None:
    for _ in range(5):
        assert refusal(session, email="nobody@quy.example.vn") == "sign_in"

    assert refusal(session, email="nobody@quy.example.vn") == "locked"


def test_an_address_that_tries_many_accounts_waits_too(session: Session) -> None:
    a_user(session)
    for number in range(20):
        assert refusal(session, email=f"user{number}@quy.example.vn") == "sign_in"

    assert refusal(session, PASSWORD) == "locked"
    assert try_in(session, address="198.51.100.1")


def test_who_holds_an_ipv6_network_does_not_get_new_tries_with_every_address(
    session: Session,
) -> None:
    a_user(session)
    for number in range(20):
        email, address = f"user{number}@quy.example.vn", f"2001:db8:1:2::{number}"
        assert refusal(session, email=email, address=address) == "sign_in"

    assert refusal(session, PASSWORD, address="2001:db8:1:2:3::4") == "locked"
    assert try_in(session, address="2001:db8:1:5::1")


def test_a_success_forgives_the_account(session: Session) -> None:
    a_user(session)
    for _ in range(3):
        for _ in range(4):
            assert refusal(session) == "sign_in"
        assert try_in(session)


def test_guessing_at_the_same_time_gains_nothing(own_engine: Engine) -> None:
    sessions = make_sessions(own_engine)
    with sessions() as session:
        a_user(session)

    def guess(_number: int) -> str:
        with sessions() as session:
            return refusal(session)

    with ThreadPoolExecutor(8) as pool:
        refusals = list(pool.map(guess, range(12)))

    assert sorted(refusals) == ["locked"] * 7 + ["sign_in"] * 5


def test_everybody_who_signs_in_at_the_same_moment_is_let_in(own_engine: Engine) -> None:
    with make_sessions(own_engine)() as session:
        a_user(session)

    def knocks(session: Session) -> str:
        return try_in(session)

    def returns(session: Session) -> str:
        return try_in(session, browser="at my desk")

    tokens = at_once(own_engine, [knocks, returns] * 4)

    assert len(set(accepted(tokens))) == 8


@pytest.mark.parametrize(("role", "minutes"), [(Role.OFFICER, 30), (Role.ADMIN, 30)])
def test_a_session_ends_when_nobody_uses_it(session: Session, role: Role, minutes: int) -> None:
    email = a_user(session, role).email
    token = try_in(session, email=email)
    soon = NOW + timedelta(minutes=minutes - 1)

    assert session_of(session, token, now=soon) is not None
    assert session_of(session, token, now=NOW + timedelta(minutes=minutes)) is None
    keep_session(session, token, {"kept": 1}, now=soon)
    found = session_of(session, token, now=soon + timedelta(minutes=minutes - 1))
    assert found is not None
    assert found.data == {"kept": 1}


def test_a_session_ends_after_twelve_hours_of_work(session: Session) -> None:
    a_user(session)
    token = try_in(session)
    last = NOW + timedelta(hours=12)

    keep_session(session, token, {}, now=last - timedelta(minutes=1))

    assert session_of(session, token, now=last - timedelta(seconds=1)) is not None
    assert session_of(session, token, now=last) is None


def test_who_signed_out_stays_out(session: Session) -> None:
    a_user(session)
    token = try_in(session)

    sign_out(session, token)
    keep_session(session, token, {"late": 1}, now=NOW)

    assert session_of(session, token, now=NOW) is None


def test_sessions_that_ran_out_are_cleared_away(session: Session) -> None:
    a_user(session)
    try_in(session)

    try_in(session, now=NOW + timedelta(hours=13))

    assert len(session.scalars(select(UserSession)).all()) == 1


def change(session: Session, token: str, current: str, password: str) -> None:
    actor = session_of(session, token, now=NOW)
    assert actor is not None
    request = ChangePassword(
        current=current, password=password, token=token, address="192.0.2.7"
    )
    change_password(session, request, actor.actor, now=NOW, hasher=CHEAP)


def test_a_new_password_ends_every_other_session(session: Session) -> None:
    a_user(session)
    here, elsewhere = try_in(session), try_in(session)

    change(session, here, PASSWORD, OTHER)

    assert session_of(session, here, now=NOW) is not None
    assert session_of(session, elsewhere, now=NOW) is None
    assert refusal(session, PASSWORD) == "sign_in"
    assert try_in(session, OTHER)


def test_a_new_password_needs_the_present_one_and_is_a_good_one(session: Session) -> None:
    a_user(session)
    token = try_in(session)

    with pytest.raises(PermissionDeniedError) as refused:
        change(session, token, "wrong", OTHER)
    with pytest.raises(InvalidInputError) as too_short:
        change(session, token, PASSWORD, "short")
    with pytest.raises(InvalidInputError) as same:
        change(session, token, PASSWORD, unicodedata.normalize("NFD", PASSWORD))

    assert refused.value.reason == "current_password"
    assert too_short.value.reason == "password_short"
    assert same.value.reason == "password_same"


class Meddler(PasswordHasher):
    """Compares a password while somebody else sets another one."""

    def __init__(self, session: Session) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.session = session

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002
        found = super().verify(hash, password)
        self.session.execute(update(User).values(password_hash=CHEAP.hash(OTHER)))
        self.session.commit()
        return found


def test_a_password_replaced_while_it_was_compared_lets_nobody_in(session: Session) -> None:
    a_user(session)

    request = SignIn(email=EMAIL, password=PASSWORD, address="192.0.2.7")
    with pytest.raises(PermissionDeniedError) as refused:
        sign_in(session, request, now=NOW, hasher=Meddler(session))

    assert refused.value.reason == "sign_in"
    assert not session.scalars(select(UserSession)).all()


def test_nor_is_it_replaced_once_more(session: Session) -> None:
    officer = a_user(session)
    token = try_in(session)
    request = ChangePassword(
        current=PASSWORD, password="mưa phùn tháng giêng", token=token, address="192.0.2.7"
    )

    with pytest.raises(PermissionDeniedError) as refused:
        change_password(session, request, officer, now=NOW, hasher=Meddler(session))

    assert refused.value.reason == "current_password"
    assert try_in(session, OTHER)
