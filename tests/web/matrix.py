"""The world of the matrix: every route of the program, and objects to ask each of them for.

Whoever adds a route whose address names something says in OBJECTS what that is, and whoever
adds a new kind of thing puts one of each owner into `Things`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from loanfund.clock import Clock
from loanfund.domain.money import Money
from loanfund.domain.notice import DUE_NOTICE
from loanfund.domain.permission import Action, Actor, Grant, Role, grant
from loanfund.models.capital import CapitalMovement
from loanfund.models.document import Document
from loanfund.models.loan import Loan
from loanfund.services import _proposable
from loanfund.services.collection_sheet import PostSheet, SheetRow, post_sheet
from loanfund.services.job import Begin, begin_run
from loanfund.services.proposal import Propose, propose
from loanfund.services.repayment import Repay
from loanfund.services.restructuring import WriteOff
from loanfund.services.statement import IssueStatement, issue_statement
from loanfund.services.voucher import PrintBatch, PrintVoucher, print_batch, print_voucher
from loanfund.web.change_kind import KINDS
from loanfund.web.login import Declared, declared
from loanfund.web.pages import PAGES
from tests.builders import Fund, a_borrower, a_loan, repaid
from tests.jobs.owing import DUE, an_owing_fund, letters_planned, printed
from tests.papers import a_pdf
from tests.services.months import closed
from tests.site import Browser

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
SEEN, ACTED = {200, 302}, {200, 302, 409, 422}
NO_SUCH_ID = 2_000_000_000
NOTICED = DUE + timedelta(days=15)  # the first day on which a rule asks for a notice
MAY, ITS_END = date(2020, 5, 1), date(2020, 5, 31)

# What the address of a route names; routes that name nothing stand for themselves.
OBJECTS = {
    "borrower.change": "borrower",
    "borrower.edit": "borrower",
    "borrower.show": "borrower",
    "capital.record_undo": "movement",
    "capital.undo": "movement",
    "collection_batch.paper": "batch",
    "collection_batch.print": "batch",
    "collection_batch.receipts": "batch_prints",
    "collection_batch.show": "batch",
    "collection_batch.take_back": "batch",
    "collection_batch.undo": "batch",
    "contract.cancel": "contract",
    "capital.voucher": "movement",
    "contract.change": "contract",
    "contract.edit": "contract",
    "contract.show": "contract",
    "contract.submit": "contract",
    "correction.preview": "receipt",
    "correction.record": "receipt",
    "correction.show": "receipt",
    "invitation.issue": "borrower",
    "invitation.send": "borrower",
    "invitation.show": "borrower",
    "job.again": "job_run",
    "job.run": "job_run",
    "job.start": "job",
    "letter.discarded": "letters",
    "letter.handed_over": "letters",
    "letter.paper": "letters",
    "letter.show": "letters",
    "loan.show": "loan",
    "notice.ask": "loan",
    "papers.notice": "notice",
    "papers.schedule": "loan",
    "papers.statements": "month",
    "period.one": "closed_month",
    "period.paper": "closed_month",
    "period.voucher": "month_voucher",
    "portal.explain": "loan",
    "portal.issue": "loan",
    "portal.paper": "statement",
    "portal.pay": "loan",
    "portal.schedule": "loan",
    "portal.schedule_paper": "loan",
    "portal.statement": "loan",
    "proposal.accept": "proposal",
    "proposal.give_back": "proposal",
    "proposal.link": "proposal",
    "proposal.one": "proposal",
    "proposal.take_back": "proposal",
    "proposal.take_over": "proposal",
    "recovery.preview": "loan",
    "recovery.record": "loan",
    "recovery.show": "loan",
    "reminder.message": "message",
    "reminder.take_back": "message",
    "reminder_pause.pause": "borrower",
    "reminder_pause.resume": "borrower",
    "reminder_pause.show": "borrower",
    "repayment.preview": "loan",
    "repayment.receipt": "receipt",
    "repayment.record": "loan",
    "repayment.show": "loan",
    "report.paper": "report",
    "report.preview": "report",
    "report.workbook": "report",
    "reversal.record": "receipt",
    "reversal.show": "receipt",
    "setting.ask": "setting",
    "setting.offer": "setting",
    "sign_in.choose": "link",
    "sign_in.chosen": "link",
    "statement.file": "statement",
    "statement.issue": "loan",
    "statement.show": "loan",
    "user.ask_factor_off": "user",
    "user.ask_link": "user",
    "user.confirm": "user",
    "user.disable": "user",
    "user.enable": "user",
    "user.give_role": "user",
    "user.link": "user",
    "user.mail": "user",
    "verification.show": "code",
    "voucher.file": "print",
    "voucher.print": "receipt",
    "voucher.show": "receipt",
}

OBJECTS |= {f"change.reversal{view}": "old_event" for view in ("", "_preview", "_record")}
OBJECTS |= {
    f"change.{kind.name}{view}": "loan"
    for kind in KINDS
    for view in ("", "_preview", "_record")
}

Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class Route:
    """One method of one rule, with what its view declares."""

    method: str
    rule: Rule
    declared: Declared | None

    @property
    def endpoint(self) -> str:
        return str(self.rule.endpoint)

    def __str__(self) -> str:
        return f"{self.method} {self.endpoint}"


@dataclass
class Things:
    """Arguments of addresses by kind: `own` and `foreign` to the cooperative, and `missing`.

    What belongs to no borrower is `there` or `missing`.
    """

    kinds: dict[str, dict[str, Arguments]] = field(default_factory=dict)

    def of(self, route: Route) -> dict[str, Arguments]:
        """Give the objects to ask a route for; one that nobody declared fails the test."""
        if not route.rule.arguments:
            return {"there": {}}
        assert route.endpoint in OBJECTS, (
            f"{route.endpoint} names {sorted(route.rule.arguments)} in its address: "
            f"say in OBJECTS of tests/web/matrix.py which kind of object that is"
        )
        found = self.kinds[OBJECTS[route.endpoint]]
        assert all(set(one) == route.rule.arguments for one in found.values())
        return found


def routes() -> Iterator[Route]:
    """Give everything that the program answers to, from its map of addresses."""
    bare = Flask("matrix", static_folder=None)
    for page in PAGES:
        bare.register_blueprint(page)
    for rule in bare.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Route(method, rule, declared(bare.view_functions[rule.endpoint]))


def expected(route: Route, role: Role | None, thing: str) -> set[int]:
    """Give the statuses that a cell of the matrix may answer with."""
    reading, asked = route.method == "GET", route.declared
    assert asked is not None, f"{route.endpoint} declares nobody"
    done = SEEN if reading else ACTED
    if asked.public:
        return {404} if thing == "missing" else done
    if role is None:
        return {302} if reading or not (asked.action or asked.grants) else {401}
    if not may(route, role):
        return {404} if role is Role.COOPERATIVE else {403}
    if role is Role.ADMIN and route.endpoint.startswith("proposal.") and thing != "there":
        return {404}  # proposals about money are none of the administrator's
    is_foreign = role is Role.COOPERATIVE and thing == "foreign"
    return {404} if thing == "missing" or is_foreign else done


def may(route: Route, role: Role) -> bool:
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


def a_world(session: Session, clock: Clock) -> tuple[Things, int]:
    """Fill a book in which two cooperatives own one of everything; give the first's id too."""
    fund = an_owing_fund(session, clock, borrowers=2)
    own, foreign = session.scalars(select(Loan).order_by(Loan.id)).all()[-2:]
    things = Things()
    both = {"own": own, "foreign": foreign}
    things.kinds["loan"] = {
        **{name: {"loan_id": loan.id} for name, loan in both.items()},
        "missing": {"loan_id": NO_SUCH_ID},
    }
    things.kinds["borrower"] = {
        **{name: {"borrower_id": loan.borrower_id} for name, loan in both.items()},
        "missing": {"borrower_id": NO_SUCH_ID},
    }
    things.kinds["contract"] = things.kinds["loan"]
    _add_receipts(things, fund, both)
    _add_proposals(things, fund, both)
    _add_papers(things, fund, both)
    _add_letters(things, fund)
    _add_batch(things, fund, own)
    begun = begin_run(session, Begin(job="interest", slot=ITS_END, runner="test"), clock)
    assert begun is not None
    things.kinds["job_run"] = _there({"run_id": begun.run_id}, {"run_id": NO_SUCH_ID})
    somebody = {"user_id": fund.auditor.user_id}
    things.kinds["user"] = _there(somebody, {"user_id": NO_SUCH_ID})
    given = session.scalars(select(CapitalMovement.id).order_by(CapitalMovement.id)).first()
    things.kinds["movement"] = _there({"movement_id": given}, {"movement_id": NO_SUCH_ID})
    things.kinds["job"] = _there({"name": "verify"}, {"name": "nothing"})
    things.kinds["report"] = _there({"name": "loans"}, {"name": "nothing"})
    things.kinds["setting"] = _there({"key": "fund_name"}, {"key": "nothing"})
    _add_settled(fund)
    closed(fund, date(2020, 4, 30))
    things.kinds["closed_month"] = _there({"month": "2020-04"}, {"month": "2020-05"})
    things.kinds["month_voucher"] = _there(
        {"month": "2020-04", "booking": "provision"}, {"month": "2020-04", "booking": "nothing"}
    )
    things.kinds["link"] = {"there": {"link": "x" * 43}}
    return things, own.borrower_id


def _there(there: Arguments, missing: Arguments) -> dict[str, Arguments]:
    return {"there": there, "missing": missing}


def _add_receipts(things: Things, fund: Fund, both: Mapping[str, Loan]) -> None:
    """Let each borrower pay something, under numbers that only differ by the loan."""
    found: dict[str, Arguments] = {}
    for name, loan in both.items():
        done = repaid(fund, loan.contract_number, date(2020, 6, 1), 100_000)
        found[name] = {"loan_id": loan.id, "sequence": done.result["event"]}
    missing = {"missing": {"loan_id": both["own"].id, "sequence": NO_SUCH_ID}}
    things.kinds["receipt"] = things.kinds["old_event"] = {**found, **missing}
    prints = {}
    for name, loan in both.items():
        request = PrintVoucher(
            contract_number=loan.contract_number, sequence=found[name]["sequence"]
        )
        prints[name] = {
            "number": print_voucher(
                fund.session, request, fund.officer, fund.clock, lambda *_: b"%PDF"
            )
        }
    things.kinds["print"] = {**prints, "missing": {"number": "PT-2020/999999"}}


def _add_proposals(things: Things, fund: Fund, both: Mapping[str, Loan]) -> None:
    """Propose to write each loan off."""
    found: dict[str, Arguments] = {}
    for name, loan in both.items():
        lost = WriteOff(contract_number=loan.contract_number, value_date=date(2020, 6, 1))
        request = Propose(proposed=_proposable.loan_change(lost.change()))
        number = propose(fund.session, request, fund.officer, fund.clock)
        found[name] = {"proposal_id": number}
    things.kinds["proposal"] = {**found, "missing": {"proposal_id": NO_SUCH_ID}}


def _add_papers(things: Things, fund: Fund, both: Mapping[str, Loan]) -> None:
    """Issue May's statement of each loan."""
    found: dict[str, Arguments] = {}
    for name, loan in both.items():
        request = IssueStatement(
            contract_number=loan.contract_number, period_from=MAY, period_to=ITS_END
        )
        number = issue_statement(
            fund.session, request, fund.officer, fund.clock, lambda *_: b"%PDF"
        )
        found[name] = {"number": number}
    found["missing"] = {"number": "SK-2020/999999"}
    things.kinds["statement"] = found
    code = fund.session.scalars(select(Document.code).order_by(Document.id)).all()[-1]
    things.kinds["code"] = _there({"code": code}, {"code": "0" * 12})
    things.kinds["month"] = _there({"month": "2020-05"}, {"month": "2020-04"})


def _add_letters(things: Things, fund: Fund) -> None:
    """Print a letter with a numbered notice for each borrower."""
    message, _ = letters_planned(fund, NOTICED, NOTICED)[-2:]
    batch = printed(fund).batch_id
    query = select(Document.number).where(Document.kind == DUE_NOTICE)
    own, foreign = fund.session.scalars(query.order_by(Document.id)).all()[-2:]
    things.kinds["message"] = _there({"message_id": message}, {"message_id": NO_SUCH_ID})
    things.kinds["letters"] = _there({"batch_id": batch}, {"batch_id": NO_SUCH_ID})
    things.kinds["notice"] = {
        "own": {"number": own},
        "foreign": {"number": foreign},
        "missing": {"number": "TB-2020/999999"},
    }


def _add_settled(fund: Fund) -> None:
    """Let a third cooperative have owed something in April, and nothing any more."""
    code = a_borrower(fund, "HTX Đã Trả")
    a_loan(fund, "TRA/2020", borrower=code, signed_on=date(2020, 3, 9), amount=1_000_000)
    repaid(fund, "TRA/2020", date(2020, 5, 4), 1_020_000)


def _add_batch(things: Things, fund: Fund, loan: Loan) -> None:
    """Post a collection sheet of one row, and print its receipt."""
    paid = Repay(
        contract_number=loan.contract_number, value_date=date(2020, 6, 1), amount=Money(200_000)
    )
    sheet = PostSheet(month=MAY, source=None, rows=(SheetRow(1, paid),), key="k-sheet")
    done = post_sheet(fund.session, sheet, fund.officer, fund.clock)
    batch = {"batch_id": done.result["batch"]}
    things.kinds["batch"] = _there(batch, {"batch_id": NO_SUCH_ID})
    request = PrintBatch(**batch)
    last = print_batch(fund.session, request, fund.officer, fund.clock, lambda *_: a_pdf())
    prints = {"last": last}
    things.kinds["batch_prints"] = _there(batch | prints, {"batch_id": NO_SUCH_ID} | prints)


@dataclass
class Visitor:
    """A browser in a role that is signed in again whenever a route has signed it out."""

    role: Role | None
    browser: Browser
    actor: Actor | None

    def ask(self, method: str, address: str, fields: dict[str, str]) -> int:
        """Give the status of an answer to what this visitor sends with a good token."""
        if self.actor is not None and self.browser.cookie("session") is None:
            self.browser.enter(self.actor.email)
            self.browser.get("/password")
        if method in UNSAFE:
            assert method == "POST", "teach tests/web/matrix.py to send other methods"
            return self.browser.post(address, fields).status_code
        return self.browser.get(address).status_code
