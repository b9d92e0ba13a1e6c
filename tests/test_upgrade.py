"""Books that an earlier version made: upgraded, they say what they said; nothing differs."""

from __future__ import annotations

import gzip
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, select, text

from loanfund import migrate
from loanfund.clock import FixedClock
from loanfund.db import make_engine, make_sessions, read_session
from loanfund.documents.workbook.reading import read_book
from loanfund.domain.money import NOTHING, Money
from loanfund.domain.permission import Role
from loanfund.models.borrower import Borrower
from loanfund.models.loan import Loan, LoanEvent
from loanfund.models.message import Dispatch, Message
from loanfund.models.proposal import Proposal
from loanfund.paths import DEMO_BOOK
from loanfund.queries._standing import Moment, standings
from loanfund.queries.loan import loan_at
from loanfund.queries.remarks import Remark, remarks
from loanfund.queries.verify import verify
from loanfund.services._book_import import ImportBook
from loanfund.services._present_rules import present_rules, renewals
from loanfund.services.book import import_book
from loanfund.services.letter import Discard, HandOver, discard_letters, hand_over
from loanfund.services.proposal import Decide, Propose, approve, propose
from loanfund.services.user import command_line
from loanfund.store.position import read_positions
from loanfund.store.setting import load_settings
from tests import postgres
from tests.books import known_book
from tests.cli.conftest import run
from tests.jobs.hand_clock import at_office
from tests.jobs.owing import an_owing_fund, letters_planned, printed
from tests.people import a_user
from tests.services.derived import as_known, sources_on

pytestmark = pytest.mark.slow

# The demonstration as the program made it before the rules' second edition.
BOOKS = Path(__file__).parent / "data" / "upgrade"
A_TWIN = """
INSERT INTO borrower (code, name, folded_name, kind, version, recorded_at, recorded_by)
SELECT lower(code), name, folded_name, kind, version, recorded_at, recorded_by
FROM borrower WHERE id = :first
"""


@pytest.fixture
def sqlite_book(tmp_path: Path) -> str:
    path = tmp_path / "book.sqlite3"
    path.write_bytes(gzip.decompress((BOOKS / "edition-1.sqlite3.gz").read_bytes()))
    return f"sqlite:///{path}"


@pytest.fixture
def postgresql_book(postgresql_server: URL, worker_id: str) -> Iterator[str]:
    with postgres.database(postgresql_server, f"loanfund_upgrade_{worker_id}") as address:
        target = address.set(drivername="postgresql").render_as_string(hide_password=False)
        subprocess.run(
            [postgres.clients() / "psql", "--quiet", "--set", "ON_ERROR_STOP=1", target],
            input=gzip.decompress((BOOKS / "edition-1.sql.gz").read_bytes()),
            stdout=subprocess.DEVNULL,
            check=True,
        )
        yield address.render_as_string(hide_password=False)


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)],
)
def upgraded(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """The earlier book on each database, brought to the present tables."""
    engine = make_engine(request.getfixturevalue(f"{request.param}_book"))
    migrate.upgrade(engine)
    yield engine
    engine.dispose()


def test_an_earlier_book_upgrades_without_a_difference(
    upgraded: Engine, clock: FixedClock
) -> None:
    with read_session(make_sessions(upgraded)) as session:
        assert list(verify(session, clock.today(), lambda _done, _of: None)) == []


def test_an_upgraded_book_still_has_the_figures_that_are_known_of_it(
    upgraded: Engine, clock: FixedClock
) -> None:
    known = known_book()
    with read_session(make_sessions(upgraded)) as session:
        figures = {
            day: sources_on(session, date.fromisoformat(day), clock.today())
            for day in known["figures"]
        }
        loans = {
            contract: as_known(session, contract, date(2020, 5, 31))
            for contract in known["loans_at_2020_05_31"]
        }

    assert figures == known["figures"]
    assert loans == known["loans_at_2020_05_31"]


def test_contracts_on_file_keep_their_edition_and_tolerate_nothing(upgraded: Engine) -> None:
    """The fund's tolerance is the setting of the day a contract is signed; these knew none."""
    query = select(Loan.state, Loan.edition, Loan.tolerance).distinct()
    with read_session(make_sessions(upgraded)) as session:
        found = {tuple(row) for row in session.execute(query)}

    assert found == {("approved", 1, NOTHING)}


def test_one_proposal_brings_the_contracts_on_file_under_the_present_rules(
    sqlite_book: str, clock: FixedClock
) -> None:
    """All of them at once, as a manager saw it; the books agree with what they are now."""
    engine = make_engine(sqlite_book)
    migrate.upgrade(engine)
    with make_sessions(engine)() as session:
        officer, manager = (a_user(session, role) for role in (Role.OFFICER, Role.MANAGER))
        seen = renewals(session, clock.today())
        asked = Propose(proposed=present_rules(seen))
        number = propose(session, asked, officer, clock)
        decision = Decide(
            proposal_id=number,
            payload_hash=session.get_one(Proposal, number).payload_hash,
        )
        result = approve(session, decision, manager, clock)

    with read_session(make_sessions(engine)) as session:
        assert result == {"loans": len(seen)}
        assert len(seen) > 40
        assert renewals(session, clock.today()) == []
        for one in seen:
            folded = loan_at(session, one.contract_number, Moment(clock.today())).folded
            terms = folded.history.terms
            assert (terms.edition, terms.tolerance) == (2, Money(1_000))
        assert list(verify(session, clock.today(), lambda _done, _of: None)) == []
    engine.dispose()


def test_the_command_that_upgrades_remakes_what_lists_read(
    sqlite_book: str, clock: FixedClock
) -> None:
    """Lists say at once what each loan's own fold says; the kept positions serve them."""
    book = Path(sqlite_book.removeprefix("sqlite:///"))

    result = run(book, "db", "upgrade")

    assert result.exit_code == 0, result.output
    engine = make_engine(sqlite_book)
    with read_session(make_sessions(engine)) as session:
        kept = read_positions(session)
        disbursed = select(LoanEvent.loan_id).where(LoanEvent.type == "disbursement")
        assert set(kept) == set(session.scalars(disbursed))
        listed = standings(session, load_settings(session), Moment(clock.today()))
        for one in listed:
            page = loan_at(session, one.facts.contract_number, Moment(clock.today())).folded
            assert one.to_pay.amount == page.to_pay().amount, one.facts.contract_number
    engine.dispose()


def test_a_draft_on_file_comes_under_the_present_rules_and_is_submitted_again(
    sqlite_book: str,
) -> None:
    """Nobody signed it yet; its new version sends back what waits for approval."""
    engine = make_engine(sqlite_book)
    with engine.begin() as connection:
        connection.execute(text("UPDATE loan SET state = 'draft', version = 7 WHERE id = 1"))

    migrate.upgrade(engine)

    with read_session(make_sessions(engine)) as session:
        draft = session.get_one(Loan, 1)
        assert (draft.edition, draft.tolerance, draft.version) == (2, Money(1_000), 8)
    engine.dispose()


def test_codes_that_fold_alike_stay_in_an_upgraded_book_and_references_get_their_folds(
    sqlite_book: str,
) -> None:
    engine = make_engine(sqlite_book)
    with engine.begin() as connection:
        first = connection.scalar(text("SELECT min(id) FROM borrower"))
        connection.execute(text(A_TWIN), {"first": first})
        connection.execute(text("DROP TRIGGER loan_event_refuses_update"))
        changed = (
            "UPDATE loan_event SET reference = 'Ft 01' WHERE type = 'repayment' AND id < 200"
        )
        connection.execute(text(changed))
        connection.execute(
            text(
                "CREATE TRIGGER loan_event_refuses_update BEFORE UPDATE ON loan_event "
                "BEGIN SELECT RAISE(ABORT, 'loan_event is append-only'); END"
            )
        )

    migrate.upgrade(engine)

    with read_session(make_sessions(engine)) as session:
        code = session.get_one(Borrower, first).code
        kept = select(Borrower.code_fold).where(Borrower.code == code.lower())
        assert session.scalars(kept).one() == f" {code.lower()}"
        assert Remark("code_twin", code.lower()) in list(remarks(session))
        folds = select(LoanEvent.reference_fold).where(LoanEvent.reference.is_not(None))
        assert "ft01" in set(session.scalars(folds))
    engine.dispose()


def test_a_workbook_imported_before_a_column_existed_is_still_known(
    upgraded: Engine, clock: FixedClock
) -> None:
    with make_sessions(upgraded)() as session:
        operator = command_line(session, now=clock.now())
        request = ImportBook(book=read_book(DEMO_BOOK), is_dry_run=True)
        report = import_book(session, request, operator, clock)

    assert report.known["contracts"] == 94
    assert report.known["receipts"] == 1250
    assert report.added["contracts"] == report.added["receipts"] == 0


def test_notices_of_before_say_what_became_of_them(own_engine: Engine) -> None:
    """Until then a printed letter was a sent one; what was not sent keeps its number."""
    clock = at_office(date(2020, 6, 23))
    with make_sessions(own_engine)() as session:
        fund = an_owing_fund(session, clock)
        given, thrown, _ = letters_planned(fund, clock.today(), clock.today())
        batch = printed(fund).batch_id
        assert batch is not None
        told = HandOver(batch_id=batch, message_ids=[given], day=clock.today())
        hand_over(session, told, fund.officer, clock)
        dropped = Discard(batch_id=batch, message_ids=[thrown], reason="Đã trả")
        discard_letters(session, dropped, fund.officer, clock)

    migrate.downgrade(own_engine, "0019")
    migrate.upgrade(own_engine)

    with read_session(make_sessions(own_engine)) as session:
        query = select(Dispatch.state, Message.state, Message.delivered_on)
        rows = session.execute(query.join(Message).order_by(Dispatch.document_id)).all()
    assert [tuple(row) for row in rows] == [
        ("delivered", "sent", clock.today()),
        ("unsent", "cancelled", None),
        ("delivered", "sent", None),
    ]
