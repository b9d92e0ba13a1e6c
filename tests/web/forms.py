"""Every form of the program: on which page it stands, and what is typed into it.

Whoever adds a form enters it in FORMS: `sends` is the endpoint that its button calls, `page`
that of the page it stands on, `typed` what is typed into it, by the names of its fields.
What a page or an act is about comes from OBJECTS of tests/web/matrix.py, or is another kind of
thing that tests/web/forms_book.py puts into the book, named by `of`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from loanfund.domain.permission import Role
from tests.authenticator import Authenticator
from tests.people import PASSWORD


class Comer(StrEnum):
    """Who comes otherwise than with a role's password alone."""

    WITH_FACTOR = "with_factor"  # an officer whose account asks for a code
    HALFWAY = "halfway"  # the same person, before it is typed


class Kind(StrEnum):
    """What a form does in the browser; the gate walks one of each kind in every condition."""

    PLAIN = "plain"  # is sent, and shown again when it is refused
    BUTTON = "button"  # has nothing to type
    GRAVE = "grave"  # asks for the password when it was not typed minutes ago
    PAYMENT = "payment"  # previews while one types, and asks what became of a lost answer
    PROPOSAL = "proposal"  # previews while one types
    CONTRACT = "contract"  # shows a schedule while one types
    OUTCOME = "outcome"  # asks what became of a lost answer
    LOOK = "look"  # shows what it would do before it can be sent
    SHEET = "sheet"  # many rows, of which a draft is kept
    DRAFT = "draft"  # keeps what is typed meanwhile, and stays
    FILE = "file"  # is answered with a file
    TAB = "tab"  # is answered in a tab of its own
    FILTER = "filter"  # asks a page of reading for something else
    MENU = "menu"  # lies in a menu of the header
    DOOR = "door"  # stands before the program, or is about a password, which is never kept


@dataclass(frozen=True, kw_only=True)
class FormEntry:
    """One form of one page."""

    sends: str
    page: str
    kind: Kind
    typed: Mapping[str, str] = field(default_factory=dict)
    of: str = ""
    asked: str = ""  # what the page's address asks for
    within: str = ""  # where on the page, if its address has two such forms
    opens: str = ""  # what is pressed before it can be seen; {path} is what it calls
    only: tuple[Role | Comer, ...] = ()  # who alone sees it, beyond the table of permissions
    behind: str = ""  # the form of its page that must be sent before it stands there
    after: str = ""  # what must have happened before: a form that was sent, or MINUTES
    beside: tuple[str, ...] = ()  # fields of the form that another act of it reads
    finds: bool = True  # whether what is asked for is there
    begins_refused: bool = False  # what stands there at first would change nothing

    @property
    def name(self) -> str:
        """How tests call it."""
        place = f" {self.within}" if self.within else ""
        thing = f" ({self.of or self.asked})" if self.of or self.asked else ""
        return f"{self.page}{place} → {self.sends}{thing}"


PEOPLE = tuple(role for role in Role if role is not Role.CLI)
STAFF = tuple(role for role in PEOPLE if role is not Role.COOPERATIVE)
READERS = tuple(role for role in STAFF if role is not Role.ADMIN)  # of loans
REASON = {"reason": "Theo quyết định 12/QĐ"}
BACK = {"why": "amount", "words": "gõ nhầm khoản vay"}
BY_DAY = Mapping[str, str]


def plain(sends: str, page: str, typed: BY_DAY | None = None, **more: object) -> FormEntry:
    return _entry(sends, page, Kind.PLAIN, typed, more)


def button(sends: str, page: str, **more: object) -> FormEntry:
    return _entry(sends, page, Kind.BUTTON, None, more)


def reading(page: str, typed: BY_DAY | None = None, **more: object) -> FormEntry:
    """A form whose page answers itself, asked for something else."""
    return _entry(page, page, Kind.FILTER, typed, more)


def proposing(kind: str, typed: BY_DAY, **more: object) -> FormEntry:
    """A proposal about a loan."""
    sends = f"change.{kind}_record"
    return _entry(sends, f"change.{kind}", Kind.PROPOSAL, {**typed, **REASON}, more)


def _entry(
    sends: str, page: str, kind: Kind, typed: BY_DAY | None, more: Mapping[str, object]
) -> FormEntry:
    facts: dict[str, object] = {"kind": kind, "typed": typed or {}, **more}
    return FormEntry(sends=sends, page=page, **facts)  # type: ignore[arg-type]


# Typed as what only the walk can know: a code that the app shows just then, a file to choose.
CODE, WORKBOOK = "the app's code", "a workbook"
TICK = "ticked"  # of a name that ends with a number: the first that begins so
APP = Authenticator("QUYHOTROPHATTRIENHOPTACXAQUYHTXA")  # of who has a second factor
NO_PAPER = {"code": "123456789012"}
MINUTES = "some minutes"  # in which the password was not typed
ELSEWHERE = "a session elsewhere"
CHOOSER = ".choose-day"
FILTERS = ".filters"
ACCOUNT, WORKING_DATE = ".menu.account > summary", ".menu > summary.chip"
PERSON = {"name": "Lê Thị Mới", "email": "le.moi@quy.example.vn"}
NEW_PASSWORD = "mây trắng bay ngang đồi chè"
BORROWER = {"name": "HTX Mới", "code": "KH900"}
CONTRACT = {
    "contract_number": "99/2020",
    "amount": "50.000.000",
    "rate": "6",
    "term_months": "12",
}

FORMS: tuple[FormEntry, ...] = (
    # Loans and their money
    plain("borrower.add", "borrower.ask", BORROWER),
    plain("borrower.change", "borrower.edit", {"name": "HTX Đổi Tên"}),
    FormEntry(
        sends="contract.add",
        page="contract.ask",
        kind=Kind.CONTRACT,
        typed=CONTRACT,
        asked="borrower=htx-nhieu-vay",
    ),
    FormEntry(
        sends="contract.change",
        page="contract.edit",
        kind=Kind.CONTRACT,
        typed={"amount": "40tr"},
        of="draft",
    ),
    plain("contract.submit", "contract.show", {"note": "Đã đủ hồ sơ"}, of="draft"),
    plain("present_rules.suggest", "present_rules.show", REASON),
    plain(
        "contract.cancel",
        "contract.show",
        {"reason": "HTX không vay nữa"},
        of="draft",
        opens="details:has(form[action='{path}']) > summary",
    ),
    FormEntry(
        sends="repayment.record",
        page="repayment.show",
        kind=Kind.PAYMENT,
        typed={"value_date": "01/06/2020", "amount": "123.456"},
    ),
    FormEntry(
        sends="recovery.record",
        page="recovery.show",
        kind=Kind.PAYMENT,
        typed={"amount": "2tr"},
        of="written_off",
    ),
    FormEntry(
        sends="correction.record",
        page="correction.show",
        kind=Kind.PAYMENT,
        typed={"amount": "90.000", **BACK},
    ),
    FormEntry(sends="reversal.record", page="reversal.show", kind=Kind.OUTCOME, typed=BACK),
    FormEntry(
        sends="collection_sheet.record",
        page="collection_sheet.show",
        kind=Kind.SHEET,
        typed={"r1-amount": "500.000"},
    ),
    FormEntry(
        sends="collection_sheet.keep",
        page="collection_sheet.show",
        kind=Kind.DRAFT,
        typed={"r1-amount": "500.000"},
    ),
    plain("collection_sheet.record", "collection_sheet.review"),
    plain("collection_batch.take_back", "collection_batch.undo", BACK),
    # Proposals
    proposing("disbursement", {"amount": "60.000.000"}, of="approved"),
    proposing("given_split", {"amount": "1tr", "principal": "1tr"}),
    proposing("credit_refund", {"amount": "1tr"}, of="with_credit"),
    proposing(
        "reschedule",
        {"plan": "08/06/2021 100tr\n"},
        begins_refused=True,
        beside=("spread_count", "spread_from", "spread_every", "move_months"),
    ),
    proposing("interest_waiver", {"amount": "100.000"}, of="in_arrears"),
    proposing("freeze", {"until": "30/06/2020"}),
    proposing("rate_change", {"annual_rate": "7,5"}),
    proposing("amend", {"rate": "7"}),
    proposing("write_off", {"reference": "21/QĐ-HĐQL"}),
    proposing("reversal", {}),
    plain(
        "capital.record",
        "capital.begin",
        {"amount": "3 tỷ", "contributor": "UBND tỉnh", **REASON},
    ),
    plain("capital.record_undo", "capital.undo", REASON),
    FormEntry(sends="proposal.accept", page="proposal.one", kind=Kind.GRAVE, of="to_accept"),
    plain("proposal.give_back", "proposal.one", {"reason": "Thiếu hồ sơ"}, of="to_return"),
    button("proposal.take_back", "proposal.one", of="to_withdraw", only=(Role.OFFICER,)),
    button("proposal.take_over", "proposal.one", of="orphan", only=(Role.OFFICER,)),
    FormEntry(sends="proposal.link", page="proposal.one", kind=Kind.GRAVE, of="link_to_hand"),
    plain("period.suggest", "period.show", {"note": "Đã đối chiếu"}),
    FormEntry(
        sends="setting.offer",
        page="setting.ask",
        kind=Kind.LOOK,
        typed={"value": "Quỹ Hỗ trợ HTX", "note": "Đổi tên"},
    ),
    FormEntry(
        sends="book_import.look",
        page="book_import.begin",
        kind=Kind.LOOK,
        typed={"workbook": WORKBOOK},
    ),
    FormEntry(
        sends="book_import.record",
        page="book_import.begin",
        kind=Kind.OUTCOME,
        behind="book_import.look",
    ),
    # Papers
    FormEntry(sends="statement.issue", page="statement.show", kind=Kind.FILE),
    FormEntry(
        sends="statement.issue",
        page="loan.show",
        kind=Kind.FILE,
        opens=".sections a[href='#statements']",
    ),
    FormEntry(sends="voucher.print", page="voucher.show", kind=Kind.TAB, of="old_event"),
    FormEntry(sends="voucher.print", page="repayment.receipt", kind=Kind.TAB),
    FormEntry(sends="collection_batch.print", page="collection_batch.show", kind=Kind.TAB),
    FormEntry(sends="capital.voucher", page="capital.show", kind=Kind.TAB),
    FormEntry(sends="period.voucher", page="period.one", kind=Kind.TAB),
    button("letter.print_all", "reminder.show"),
    button("notice.ask", "loan.show", opens=".notice-at-once > summary", of="old"),
    plain("letter.handed_over", "letter.show", {"letter-": TICK, "remark": "trao tận tay"}),
    plain(
        "letter.discarded",
        "letter.show",
        {"letter-": TICK, "reason": "đã trả"},
        opens="details:has([formaction='{path}']) > summary",
        beside=("day",),
    ),
    plain("signing.approved", "signing.show", {"notice-": TICK}),
    plain("signing.signed", "signing.show", {"notice-": TICK}),
    plain(
        "signing.discarded",
        "signing.show",
        {"notice-": TICK, "to_approve-reason": "đã hẹn trả"},
        within="form:has(#to_approve-reason)",
        opens="details:has([formaction='{path}']) > summary",
    ),
    plain(
        "reminder.take_back",
        "reminder.message",
        {"reason": "ghi nhầm lô"},
        of="handed_over",
        opens="details:has(#reason) > summary",
    ),
    plain(
        "reminder_pause.pause",
        "reminder_pause.show",
        {"reason": "dispute", "last_day": "30/06/2020"},
    ),
    button("reminder_pause.resume", "borrower.show", after="reminder_pause.pause"),
    FormEntry(sends="invitation.issue", page="invitation.show", kind=Kind.FILE, typed=PERSON),
    plain("invitation.send", "invitation.show", PERSON),
    # Jobs and people
    button("job.start", "job.show"),
    button("job.again", "job.run", of="failed_run"),
    button("job.hold", "job.show"),
    button("job.release", "job.show", after="job.hold"),
    plain("user.invite", "user.show", {**PERSON, "role": "officer"}),
    plain(
        "user.give_role",
        "user.show",
        {"role": "accountant"},
        opens="details:has(form[action='{path}']) > summary",
    ),
    plain(
        "user.disable",
        "user.show",
        REASON,
        opens="details:has(form[action='{path}']) > summary",
    ),
    button("user.enable", "user.show", of="shut_out"),
    button("user.read", "home.show", only=(Role.MANAGER,)),
    button("user.mail", "user.show"),
    button("user.link", "user.show", opens="details:has(form[action='{path}']) > summary"),
    FormEntry(
        sends="user.ask_link",
        page="user.show",
        kind=Kind.GRAVE,
        of="accountant",
        opens="details:has(form[action='{path}']) > summary",
    ),
    FormEntry(sends="user.confirm", page="user.show", kind=Kind.GRAVE),
    plain(
        "user.ask_factor_off",
        "user.show",
        {"reason": "Mất điện thoại"},
        of="with_factor",
        opens="details:has(form[action='{path}']) > summary",
    ),
    # Oneself
    FormEntry(
        sends="sign_in.enter",
        page="sign_in.show",
        kind=Kind.DOOR,
        typed={"email": "officer@so-cu.example.vn", "password": PASSWORD},
    ),
    FormEntry(
        sends="sign_in.change",
        page="sign_in.password",
        kind=Kind.DOOR,
        typed={"current": PASSWORD, "password": NEW_PASSWORD},
    ),
    FormEntry(
        sends="sign_in.chosen",
        page="sign_in.choose",
        kind=Kind.DOOR,
        typed={"password": NEW_PASSWORD},
    ),
    FormEntry(
        sends="activation.enter",
        page="activation.show",
        kind=Kind.DOOR,
        typed={"email": "officer@so-cu.example.vn", "code": "ABCDE-FGHJK"},
        finds=False,  # nobody has a letter with this code
    ),
    FormEntry(
        sends="forgotten.ask",
        page="forgotten.show",
        kind=Kind.DOOR,
        typed={"email": "officer@so-cu.example.vn"},
    ),
    FormEntry(
        sends="sign_in.confirm",
        page="loan_list.workbook",
        kind=Kind.DOOR,
        typed={"password_again": PASSWORD},
        after=MINUTES,
    ),
    FormEntry(
        sends="sign_in.leave",
        page="sign_in.password",
        kind=Kind.MENU,
        opens=ACCOUNT,
        only=STAFF,
    ),
    FormEntry(sends="sign_in.leave", page="portal.show", kind=Kind.DOOR),
    FormEntry(sends="preference.language", page="sign_in.password", kind=Kind.MENU),
    FormEntry(
        sends="preference.working_date",
        page="sign_in.password",
        kind=Kind.MENU,
        typed={"day": "28/05/2020"},
        opens=WORKING_DATE,
        only=STAFF,
    ),
    FormEntry(
        sends="second_factor.enter",
        page="second_factor.ask",
        kind=Kind.DOOR,
        typed={"code": CODE},
        only=(Comer.HALFWAY,),
    ),
    FormEntry(
        sends="sign_in.leave",
        page="second_factor.ask",
        kind=Kind.DOOR,
        only=(Comer.HALFWAY,),
    ),
    FormEntry(
        sends="second_factor.set_up",
        page="second_factor.ask_set_up",
        kind=Kind.DOOR,
        typed={"code": CODE},
        only=PEOPLE,
    ),
    button("second_factor.renew", "second_factor.show", only=(Comer.WITH_FACTOR,)),
    button("second_factor.turn_off", "second_factor.show", only=(Comer.WITH_FACTOR,)),
    button("own_session.end", "own_session.show", after=ELSEWHERE),
    button("own_session.end_all", "own_session.show"),
    # A cooperative
    FormEntry(sends="portal.issue", page="portal.statement", kind=Kind.FILE),
    # Reading
    reading("audit.show", {"from": "01/05/2020", "to": "31/05/2020"}),
    reading("audit.chain", {"line": "1", "code": "0" * 24}),
    reading("borrower.show", {"as_of": "31/05/2020"}),
    reading("borrower.show_all", {"q": "so"}, within=FILTERS),
    reading("borrower.show_all", {"as_of": "31/05/2020"}, within=CHOOSER),
    reading("capital.show", {"as_of": "31/05/2020"}),
    reading("contract.ask", {"q": "so"}, within=FILTERS),
    reading("collection_sheet.show", within=FILTERS),
    reading("dashboard.show", within=FILTERS),
    reading("dashboard.show", {"as_of": "31/05/2020"}, within=CHOOSER),
    reading("home.show", {"as_of": "31/05/2020"}, only=READERS),
    reading("loan.show", {"pay_on": "30/06/2020"}, opens=".sections a[href='#settlement']"),
    reading("loan_list.show", {"q": "so"}, within=FILTERS),
    reading("loan_list.show", {"as_of": "31/05/2020"}, within=CHOOSER),
    reading("overdue.show", within=FILTERS),
    reading("overdue.show", {"as_of": "31/05/2020"}, within=CHOOSER),
    reading("portal.pay", {"pay_on": "30/06/2020"}),
    reading("report.preview", {"as_of": "31/05/2020"}),
    reading("setting.show", {"as_of": "31/05/2020"}),
    reading("verification.ask", NO_PAPER, finds=False),
    _entry("verification.ask", "verification.show", Kind.FILTER, NO_PAPER, {"finds": False}),
    _entry("search.show", "today.show", Kind.FILTER, {"q": "so"}, {"within": ".search"}),
)
