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

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.routing import MapAdapter

from loanfund.app import build_app
from loanfund.clock import FixedClock
from loanfund.db import make_engine, make_sessions
from loanfund.domain.permission import Action, Grant, Role, grant
from loanfund.models.loan import Loan
from loanfund.models.user import BorrowerUser, User
from tests.conftest import TODAY
from tests.people import CHEAP, PASSWORD
from tests.site import SETTINGS, Site
from tests.web.matrix import Route, Things, Visitor, a_world, routes

pytestmark = pytest.mark.slow
ROUTES = list(routes())
PEOPLE = [role for role in Role if role is not Role.CLI]
SEEN, ACTED = {200, 302}, {200, 302, 409, 422}
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
PUBLIC: Mapping[str, set[int]] = {}


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


def expected(route: Route, role: Role | None, thing: str) -> set[int]:
    """Give the statuses that a cell of the matrix may answer with."""
    reading, asked = route.method == "GET", route.declared
    assert asked is not None, f"{route.endpoint} declares nobody"
    done = SEEN if reading else ACTED
    if asked.public:
        return {404} if thing == "missing" else PUBLIC.get(route.endpoint, done)
    if role is None:
        return {302} if reading or not (asked.action or asked.grants) else {401}
    if not _may(route, role):
        return {404} if role is Role.COOPERATIVE else {403}
    if role is Role.ADMIN and route.endpoint.startswith("proposal.") and thing != "there":
        return {404}  # proposals about money are none of the administrator's
    is_foreign = role is Role.COOPERATIVE and thing == "foreign"
    return {404} if thing == "missing" or is_foreign else done


def _may(route: Route, role: Role) -> bool:
    """Say whether the table grants a role what a route asks for."""
    assert route.declared is not None
    reading, asked = route.method == "GET", route.declared
    if asked.action is None:
        return not asked.grants or any(grant(role, one) in asked.grants for one in Action)
    if role is Role.AUDITOR and not reading:
        return False
    enough = {Grant.DOES, Grant.PROPOSES}
    if reading:
        enough |= {Grant.READS, Grant.APPROVES}
    return grant(role, asked.action) in (set(asked.grants) or enough)


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_cell_of_the_matrix_answers_as_the_table_says(world: World, route: Route) -> None:
    before = world.rights()
    fields = {**EXTRA, "borrower_id": str(world.foreign_borrower)}
    wrong = []
    for thing, arguments in world.things.of(route).items():
        address = world.addresses.build(route.endpoint, arguments)
        for role, visitor in world.visitors.items():
            answered = visitor.ask(route.method, address, fields)
            may_be = expected(route, role, thing)
            if answered not in may_be:
                wrong.append(f"{role or 'stranger'}, {thing}: {answered}, not {may_be}")

    assert wrong == []
    assert world.rights() == before


def test_the_map_of_addresses_is_all_there_is(world: World) -> None:
    app_rules = {rule.endpoint for rule in world.addresses.map.iter_rules()}

    assert app_rules == {route.endpoint for route in ROUTES}
