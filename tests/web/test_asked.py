"""Every page that reads is asked for its day, instant and page in one way (UX-19).

Each route that answers a GET stands on one side: it speaks of a moment, or it says why not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest
from werkzeug.routing import MapAdapter
from werkzeug.test import TestResponse

from loanfund.clock import OFFICE, FixedClock
from loanfund.domain.permission import Role
from tests.conftest import TODAY
from tests.site import SETTINGS, Browser, Site, an_app, on_a_copy
from tests.web.matrix import Things, a_world, routes

READS = [route for route in routes() if route.method == "GET"]
# What a page says of a day, as it was known at an instant.
OF_A_MOMENT = {
    "borrower.show",
    "borrower.show_all",
    "capital.show",
    "dashboard.show",
    "home.show",
    "loan.show",
    "loan_list.paper",
    "loan_list.show",
    "loan_list.workbook",
    "overdue.paper",
    "overdue.show",
    "overdue.workbook",
    "papers.schedule",
    "portal.explain",
    "portal.schedule",
    "portal.schedule_paper",
    "portal.show",
    "report.paper",
    "report.preview",
    "report.workbook",
    "setting.show",
}
PAGED = {"borrower.show_all", "loan_list.show", "proposal.show", "reminder.show"}
PAGED |= {"reminder.each"}
# Forms begin with the working date or what stands now; what they preview is typed in them.
FORMS = {
    "activation.show",
    "book_import.begin",
    "borrower.ask",
    "borrower.edit",
    "capital.begin",
    "capital.undo",
    "collection_batch.undo",
    "contract.ask",
    "contract.edit",
    "contract.preview",
    "correction.preview",
    "correction.show",
    "forgotten.show",
    "invitation.show",
    "present_rules.show",
    "portal.statement",
    "recovery.preview",
    "recovery.show",
    "reminder_pause.show",
    "repayment.preview",
    "repayment.show",
    "reversal.show",
    "second_factor.ask",
    "second_factor.ask_set_up",
    "setting.ask",
    "sign_in.choose",
    "sign_in.password",
    "sign_in.show",
    "statement.show",
}
# One thing that was recorded, or a paper as it was issued: the same on any day.
RECORDED = {
    "collection_batch.paper",
    "collection_batch.receipts",
    "collection_batch.show",
    "contract.show",
    "job.run",
    "letter.paper",
    "letter.show",
    "papers.notice",
    "papers.statements",
    "period.one",
    "period.paper",
    "portal.paper",
    "proposal.one",
    "reminder.message",
    "repayment.receipt",
    "statement.file",
    "verification.ask",
    "verification.show",
    "voucher.file",
    "voucher.show",
}
# Logs and queues, which are of no day, the work of the business date, and what is paid on it.
OF_NOW = {
    "audit.chain",
    "audit.export",
    "audit.show",
    "book_import.template",
    "collection_sheet.paper",
    "collection_sheet.review",
    "collection_sheet.show",
    "job.show",
    "notice.show",
    "own_session.show",
    "period.show",
    "portal.pay",
    "proposal.show",
    "reminder.each",
    "reminder.show",
    "report.show",
    "second_factor.show",
    "search.show",
    "signing.paper",
    "signing.show",
    "search.suggest",
    "today.show",
    "user.show",
}
WAYS = {"health.robots", "health.show", "home.begin", "home.elsewhere", "sign_in.go_on"}
WAYS |= {"posted.show"}
CHANGES = {route.endpoint for route in READS if route.endpoint.startswith("change.")}

# A loan, and a setting that is decided, may be looked at as they are expected to be.
AHEAD = {"loan.show", "papers.schedule", "setting.show"}
NO_DAYS = ("31/02/2020", "abc", "2020-13-01", "01/01/0001")
WRONG = {"as_of": (*NO_DAYS, "02/06/2020", "31/12/2020"), "known_at": NO_DAYS}
WRONG["known_at"] += ("02/06/2020", "2020-06-01T10:00", "01/06/2020 25:00")
# The world is recorded by the machine's clock: before that, nobody knew of its loans.
ONE_LOAN = ("loan.", "papers.", "portal.explain", "portal.schedule")
FIELD = re.compile(r'<input id="asked"[^>]*name="([^"]*)"[^>]*value="([^"]*)"[^>]*>')
HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


@dataclass(frozen=True)
class World:
    things: Things
    addresses: MapAdapter
    manager: Browser
    cooperative: Browser

    def get(self, endpoint: str, asked: str) -> TestResponse:
        """Ask a page for something, as one who reads it."""
        reader = self.cooperative if endpoint.startswith("portal.") else self.manager
        return reader.get(f"{self.address(endpoint)}?{asked}")

    def address(self, endpoint: str) -> str:
        route = next(one for one in READS if one.endpoint == endpoint)
        found = self.things.of(route)
        return self.addresses.build(endpoint, found.get("own") or found["there"])


@pytest.fixture(scope="module")
def world(sqlite_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    clock = FixedClock(TODAY)
    with on_a_copy(sqlite_file, tmp_path_factory.mktemp("asked")) as sessions:
        with sessions() as session:
            things, own_borrower = a_world(session, clock)
        app = an_app(SETTINGS, sessions, clock)
        site = Site(app, sessions)
        cooperative = site.sign_in(Role.COOPERATIVE, borrower_id=own_borrower)
        yield World(things, app.url_map.bind(""), site.sign_in(Role.MANAGER), cooperative)


def is_file(endpoint: str) -> bool:
    """Tell files apart, of which nobody may take very many."""
    return endpoint.endswith((".paper", ".workbook", ".schedule"))


def title_of(page: str) -> str:
    found = re.search(r"<title>([^<]*)", page)
    assert found is not None
    return found[1]


def test_every_page_says_whether_it_speaks_of_a_moment() -> None:
    sides = (OF_A_MOMENT, FORMS, RECORDED, OF_NOW, WAYS, CHANGES)
    said = [endpoint for side in sides for endpoint in side]

    assert sorted(said) == sorted(route.endpoint for route in READS), (
        "say on which side of tests/web/test_asked.py a new page stands; "
        "one that speaks of a day takes it from loanfund.web.asked"
    )


@pytest.mark.parametrize("endpoint", sorted(OF_A_MOMENT))
@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_read_is_asked_for_again_and_the_rest_is_kept(
    world: World, endpoint: str, name: str
) -> None:
    wrong = WRONG[name] if name == "known_at" or endpoint not in AHEAD else NO_DAYS
    for typed in wrong[-1:] if is_file(endpoint) else wrong:
        asked = urlencode({"q": "dương", name: typed, "sort": "-days"})
        answer = world.get(endpoint, asked)

        assert answer.status_code == 422, typed
        assert FIELD.findall(answer.text) == [(name, typed)]
        kept = dict(HIDDEN.findall(answer.text))
        assert (unescape(kept["q"]), kept["sort"]) == ("dương", "-days")
        assert "ghi" not in title_of(answer.text)


@pytest.mark.parametrize("endpoint", sorted(PAGED))
def test_a_page_that_is_no_number_is_asked_for_again(world: World, endpoint: str) -> None:
    for wrong in ("abc", "-1", "1.5", "9" * 30, "²"):
        answer = world.get(endpoint, f"page={wrong}")

        assert answer.status_code == 422
        assert FIELD.findall(answer.text) == [("page", wrong)]
    assert world.get(endpoint, "page=2").status_code == 200


@pytest.mark.parametrize("endpoint", sorted(OF_A_MOMENT))
def test_a_day_and_an_instant_are_taken_and_said(world: World, endpoint: str) -> None:
    """A page that ignores the moment says nothing of it; a file is at least given."""
    now = FixedClock(TODAY).now().astimezone(OFFICE).replace(microsecond=0)
    said = {now.isoformat(): f"{now:%d/%m/%Y %H:%M}"}
    if not endpoint.startswith(ONE_LOAN) and not is_file(endpoint):
        said |= dict.fromkeys(("2020-06-01", "1/6", "01/06/2020 23:59"), "01/06/2020 23:59")
    for known_at, instant in said.items():
        asked = urlencode({"as_of": "31/05/2020", "known_at": known_at})
        answer = world.get(endpoint, asked)

        assert answer.status_code == 200, known_at
        if answer.mimetype == "text/html":
            assert "31/05/2020" in answer.text
            assert instant in answer.text
