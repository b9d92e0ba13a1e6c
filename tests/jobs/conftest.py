"""A book of the test's own on each database in turn, where commits are real."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from loanfund.db import make_sessions
from loanfund.jobs.running import World
from tests.books import a_small_book
from tests.builders import Fund
from tests.jobs.hand_clock import HandClock, at_office
from tests.jobs.smtp import Box, free_port, listening

TODAY = date(2020, 6, 1)


@pytest.fixture(name="hands")
def the_hands() -> HandClock:
    """Nine o'clock at the office on Monday, 1 June 2020."""
    return at_office(TODAY)


@pytest.fixture
def own_sessions(own_engine: Engine) -> sessionmaker[Session]:
    return make_sessions(own_engine)


@pytest.fixture
def fund(own_sessions: sessionmaker[Session], hands: HandClock) -> Iterator[Fund]:
    """The three loans of `a_small_book`."""
    with own_sessions() as session:
        yield a_small_book(session, hands)


@pytest.fixture
def world(own_sessions: sessionmaker[Session], hands: HandClock) -> World:
    return World(
        sessions=own_sessions,
        clock=hands,
        runner="test:1",
        base_url="https://quy.example.vn",
    )


@pytest.fixture
def box() -> Box:
    return Box(free_port())


@pytest.fixture
def served(box: Box) -> Iterator[Box]:
    with listening(box):
        yield box
