"""Commands that change the book."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import click
import pytest
from openpyxl import load_workbook
from sqlalchemy import create_engine, func, select, text
from sqlalchemy import table as sqltable

from loanfund.cli import main
from loanfund.cli.program import CODE
from loanfund.paths import DEMO_BOOK
from tests.cli.conftest import answer, run

pytestmark = pytest.mark.slow

LOAN = "08/2019/HĐTD-QHTPT"
# Due on 24/05/2020 and unpaid: 300.000.000 × 6,6 % × 30 / 365 = 1.627.397,26.
INTEREST = 1_627_397
# At 10 % from 24/05 to 01/06 the late interest is 1.627.397 × 10 % × 8 / 365 = 3.566,90.
LATE = 3_567


def count(book: Path, table: str) -> int:
    with create_engine(f"sqlite:///{book}").connect() as connection:
        return connection.scalar(select(func.count()).select_from(sqltable(table))) or 0


def repaid(book: Path, *options: str) -> Any:
    return answer(
        run(book, "repay", LOAN, "2020-06-01", str(INTEREST + LATE), "--json", *options)
    )


def test_a_repayment_gets_a_receipt_and_is_split_by_the_order(book: Path) -> None:
    result = repaid(book)

    assert (result["receipt"], result["replayed"]) == ("TTG-2020/000002", False)
    assert result["allocation"] == {
        "principal": 0,
        "interest": INTEREST,
        "overdue_interest": 0,
        "late_interest": LATE,
        "credit": 0,
    }
    assert result["position"]["interest_open"] == 0
    assert result["position"]["principal_outstanding"] == 300_000_000


def test_a_number_is_found_however_it_is_spelled(book: Path, tmp_path: Path) -> None:
    """08/2019/HĐTD-QHTPT, and the source TINH, in small letters and wide ones."""
    small, paper = LOAN.lower(), tmp_path / "statement.pdf"

    repaying = run(book, "repay", small, "2020-06-01", str(INTEREST + LATE), "--json")
    shown = answer(run(book, "loan", "０" + small[1:], "--json"))
    issued = run(book, "statement", small, "-o", str(paper))
    source = answer(run(book, "portfolio", "--json"))["sources"][0]["source"]
    of_source = answer(run(book, "portfolio", "--source", source.lower(), "--json"))

    assert answer(repaying)["receipt"] == "TTG-2020/000002"
    assert shown["contract"] == LOAN
    assert issued.exit_code == 0, issued.output
    assert paper.read_bytes().startswith(b"%PDF")
    assert [one["source"] for one in of_source["sources"]] == [source]
    assert source.lower() != source


@pytest.mark.parametrize(
    ("options", "credit", "told"),
    [
        ((), 50_000_000, "kept for the next due date, as the contract says"),
        (("--surplus", "credit"), 50_000_000, ""),
        (("--surplus", "principal"), 0, ""),
    ],
)
@pytest.mark.parametrize("looks", [(), ("--preview",)], ids=["posted", "preview"])
def test_a_surplus_goes_where_it_is_told_else_where_the_contract_says_and_that_is_reported(
    book: Path, options: tuple[str, ...], credit: int, told: str, looks: tuple[str, ...]
) -> None:
    amount = str(INTEREST + LATE + 50_000_000)

    meant = ("--meant", "sold a store")
    result = run(book, "repay", LOAN, "2020-06-01", amount, "--json", *options, *looks, *meant)

    allocation = answer(result)["allocation"]
    assert (allocation["credit"], allocation["principal"]) == (credit, 50_000_000 - credit)
    assert told in result.stderr
    assert ("50.000.000" in result.stderr) is bool(told)
    assert "surplus" not in answer(result)


def test_an_amount_far_beyond_what_is_due_needs_a_reason(book: Path) -> None:
    asked = ("repay", LOAN, "2020-06-01", "50tr", "--surplus", "credit", "--json")

    seen = run(book, *asked, "--preview")
    refused = run(book, *asked)
    done = run(book, *asked, "--meant", "sold a store")

    assert answer(seen)["receipt"] is None
    assert "more than 3 times what is due" in seen.stderr
    error = json.loads(refused.stdout)["error"]
    assert (refused.exit_code, error["code"]) == (2, "invalid_event")
    assert "more than 3 times what is due" in error["message"]
    assert answer(done)["allocation"]["credit"] > 0


def test_the_same_key_posts_once_and_answers_the_same(book: Path) -> None:
    first = repaid(book, "--key", "a-key")
    events = count(book, "loan_event")

    again = repaid(book, "--key", "a-key")

    assert again == {**first, "replayed": True}
    assert count(book, "loan_event") == events


def test_the_same_key_with_another_payload_is_refused(book: Path) -> None:
    repaid(book, "--key", "a-key")
    events = count(book, "loan_event")

    result = run(book, "repay", LOAN, "2020-06-01", "1", "--key", "a-key", "--json")

    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["code"] == "conflict"
    assert count(book, "loan_event") == events


def test_a_preview_says_what_posting_does_and_writes_nothing(book: Path) -> None:
    tables = ("loan_event", "ledger_entry", "audit_line", "number_series")
    before = [count(book, table) for table in tables]

    preview = repaid(book, "--preview")

    assert [count(book, table) for table in tables] == before
    posted = repaid(book)
    assert preview["receipt"] is None
    for part in ("allocation", "position"):
        assert preview[part] == posted[part]


def test_a_day_after_the_business_date_is_refused(book: Path) -> None:
    result = run(book, "repay", LOAN, "2020-06-02", "1000", "--json")

    error = json.loads(result.stdout)["error"]
    assert (result.exit_code, error["code"]) == (2, "invalid_event")
    assert "business date" in error["message"]


def test_after_all_changes_the_book_verifies(book: Path) -> None:
    repaid(book)
    run(book, "repay", LOAN, "2020-03-02", "5000000", "--method", "cash", "--payer", "Bà Lan")

    result = run(book, "verify")

    assert (result.exit_code, result.stdout) == (0, "Verified: 0 differences.\n")


def test_verify_names_a_difference_and_exits_with_1(book: Path) -> None:
    with create_engine(f"sqlite:///{book}").begin() as connection:
        connection.execute(text("UPDATE position SET credit = credit + 1 WHERE loan_id = 1"))

    result = run(book, "verify")

    assert result.exit_code == 1
    assert "credit" in result.stdout
    assert run(book, "rebuild").exit_code == 0
    assert run(book, "verify").exit_code == 0


def test_reconciling_twice_posts_nothing(book: Path) -> None:
    result = run(book, "reconcile", "--through", "2020-06-01")

    assert result.stdout == "Reconciled 94 loans, posted 0 transfers, 0 failed.\n"


def test_importing_the_same_book_again_adds_nothing(book: Path) -> None:
    result = run(book, "import", str(DEMO_BOOK))

    assert result.exit_code == 0
    assert "Repayments: added 0, known 1250" in result.stdout


def test_what_the_rules_refuse_is_told_with_its_sheet_and_row(
    book: Path, tmp_path: Path
) -> None:
    workbook = load_workbook(DEMO_BOOK)
    sheet = workbook["Giải ngân"]
    columns = [cell.value for cell in sheet[1]]
    more = {"Số khế ước": "KU-MORE", "Ngày": date(2020, 5, 5), "Số tiền": 10**12}
    sheet.append(
        [more.get(str(name), cell.value) for name, cell in zip(columns, sheet[2], strict=True)]
    )
    workbook.save(tmp_path / "more.xlsx")

    refused = run(book, "import", str(tmp_path / "more.xlsx"))

    assert refused.exit_code == 2
    assert f"Sheet “Giải ngân”, row {sheet.max_row}: " in refused.stderr
    assert f"Trang “Giải ngân”, dòng {sheet.max_row}: " in refused.stderr


def test_an_auditor_may_look_but_not_repay(book: Path) -> None:
    run(book, "user", "add", "auditor@example.vn", "--role", "auditor")
    as_auditor = ("--as", "auditor@example.vn")

    refused = run(book, *as_auditor, "repay", LOAN, "2020-06-01", "1000", "--json")

    assert json.loads(refused.stdout)["error"]["code"] == "permission_denied"
    assert run(book, *as_auditor, "portfolio", "--json").exit_code == 0


def test_settings_are_set_from_a_day_on_and_listed(book: Path) -> None:
    result = run(book, "setting", "set", "fund_name", "Quỹ Bắc Giang", "--from", "2020-06-01")

    assert result.exit_code == 0
    lines = answer(run(book, "setting", "list", "--json"))
    assert {
        "key": "fund_name",
        "source": None,
        "value": "Quỹ Bắc Giang",
        "valid_from": "2020-06-01",
    } in lines
    earlier = answer(run(book, "setting", "list", "--on", "2020-05-31", "--json"))
    assert next(one for one in earlier if one["key"] == "fund_name")["valid_from"] is None


def test_an_accountant_sets_settings_only_with_a_managers_approval(book: Path) -> None:
    run(book, "user", "add", "accountant@example.vn", "--role", "accountant")
    run(book, "user", "add", "manager@example.vn", "--role", "manager")
    change = ("--as", "accountant@example.vn", "setting", "set", "fund_phone", "0204 3 854 000")

    alone = run(book, *change)
    approved = run(book, *change, "--approved-by", "manager@example.vn")

    assert (alone.exit_code, approved.exit_code) == (2, 0)


def test_a_setting_that_is_not_of_its_kind_is_refused(book: Path) -> None:
    result = run(book, "setting", "set", "debt_rule_set", "none of them")

    assert result.exit_code == 2
    assert "debt_rule_set" in result.stderr


def test_the_ledger_follows_a_setting_that_moves_figures(book: Path) -> None:
    # 137 days past due are group 4 of the microfinance circular (90 to 179 days) and group 3 of
    # the banks' (91 to 180 days).
    before = answer(run(book, "loan", "71/2019/HĐTD-QVL", "--as-of", "2020-05-31", "--json"))

    since = ("--from", "2015-01-01", "--source", "QVL")
    run(book, "setting", "set", "debt_rule_set", "bank", *since)

    after = answer(run(book, "loan", "71/2019/HĐTD-QVL", "--as-of", "2020-05-31", "--json"))
    assert before["position"]["debt_group"] == 4
    assert after["position"]["debt_group"] == 3
    assert run(book, "verify").exit_code == 0


def test_one_loan_is_reconciled_by_its_contract(book: Path) -> None:
    result = run(book, "reconcile", "--loan", LOAN)
    unknown = run(book, "reconcile", "--loan", "00/0000")

    assert result.stdout == "Reconciled 1 loan, posted 0 transfers, 0 failed.\n"
    assert unknown.exit_code == 2


def test_every_code_that_a_command_takes_is_tidied() -> None:
    """`--source`, CONTRACT: what is pasted with an invisible letter finds what it names."""
    taken = {
        (command.name, one.name): one.type
        for command in every_command(main)
        for one in command.params
        if one.name in {"contract", "source"}
    }

    assert set(taken.values()) == {CODE}
    assert {name for _, name in taken} == {"contract", "source"}
    assert len(taken) >= 5


def every_command(group: click.Group) -> Iterator[click.Command]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield command
        if isinstance(command, click.Group):
            yield from every_command(command)
