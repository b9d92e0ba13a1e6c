"""Every route, every role, own, foreign and missing objects: every cell of it is asserted.

What is expected follows from the permission table and from what a route declares, told again
here; so neither a forgotten declaration nor a forgotten question about whose a thing is can
hide (S-16 to S-18, S-20, INV-29).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.routing import MapAdapter

from loanfund.app import build_app
from loanfund.clock import FixedClock
from loanfund.db import make_engine, make_sessions
from loanfund.domain.permission import Role
from loanfund.models.loan import Loan
from loanfund.models.user import BorrowerUser, User
from tests.conftest import TODAY
from tests.people import CHEAP, PASSWORD
from tests.site import SETTINGS, Site
from tests.web.matrix import Route, Things, Visitor, a_world, expected, routes

pytestmark = pytest.mark.slow
ROUTES = list(routes())
PEOPLE = [role for role in Role if role is not Role.CLI]
# What a role may be asked for that no route of this role would take.
EXTRA = {
    "password_again": PASSWORD,  # whoever asks for so many things may be asked in between
    "role": "admin",
    "status": "closed",
    "state": "cancelled",
    "coop_id": "1",
    "user_id": "1",
    "loan_id": "1",
    "amount_approved": "1",
}


@dataclass(frozen=True)
class World:
    """One application on one book, a visitor of each role, and the stranger."""

    things: Things
    visitors: Mapping[Role | None, Visitor]
    addresses: MapAdapter
    sessions: sessionmaker[Session]
    foreign_borrower: int

    def rights(self) -> object:
        """Give what no form may change: roles, whom somebody stands for, and contracts."""
        with self.sessions() as session:
            users = select(User.id, User.role, BorrowerUser.borrower_id).outerjoin(BorrowerUser)
            loans = select(Loan.id, Loan.borrower_id, Loan.state, Loan.amount)
            asked = (users.order_by(User.id), loans.order_by(Loan.id))
            return [session.execute(one).all() for one in asked]


@pytest.fixture(scope="module")
def world(sqlite_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    copy = shutil.copy(sqlite_file, tmp_path_factory.mktemp("matrix") / "matrix.sqlite3")
    engine = make_engine(f"sqlite:///{copy}")
    sessions, clock = make_sessions(engine), FixedClock(TODAY)
    app = build_app(SETTINGS, sessions, clock, hasher=CHEAP)
    with sessions() as session:
        things, own_borrower = a_world(session, clock)
        foreign = session.scalars(select(Loan.borrower_id).order_by(Loan.id.desc())).first()
    site = Site(app, sessions)
    visitors: dict[Role | None, Visitor] = {None: Visitor(None, site.stranger(), None)}
    for role in PEOPLE:
        borrower_id = own_borrower if role is Role.COOPERATIVE else None
        browser = site.sign_in(role, borrower_id=borrower_id)
        visitors[role] = Visitor(role, browser, browser.actor)
    for visitor in visitors.values():
        visitor.browser.get("/password" if visitor.actor else "/sign-in")
    assert foreign is not None
    yield World(things, visitors, app.url_map.bind(""), sessions, foreign)
    engine.dispose()


def passed_over(route: Route, role: Role | None) -> str:
    """Staff own nothing: own and foreign are one to them; one is asked, as the route draws."""
    if role is None or role is Role.COOPERATIVE:
        return ""
    return ("own", "foreign")[crc32(str(route).encode()) % 2]


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_cell_of_the_matrix_answers_as_the_table_says(world: World, route: Route) -> None:
    before = world.rights()
    fields = {**EXTRA, "borrower_id": str(world.foreign_borrower)}
    wrong = []
    for thing, arguments in world.things.of(route).items():
        address = world.addresses.build(route.endpoint, arguments)
        for role, visitor in world.visitors.items():
            if thing == passed_over(route, role):
                continue
            answered = visitor.ask(route.method, address, fields)
            may_be = expected(route, role, thing)
            if answered not in may_be:
                wrong.append(f"{role or 'stranger'}, {thing}: {answered}, not {may_be}")

    assert wrong == []
    assert world.rights() == before


def test_the_map_of_addresses_is_all_there_is(world: World) -> None:
    app_rules = {rule.endpoint for rule in world.addresses.map.iter_rules()}

    assert app_rules == {route.endpoint for route in ROUTES}
