"""What became of a form is told to its maker by its key, and to nobody else."""

from __future__ import annotations

from loanfund.domain.permission import Role
from tests.builders import Fund
from tests.site import Browser, Site
from tests.web.test_repayment import filled, fund, hidden, path

__all__ = ["fund"]  # the loan on which all of this happens


def asked(browser: Browser, key: str) -> object:
    answer = browser.get(f"/posted.json?key={key}")
    assert answer.status_code == 200
    return answer.json["address"] if answer.json else answer.json


def test_a_key_tells_what_its_form_posted(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.OFFICER)
    address = path(fund)
    sent = filled(browser, address, "1/6", "1000000")

    before = asked(browser, sent["request_key"])
    receipt = browser.post(address, sent).headers["Location"]

    assert before is None
    assert asked(browser, sent["request_key"]) == receipt
    assert asked(browser, "another") is None


def test_a_colleague_does_not_learn_of_it(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.OFFICER)
    address = path(fund)
    sent = filled(browser, address, "1/6", "1000000")
    browser.post(address, sent)

    assert asked(site.sign_in(Role.ACCOUNTANT), sent["request_key"]) is None
    assert site.sign_in(Role.MANAGER).get("/posted.json?key=x").status_code == 403


def test_a_reversal_leads_to_the_receipt_that_it_took_back(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.OFFICER)
    address = path(fund)
    receipt = browser.post(address, filled(browser, address, "1/6", "1000000")).headers[
        "Location"
    ]
    form = hidden(browser.get(f"{receipt}/reverse").text)
    browser.post(f"{receipt}/reverse", form | {"why": "other", "words": "nhầm"})

    assert asked(browser, form["request_key"]) == receipt
