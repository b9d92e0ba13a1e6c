"""Books that tests read: a small one worked by hand, and the 2020 one."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.documents.workbook.reading import read_book
from loanfund.domain.setting import OverdueMethod
from loanfund.paths import DEMO_BOOK
from loanfund.services._book_import import ImportBook
from loanfund.services.book import import_book
from loanfund.services.user import command_line
from tests.builders import Fund, a_borrower, a_fund, a_loan, a_source, repaid
from tests.prepared import prepared

EXPECTED = Path(__file__).parent / "data" / "bacgiang-2020.expected.json"


@prepared
def a_small_book(session: Session, clock: Clock) -> Fund:
    """Add three loans of two sources, on 31/05/2020 paid up, overdue and partly overdue.

    An: 100 million at 6 % from 10/01/2020 for a year; the interest of each month was paid.
    Ánh: 200 million from 15/01 to 15/04; nothing was ever paid.
    Đặng: 120 million of the other source from 05/03 in 12 parts; April was paid, and of May's
    10 542 466 only 5 542 466, on 20/05.
    """
    fund = a_fund(session, clock)
    a_source(fund, "QUY", capital=1_000_000_000)
    a_source(
        fund,
        "VIEC",
        capital=500_000_000,
        bears_risk=False,
        overdue_method=OverdueMethod.TRANSFERRED_PART,
    )
    a_borrower(fund, "HTX An", area="Lục Ngạn", sector="Trồng trọt", tax_code="2409010000")
    a_borrower(fund, "Hợp tác xã Ánh Dương", phone="0204 3854 321", area="Yên Thế")
    a_borrower(fund, "HTX Đặng", area="Yên Thế", sector="Vận tải")
    a_loan(fund, "01/2020/HĐTD", borrower="htx-an")
    a_loan(
        fund,
        "02/2020/HĐTD",
        borrower="hop-tac-xa-anh-duong",
        signed_on=date(2020, 1, 15),
        amount=200_000_000,
        term_months=3,
    )
    a_loan(
        fund,
        "03/2020/HĐTD",
        borrower="htx-dang",
        source="VIEC",
        signed_on=date(2020, 3, 5),
        amount=120_000_000,
        repayment_method="equal_principal",
    )
    for month, interest in ((2, 509_589), (3, 476_712), (4, 509_589), (5, 493_151)):
        repaid(fund, "01/2020/HĐTD", date(2020, month, 10), interest)
    repaid(fund, "03/2020/HĐTD", date(2020, 4, 5), 10_611_507)
    repaid(fund, "03/2020/HĐTD", date(2020, 5, 20), 5_542_466)
    return fund


def the_2020_book(session: Session, clock: Clock) -> dict[str, Any]:
    """Import the book of the demonstration, and give what its figures are known to be."""
    operator = command_line(session, now=clock.now())
    import_book(session, ImportBook(book=read_book(DEMO_BOOK)), operator, clock)
    return known_figures()


def known_book() -> dict[str, Any]:
    """Give what is known of the 2020 book: the figures of its sources by day, some loans."""
    found: dict[str, Any] = json.loads(EXPECTED.read_text())
    return found


def known_figures() -> dict[str, Any]:
    """Give what the figures of the 2020 book are known to be, by day."""
    found: dict[str, Any] = known_book()["figures"]
    return found


METHODS = ("principal_at_maturity", "equal_principal", "annuity")


def a_book_by_chance(session: Session, clock: Clock, chance: Random, loans: int = 14) -> Fund:
    """Add loans with terms, part payments, advances and waits as chance has it."""
    fund = a_fund(session, clock)
    a_source(fund, capital=50_000_000_000)
    for number in range(1, loans + 1):
        contract = f"{number:02d}/2020/HĐTD"
        code = a_borrower(fund, f"HTX Ngẫu Nhiên {number}")
        signed_on = date(2019, chance.randint(6, 12), chance.randint(1, 28))
        terms = {
            "annual_rate": chance.choice(("4.8", "6", "7.2", "9.125")),
            "term_months": chance.choice((3, 6, 12, 24)),
            "repayment_method": chance.choice(METHODS),
            "late_interest_rate": chance.choice(("0", "10")),
            "surplus": chance.choice(("credit", "principal")),
            "tolerance": chance.choice((0, 1_000)),
        }
        amount = chance.randint(1, 400) * 1_000_000
        a_loan(fund, contract, borrower=code, signed_on=signed_on, amount=amount, **terms)
        _pay_by_chance(fund, contract, amount, signed_on, chance)
    return fund


def _pay_by_chance(fund: Fund, contract: str, lent: int, day: date, chance: Random) -> None:
    """Bring something now and then, often too little or too much, until the business date."""
    for _ in range(chance.randint(0, 6)):
        day += timedelta(days=chance.randint(5, 60))
        if day > fund.clock.today():
            return
        share = chance.choice((200, 60, 12, 5))
        repaid(fund, contract, day, lent // share + chance.randint(0, 999))
