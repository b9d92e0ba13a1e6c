"""Numbers of vouchers: none twice, none missing, whoever asks at the same time."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from loanfund.db import unit_of_work
from loanfund.store.number import next_number
from tests.services.at_once import accepted, at_once


def take_back(session: Session) -> None:
    with unit_of_work(session):
        next_number(session, "PT", 2020)
        raise LookupError


def test_a_series_begins_with_one_each_year(session: Session) -> None:
    numbers = [next_number(session, "PT", year) for year in (2020, 2020, 2021)]

    assert numbers == ["PT-2020/000001", "PT-2020/000002", "PT-2021/000001"]


def test_series_count_apart(session: Session) -> None:
    assert [next_number(session, series, 2020) for series in ("PT", "PC")] == [
        "PT-2020/000001",
        "PC-2020/000001",
    ]


def test_numbers_of_eight_at_once_have_no_gap_though_some_are_taken_back(
    own_engine: Engine,
) -> None:
    def clerk(place: int) -> Callable[[Session], list[str]]:
        def work(session: Session) -> list[str]:
            kept = []
            for turn in range(10):
                if turn % 8 == place:
                    with pytest.raises(LookupError):
                        take_back(session)
                with unit_of_work(session):
                    kept.append(next_number(session, "PT", 2020))
            return kept

        return work

    given = accepted(at_once(own_engine, [clerk(place) for place in range(8)]))

    numbers = [number for kept in given for number in kept]
    assert sorted(numbers) == [f"PT-2020/{place:06d}" for place in range(1, 81)]
