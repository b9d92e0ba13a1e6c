"""Borrowers are registered once, and what is known of them is changed by one at a time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.db import make_sessions
from loanfund.domain.book import Book
from loanfund.domain.borrower import BorrowerFacts
from loanfund.domain.errors import ConflictError, InvalidInputError, NotFoundError
from loanfund.models.audit import AuditLine
from loanfund.models.borrower import Borrower
from loanfund.services._book_masters import add_borrowers
from loanfund.services._booking import Booking
from loanfund.services.borrower import change_borrower, register_borrower
from tests.builders import Fund
from tests.domain.test_book_check import a_borrower
from tests.services.at_once import accepted, at_once, refused
from tests.services.conftest import a_lender
from tests.services.refusal import refusal_of

AN = BorrowerFacts(code="KH1", name="HTX Ánh Dương", kind="cooperative", phone="0204 3854 321")


def registered(fund: Fund, facts: BorrowerFacts = AN) -> Borrower:
    return register_borrower(fund.session, facts, fund.officer, fund.clock)


def changed(fund: Fund, facts: BorrowerFacts, version: int) -> Borrower:
    return change_borrower(fund.session, facts, version, fund.officer, fund.clock)


def test_a_borrower_is_found_without_diacritics(fund: Fund) -> None:
    row = registered(fund)

    assert (row.folded_name, row.version, row.recorded_by) == (
        "htx anh duong",
        1,
        fund.officer.user_id,
    )


def test_a_change_counts_a_version_and_folds_the_new_name(fund: Fund) -> None:
    registered(fund)

    row = changed(fund, replace(AN, name="HTX Đông Á", phone=None), 1)

    assert (row.folded_name, row.phone, row.version) == ("htx dong a", None, 2)
    query = select(AuditLine.action).where(AuditLine.object_id == "KH1").order_by(AuditLine.id)
    assert list(fund.session.scalars(query)) == ["register_borrower", "change_borrower"]


def test_a_change_of_what_changed_meanwhile_is_refused(fund: Fund) -> None:
    registered(fund)
    changed(fund, replace(AN, phone="0204 3854 001"), 1)

    refusal = refusal_of(lambda: changed(fund, replace(AN, phone="0204 3854 002"), 1))

    assert (type(refusal), refusal.reason) == (ConflictError, "stale")
    assert refusal.facts == {"shown": 1, "stands": 2}


def test_a_code_is_given_once(fund: Fund) -> None:
    registered(fund)

    refusal = refusal_of(lambda: registered(fund))

    assert (type(refusal), refusal.reason) == (ConflictError, "borrower_code")


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        (replace(AN, code=" "), "code"),
        (replace(AN, name=""), "name"),
        (replace(AN, kind="company"), "kind"),
    ],
)
def test_what_a_borrower_cannot_be_without_is_asked_for(
    fund: Fund, facts: BorrowerFacts, field: str
) -> None:
    refusal = refusal_of(lambda: registered(fund, facts))

    assert (type(refusal), refusal.facts) == (InvalidInputError, {"field": field})


def test_an_unknown_borrower_is_not_changed(fund: Fund) -> None:
    assert isinstance(refusal_of(lambda: changed(fund, AN, 1)), NotFoundError)


def test_four_who_register_or_change_one_borrower_at_once_do_it_once(
    own_engine: Engine, clock: FixedClock
) -> None:
    with make_sessions(own_engine)() as session:
        fund = a_lender(session, clock)

    def register(session: Session) -> Borrower:
        return registered(replace(fund, session=session))

    def change(session: Session) -> Borrower:
        return changed(replace(fund, session=session), replace(AN, phone="0204 3854 009"), 1)

    first = at_once(own_engine, [register] * 4)
    second = at_once(own_engine, [change] * 4)

    for outcomes in (first, second):
        assert len(accepted(outcomes)) == 1
        assert {code for code, _reason in refused(outcomes)} == {"conflict"}


def test_an_area_is_kept_as_it_is_spelled_already_typed_or_brought(fund: Fund) -> None:
    """Letter case and spaces are no other area, marks are; one's own spelling can be mended."""
    registered(fund, replace(AN, area="lục  ngạn"))
    booking = Booking(
        at=fund.clock.now(),
        actor=fund.officer.user_id,
        approved_by=None,
        business_date=fund.clock.today(),
        closed_through=None,
    )

    mended = changed(fund, replace(AN, area="Lục Ngạn"), 1).area
    typed = registered(fund, replace(AN, code="KH2", area="LỤC NGẠN", sector="Chè")).area
    other = registered(fund, replace(AN, code="KH3", area="Lục Ngan")).area
    brought = replace(a_borrower(4), code="KH4", area="lục ngạn ", sector="chè")
    kept = add_borrowers(fund.session, Book(borrowers=(brought,)), booking)["KH4"]

    assert (mended, typed, other) == ("Lục Ngạn", "Lục Ngạn", "Lục Ngan")
    assert (kept.area, kept.sector) == ("Lục Ngạn", "Chè")
