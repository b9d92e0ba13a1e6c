"""Eight browsers send one form at the same moment, on real databases: it is posted once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import Engine, func, select

from loanfund.clock import FixedClock
from loanfund.db import make_sessions
from loanfund.domain.permission import Role
from loanfund.models.loan import Loan, LoanEvent
from tests.builders import a_lending_fund, a_loan
from tests.site import SETTINGS, Browser, Site, an_app
from tests.web.test_repayment import filled

BROWSERS = 8


def test_eight_threads_with_one_key_post_once(own_engine: Engine, clock: FixedClock) -> None:
    sessions = make_sessions(own_engine)
    site = Site(an_app(SETTINGS, sessions, clock), sessions)
    with sessions() as session:
        fund = a_lending_fund(session, clock)
        a_loan(fund)
        address = f"/loan/{session.scalars(select(Loan.id)).one()}/repay"
    first = site.sign_in(Role.OFFICER)
    assert first.actor is not None
    sent = filled(first, address, "1/6", "1000000")
    del sent["act"]
    browsers = [first]
    for _ in range(BROWSERS - 1):
        browsers.append(site.stranger())
        browsers[-1].enter(first.actor.email)
        browsers[-1].get("/password")
    together = Barrier(BROWSERS)

    def send(browser: Browser) -> str:
        together.wait()
        answer = browser.post(address, sent | {"act": "post"})
        return answer.headers.get("Location", answer.text)

    with ThreadPoolExecutor(BROWSERS) as pool:
        answers = sorted(pool.map(send, browsers))

    receipt = answers[0]
    assert "/receipt/" in receipt
    assert answers == [receipt] + [f"{receipt}?again=1"] * (BROWSERS - 1)
    with sessions() as session:
        query = select(func.count()).where(LoanEvent.type == "repayment")
        assert session.execute(query).scalar_one() == 1
