"""Signing in tells strangers nothing, waits for who guesses, and sessions end as promised."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from statistics import median
from time import perf_counter
from typing import Literal

import pytest
from argon2 import PasswordHasher, extract_parameters
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from loanfund.db import make_sessions
from loanfund.domain.errors import InvalidInputError, PermissionDeniedError
from loanfund.domain.permission import Role
from loanfund.models.user import User, UserSession
from loanfund.queries.user import session_of
from loanfund.services.sign_in import (
    STRONG,
    ChangePassword,
    SignIn,
    change_password,
    keep_session,
    sign_in,
    sign_out,
)
from loanfund.services.user import command_line, disable_user
from tests.people import CHEAP, NOW, PASSWORD, a_user

OTHER = "năm con mèo nằm trên mái"
EMAIL = "officer@quy.example.vn"


def try_in(
    session: Session,
    password: str = PASSWORD,
    *,
    email: str = EMAIL,
    address: str = "192.0.2.7",
    now: datetime = NOW,
) -> str:
    request = SignIn(email=email, password=password, address=address)
    return sign_in(session, request, now=now, hasher=CHEAP)


def refusal(session: Session, password: str = OTHER, **facts: str) -> str:
    with pytest.raises(PermissionDeniedError) as refused:
        try_in(session, password, **facts)  # type: ignore[arg-type]
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


def test_unknown_wrong_and_disabled_are_one_refusal(session: Session) -> None:
    a_user(session)
    a_user(session, email="gone@quy.example.vn")
    disable_user(session, "gone@quy.example.vn", command_line(session, now=NOW), now=NOW)

    assert refusal(session) == "sign_in"
    assert refusal(session, PASSWORD, email="gone@quy.example.vn") == "sign_in"
    assert refusal(session, PASSWORD, email="nobody@quy.example.vn") == "sign_in"
    assert refusal(session, PASSWORD, email="cli") == "sign_in"


def test_unknown_and_wrong_take_equally_long(session: Session) -> None:
    slow = PasswordHasher(time_cost=2, memory_cost=8 * 1024, parallelism=1)
    a_user(session)

    def seconds(email: str, number: int) -> float:
        request = SignIn(email=email, password=OTHER, address=f"192.0.2.{number}")
        begun = perf_counter()
        late = NOW + timedelta(hours=number)
        with pytest.raises(PermissionDeniedError):
            sign_in(session, request, now=late, hasher=slow)
        return perf_counter() - begun

    strong = sign_in(
        session, SignIn(email=EMAIL, password=PASSWORD, address="x"), now=NOW, hasher=slow
    )
    assert strong  # the stored hash now costs what the trial hashes cost
    wrong = median(seconds(EMAIL, number) for number in range(2, 27))
    unknown = median(seconds("nobody@quy.example.vn", number) for number in range(27, 52))

    assert 0.5 < wrong / unknown < 2


def test_after_five_failures_even_the_right_password_waits(session: Session) -> None:
    a_user(session)
    for _ in range(5):
        assert refusal(session) == "sign_in"

    assert refusal(session, PASSWORD) == "locked"
    assert refusal(session, PASSWORD, address="198.51.100.1") == "locked"
    assert try_in(session, now=NOW + timedelta(minutes=1))


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

    assert refused.value.reason == "current_password"
    assert too_short.value.reason == "password_short"


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
