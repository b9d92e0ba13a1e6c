"""What stands as an earlier edition of the rules left it is told, and is no difference."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from loanfund.queries.remarks import Remark, remarks
from loanfund.services.restructuring import Amend, WriteOff, restructure
from tests.builders import Fund, a_loan, repaid
from tests.services.conftest import fund
from tests.services.derived import AT_20_000_A_DAY, loan_json, verified

__all__ = ["fund"]

LOAN = "01/2020"
# A third, a third and a third, however much is lent: weights, as the first edition had them.
THIRDS = [{"date": f"2020-0{month}-10", "amount": 1} for month in (3, 4, 5)]
CUSTOM: dict[str, Any] = {
    "repayment_method": "custom",
    "principal_plan": THIRDS,
    "term_months": None,
}
QUARTERLY: dict[str, Any] = {"repayment_method": "annuity", "interest_every_months": 3}
UNEVEN: dict[str, Any] = {
    "repayment_method": "equal_principal",
    "interest_every_months": 2,
    "principal_every_months": 3,
}


def told(fund: Fund) -> list[Remark]:
    assert verified(fund) == []
    return list(remarks(fund.session))


def written_off(fund: Fund) -> None:
    lost = WriteOff(contract_number=LOAN, value_date=date(2020, 3, 10))
    restructure(fund.session, lost, fund.officer, fund.clock, fund.manager)


@pytest.mark.parametrize(
    ("terms", "kind"),
    [(CUSTOM, "plan_sum"), (UNEVEN, "not_a_multiple"), (QUARTERLY, "annuity_of_months")],
)
def test_a_contract_of_the_first_edition_is_named_where_it_would_be_computed_otherwise(
    fund: Fund, terms: dict[str, Any], kind: str
) -> None:
    a_loan(fund, LOAN, edition=1, **terms)
    a_loan(fund, "02/2020", edition=1)
    if kind == "annuity_of_months":
        a_loan(fund, "03/2020", **terms)

    assert told(fund) == [Remark(kind, LOAN)]


@pytest.mark.parametrize(("surplus", "named"), [(500_000, True), (0, False)])
def test_a_write_off_beside_credit_is_named(fund: Fund, surplus: int, *, named: bool) -> None:
    # 620,000 in February and 580,000 in March are paid; the surplus was kept.
    a_loan(fund, LOAN, edition=1, **AT_20_000_A_DAY)
    repaid(fund, LOAN, date(2020, 2, 10), 620_000 + 580_000 + surplus)
    written_off(fund)

    assert told(fund) == [Remark("credit_beside_write_off", LOAN)] * named
    place = loan_json(fund.session, LOAN, date(2020, 6, 1))["position"]
    assert (place["credit"], place["written_off_principal"]) == (surplus, 100_000_000)


def test_a_write_off_of_now_lets_the_credit_pay_first(fund: Fund) -> None:
    a_loan(fund, LOAN, **AT_20_000_A_DAY)
    repaid(fund, LOAN, date(2020, 2, 10), 620_000 + 580_000 + 500_000)
    written_off(fund)

    assert told(fund) == []
    place = loan_json(fund.session, LOAN, date(2020, 6, 1))["position"]
    assert (place["credit"], place["written_off_principal"]) == (0, 99_500_000)


def test_an_amended_contract_comes_under_the_present_edition(fund: Fund) -> None:
    a_loan(fund, LOAN, edition=1, **QUARTERLY)
    assert told(fund) == [Remark("annuity_of_months", LOAN)]
    amend = Amend(contract_number=LOAN, terms={"tolerance": 1_000, "edition": 2})

    restructure(fund.session, amend, fund.officer, fund.clock, fund.manager)

    assert told(fund) == []
    # i = 1.5 %, n = 4: A = 1,500,000 × 1.06136355 / 0.06136355 = 25,944,478.6. 91 days at 6 %
    # are 1,495,890.41 of interest.
    first = loan_json(fund.session, LOAN, date(2020, 1, 10))["schedule"][0]
    assert (first["principal"], first["interest"]) == (25_944_479 - 1_495_890, 1_495_890)


def test_an_amendment_that_leaves_the_edition_alone_is_still_named(fund: Fund) -> None:
    a_loan(fund, LOAN, edition=1)
    amend = Amend(contract_number=LOAN, terms=QUARTERLY)

    restructure(fund.session, amend, fund.officer, fund.clock, fund.manager)

    assert told(fund) == [Remark("annuity_of_months", LOAN)]


def test_weights_part_what_is_lent_as_they_did(fund: Fund) -> None:
    a_loan(fund, LOAN, edition=1, amount=90_000_000, **CUSTOM)

    rows = loan_json(fund.session, LOAN, date(2020, 1, 10))["schedule"]

    assert [row["principal"] for row in rows if row["principal"]] == [30_000_000] * 3
