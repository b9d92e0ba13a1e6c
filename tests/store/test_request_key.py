"""Idempotency keys are bound to what was asked, by its content and not its spelling."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from loanfund.domain.errors import ConflictError, InvalidInputError
from loanfund.store.request_key import (
    KeyedRequest,
    ProgramKey,
    fingerprint,
    first_result,
    keep_result,
)
from tests.people import a_user

AT = datetime(2020, 6, 1, 2, 0, tzinfo=UTC)


def a_request(
    actor: int, key: str = "k1", action: str = "repay", **payload: Any
) -> KeyedRequest:
    return KeyedRequest(key, action, {"amount": 5, "note": None, **payload}, actor)


def test_the_order_of_fields_does_not_matter() -> None:
    assert fingerprint({"a": 1, "b": [2, None]}) == fingerprint({"b": [2, None], "a": 1})


@pytest.mark.parametrize("other", [{"a": "1"}, {"a": 1.0}, {"a": 1, "b": None}, {"a": [1]}, {}])
def test_values_of_another_kind_are_another_content(other: dict[str, Any]) -> None:
    assert fingerprint(other) != fingerprint({"a": 1})


def test_a_new_key_has_no_answer(session: Session) -> None:
    assert first_result(session, a_request(a_user(session).user_id)) is None


def test_a_kept_answer_comes_back_as_it_was(session: Session) -> None:
    request = a_request(a_user(session).user_id)
    answer = {"receipt": "PT-2020/000001", "parts": {"gốc": 2, "lãi": 3}, "none": None}

    keep_result(session, request, answer, AT)
    session.flush()
    session.expire_all()

    assert first_result(session, request) == answer


def test_a_key_answers_nothing_else(session: Session) -> None:
    actor = a_user(session).user_id
    keep_result(session, a_request(actor), {"receipt": "PT-2020/000001"}, AT)
    session.flush()

    for other in (
        a_request(actor, amount=6),
        a_request(actor, action="recover"),
        a_request(actor + 1),
    ):
        with pytest.raises(ConflictError) as refusal:
            first_result(session, other)
        assert (refusal.value.reason, refusal.value.facts) == ("key_used", {})


def test_a_key_has_one_to_sixty_four_characters(session: Session) -> None:
    actor = a_user(session).user_id

    assert first_result(session, a_request(actor, key="k" * 64)) is None
    for key in ("", "k" * 65):
        with pytest.raises(InvalidInputError):
            first_result(session, a_request(actor, key=key))


@pytest.mark.parametrize("key", ["proposal:5", "statement:1:2020-05", "khóa", "a b", "a\n"])
def test_a_key_of_the_program_is_no_forms(session: Session, key: str) -> None:
    actor = a_user(session).user_id

    with pytest.raises(InvalidInputError, match="key_form"):
        first_result(session, a_request(actor, key=key))


def test_the_program_finds_what_it_did_under_a_key_of_its_own(session: Session) -> None:
    actor = a_user(session).user_id
    asked = a_request(actor, key=ProgramKey.of("statement", 1, "2020-05"))

    keep_result(session, asked, {"number": "SK-1"}, AT)
    session.commit()

    assert asked.key == "statement:1:2020-05"
    assert first_result(session, asked) == {"number": "SK-1"}
