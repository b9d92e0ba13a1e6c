"""Records of a workbook fit each other; what they refer to may be in the program already."""

from dataclasses import replace
from datetime import date

import pytest

from loanfund.domain.book import (
    Book,
    BorrowerKind,
    BorrowerRecord,
    CapitalMovementRecord,
    CapitalSourceRecord,
    ContractRecord,
    DisbursementRecord,
    Heading,
    Place,
    PlanRecord,
    ReceiptRecord,
    ReschedulePlanRecord,
    RescheduleRecord,
    Sheet,
)
from loanfund.domain.book_check import (
    KnownKeys,
    Reference,
    assemble,
    references,
    unknown_references,
)
from loanfund.domain.book_problem import BookProblem, ProblemCode
from loanfund.domain.book_rows import Rows
from loanfund.domain.event import RescheduleKind
from loanfund.domain.money import Money, Rate
from loanfund.domain.setting import OverdueMethod
from loanfund.domain.terms import (
    Component,
    DebtRuleSet,
    PlannedInstalment,
    RepaymentMethod,
)

APRIL = date(2020, 4, 28)


def a_source(row: int = 2, code: str = "QHT") -> CapitalSourceRecord:
    return CapitalSourceRecord(
        place=Place(Sheet.SOURCE, row),
        code=code,
        name="Quỹ hỗ trợ phát triển HTX",
        bears_risk=True,
        overdue_method=OverdueMethod.WHOLE_DEBT,
        debt_rule_set=DebtRuleSet.MFI,
    )


def a_movement(row: int = 2, dong: int = 1_000) -> CapitalMovementRecord:
    return CapitalMovementRecord(
        place=Place(Sheet.MOVEMENT, row),
        source="QHT",
        value_date=APRIL,
        amount=Money(dong),
        contributor="Ngân sách tỉnh",
    )


def a_borrower(row: int = 2, code: str = "KH1") -> BorrowerRecord:
    return BorrowerRecord(
        place=Place(Sheet.BORROWER, row),
        code=code,
        name="HTX Đồng Tâm 3",
        kind=BorrowerKind.COOPERATIVE,
    )


def a_contract(
    row: int = 2,
    number: str = "01/2019",
    method: RepaymentMethod = RepaymentMethod.EQUAL_PRINCIPAL,
) -> ContractRecord:
    return ContractRecord(
        place=Place(Sheet.CONTRACT, row),
        number=number,
        borrower="KH1",
        source="QHT",
        signed_on=date(2019, 3, 1),
        amount=Money(90_000_000),
        annual_rate=Rate.percent("6.6"),
        term_months=24,
        repayment_method=method,
    )


def an_instalment(
    row: int, due_date: date, contract: str = "01/2019", amount: int = 45_000_000
) -> PlanRecord:
    return PlanRecord(
        place=Place(Sheet.PLAN, row),
        contract=contract,
        due_date=due_date,
        amount=Money(amount),
    )


def a_disbursement(row: int = 2, number: str = "KU1") -> DisbursementRecord:
    return DisbursementRecord(
        place=Place(Sheet.DISBURSEMENT, row),
        contract="01/2019",
        number=number,
        value_date=date(2019, 3, 5),
        amount=Money(90_000_000),
    )


def a_receipt(
    row: int = 2, number: str = "PT1", split: dict[Component, Money] | None = None
) -> ReceiptRecord:
    return ReceiptRecord(
        place=Place(Sheet.RECEIPT, row),
        number=number,
        contract="01/2019",
        value_date=date(2019, 4, 5),
        amount=Money(1_000_000),
        split=split,
    )


def a_rescheduling(row: int = 2, value_date: date = APRIL) -> RescheduleRecord:
    return RescheduleRecord(
        place=Place(Sheet.RESCHEDULE, row),
        contract="01/2019",
        value_date=value_date,
        kind=RescheduleKind.EXTEND,
        decision="40/QĐ",
    )


def a_new_instalment(
    row: int, due_date: date, value_date: date = APRIL
) -> ReschedulePlanRecord:
    return ReschedulePlanRecord(
        place=Place(Sheet.RESCHEDULE_PLAN, row),
        contract="01/2019",
        value_date=value_date,
        due_date=due_date,
        amount=Money(90_000_000),
    )


def codes(rows: Rows) -> list[tuple[str | None, int | None, ProblemCode]]:
    return [(one.sheet, one.row, one.code) for one in assemble(rows)[1]]


CUSTOM = a_contract(method=RepaymentMethod.CUSTOM)
OCTOBER, APRIL_2020 = date(2019, 10, 1), date(2020, 4, 1)


def test_plans_join_their_contracts_in_the_order_of_the_sheet() -> None:
    plan = (an_instalment(2, OCTOBER), an_instalment(3, APRIL_2020))

    book, problems = assemble(Rows(contracts=(CUSTOM,), plan=plan))

    assert problems == ()
    assert book.contracts[0].principal_plan == (
        PlannedInstalment(OCTOBER, Money(45_000_000)),
        PlannedInstalment(APRIL_2020, Money(45_000_000)),
    )


def test_each_rescheduling_has_its_own_plan() -> None:
    july = date(2020, 7, 1)
    reschedules = (a_rescheduling(2), a_rescheduling(3, july))
    plan = (
        a_new_instalment(2, date(2021, 3, 5)),
        a_new_instalment(3, date(2022, 3, 5), july),
    )

    book, problems = assemble(Rows(reschedules=reschedules, reschedule_plan=plan))

    assert problems == ()
    assert [one.plan[0].due_date.year for one in book.reschedules] == [2021, 2022]


def test_identical_movements_are_counted() -> None:
    rows = Rows(movements=(a_movement(2), a_movement(3, 2_000), a_movement(4), a_movement(5)))

    book, _ = assemble(rows)

    assert [one.rank for one in book.movements] == [0, 0, 1, 2]


def test_records_are_the_same_wherever_they_stand() -> None:
    assert a_receipt(2) == a_receipt(7)
    assert a_receipt(2) != a_receipt(2, "PT2")


@pytest.mark.parametrize(
    ("rows", "sheet", "heading", "value"),
    [
        (Rows(sources=(a_source(2), a_source(3))), Sheet.SOURCE, "Mã nguồn", "QHT"),
        (Rows(borrowers=(a_borrower(2), a_borrower(3))), Sheet.BORROWER, "Mã KH", "KH1"),
        (
            Rows(contracts=(a_contract(2), a_contract(3))),
            Sheet.CONTRACT,
            "Số hợp đồng",
            "01/2019",
        ),
        (
            Rows(disbursements=(a_disbursement(2), a_disbursement(3))),
            Sheet.DISBURSEMENT,
            "Số khế ước",
            "KU1",
        ),
        (Rows(receipts=(a_receipt(2), a_receipt(3))), Sheet.RECEIPT, "Số phiếu", "PT1"),
        (
            Rows(
                reschedules=(a_rescheduling(2), a_rescheduling(3)),
                reschedule_plan=(a_new_instalment(2, date(2021, 3, 5)),),
            ),
            Sheet.RESCHEDULE,
            "Số hợp đồng",
            "01/2019",
        ),
    ],
)
def test_a_key_stands_once(rows: Rows, sheet: Sheet, heading: str, value: str) -> None:
    assert assemble(rows)[1] == (
        BookProblem(
            code=ProblemCode.DUPLICATE_KEY,
            sheet=sheet,
            row=3,
            column=heading,
            value=value,
            facts={"first": 2},
        ),
    )


def test_an_agreed_repayment_needs_a_plan() -> None:
    assert codes(Rows(contracts=(CUSTOM,))) == [("Hợp đồng", 2, ProblemCode.PLAN_MISSING)]


def test_a_whole_missing_sheet_is_said_once() -> None:
    contracts = (CUSTOM, a_contract(3, "02/2019", RepaymentMethod.CUSTOM))
    rows = Rows(contracts=contracts, reschedules=(a_rescheduling(),))

    without = replace(rows, sheets=frozenset({Sheet.CONTRACT, Sheet.RESCHEDULE}))

    assert codes(without) == [
        ("Lịch gốc", None, ProblemCode.MISSING_SHEET),
        ("Lịch cơ cấu", None, ProblemCode.MISSING_SHEET),
    ]


def test_a_rescheduling_needs_a_plan() -> None:
    rows = Rows(
        reschedules=(a_rescheduling(),),
        reschedule_plan=(a_new_instalment(2, date(2021, 3, 5), date(2020, 4, 29)),),
    )

    assert codes(rows) == [
        ("Lịch cơ cấu", 2, ProblemCode.PLAN_WITHOUT_PARENT),
        ("Cơ cấu nợ", 2, ProblemCode.PLAN_MISSING),
    ]


def test_a_plan_belongs_to_a_contract_of_the_workbook() -> None:
    rows = Rows(plan=(an_instalment(2, OCTOBER), an_instalment(3, APRIL_2020)))

    assert codes(rows) == [("Lịch gốc", 2, ProblemCode.PLAN_WITHOUT_PARENT)]


def test_only_agreed_repayments_have_a_plan() -> None:
    rows = Rows(contracts=(a_contract(),), plan=(an_instalment(2, OCTOBER),))

    assert codes(rows) == [("Lịch gốc", 2, ProblemCode.PLAN_NOT_AGREED)]


@pytest.mark.parametrize("second", [OCTOBER, date(2019, 9, 30)])
def test_due_dates_increase(second: date) -> None:
    plan = (an_instalment(2, OCTOBER), an_instalment(3, second), an_instalment(4, APRIL_2020))

    problem, also = assemble(Rows(contracts=(CUSTOM,), plan=plan))[1]

    assert (problem.code, problem.row) == (ProblemCode.PLAN_NOT_INCREASING, 3)
    assert problem.facts == {"after": OCTOBER}
    assert also.code is ProblemCode.PLAN_NOT_SUMMING  # with a row too many


def test_a_plan_sums_to_the_approved_amount() -> None:
    plan = (an_instalment(2, OCTOBER), an_instalment(3, APRIL_2020, amount=44_999_999))

    (problem,) = assemble(Rows(contracts=(CUSTOM,), plan=plan))[1]

    assert (problem.code, problem.sheet, problem.row) == (
        ProblemCode.PLAN_NOT_SUMMING,
        "Lịch gốc",
        2,
    )
    assert problem.facts == {"planned": Money(89_999_999), "amount": Money(90_000_000)}


def test_a_plan_that_was_not_read_whole_is_not_summed() -> None:
    rows = Rows(
        contracts=(CUSTOM,),
        plan=(an_instalment(2, OCTOBER),),
        unread=frozenset({(Sheet.PLAN, ("01/2019",))}),
    )

    assert codes(rows) == []


def test_rows_with_bad_cells_are_not_missed_a_second_time() -> None:
    unread = frozenset(
        {
            (Sheet.CONTRACT, ("02/2019",)),
            (Sheet.PLAN, ("01/2019",)),
            (Sheet.RESCHEDULE, ("01/2019", date(2020, 7, 1))),
            (Sheet.RESCHEDULE_PLAN, ("01/2019", APRIL)),
        }
    )
    rows = Rows(
        contracts=(CUSTOM,),
        plan=(an_instalment(2, OCTOBER, "02/2019"),),
        reschedules=(a_rescheduling(),),
        reschedule_plan=(a_new_instalment(2, date(2021, 3, 5), date(2020, 7, 1)),),
        unread=unread,
    )

    assert codes(rows) == []


def a_split(*dong: int) -> dict[Component, Money]:
    return dict(zip(Component, (Money(part) for part in dong), strict=False))


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        (None, []),
        (a_split(400_000, 0, 0, 600_000), []),
        (a_split(400_000, 0, 0), [ProblemCode.SPLIT_INCOMPLETE]),
        (a_split(1_000_000), [ProblemCode.SPLIT_INCOMPLETE]),
        (a_split(400_000, 0, 0, 600_001), [ProblemCode.SPLIT_MISMATCH]),
        (a_split(0, 0, 0, 0), [ProblemCode.SPLIT_MISMATCH]),
    ],
)
def test_a_split_is_whole_and_adds_up(
    split: dict[Component, Money] | None, expected: list[ProblemCode]
) -> None:
    problems = assemble(Rows(receipts=(a_receipt(split=split),)))[1]

    assert [one.code for one in problems] == expected


def a_book() -> Book:
    return Book(
        sources=(a_source(),),
        movements=(a_movement(),),
        borrowers=(a_borrower(),),
        contracts=(a_contract(),),
        disbursements=(a_disbursement(),),
        receipts=(a_receipt(),),
        reschedules=(a_rescheduling(),),
    )


def test_a_whole_book_refers_to_itself_only() -> None:
    assert references(a_book()) == ()
    assert unknown_references(a_book(), KnownKeys()) == ()


def test_what_the_workbook_does_not_hold_is_asked_of_the_caller() -> None:
    rest = replace(a_book(), sources=(), borrowers=())

    assert references(rest) == (
        Reference(Heading.SOURCE, "QHT", Place(Sheet.MOVEMENT, 2)),
        Reference(Heading.BORROWER, "KH1", Place(Sheet.CONTRACT, 2)),
        Reference(Heading.SOURCE, "QHT", Place(Sheet.CONTRACT, 2)),
    )
    known = KnownKeys(sources={"QHT"}, borrowers={"KH1"})
    assert unknown_references(rest, known) == ()


def test_what_nobody_knows_is_a_problem_where_it_stands() -> None:
    rest = replace(a_book(), contracts=(), sources=(), borrowers=())

    problems = unknown_references(rest, KnownKeys(sources={"QVL"}))

    assert [(one.sheet, one.row, one.column, one.value, one.code) for one in problems] == [
        ("Biến động vốn", 2, "Mã nguồn", "QHT", ProblemCode.UNKNOWN_SOURCE),
        ("Giải ngân", 2, "Số hợp đồng", "01/2019", ProblemCode.UNKNOWN_CONTRACT),
        ("Thu nợ", 2, "Số hợp đồng", "01/2019", ProblemCode.UNKNOWN_CONTRACT),
        ("Cơ cấu nợ", 2, "Số hợp đồng", "01/2019", ProblemCode.UNKNOWN_CONTRACT),
    ]


def test_an_unknown_borrower_is_a_problem_of_the_contract() -> None:
    rest = replace(a_book(), borrowers=())

    (problem,) = unknown_references(rest, KnownKeys())

    assert (problem.sheet, problem.code) == ("Hợp đồng", ProblemCode.UNKNOWN_BORROWER)


def test_a_missing_sheet_is_said_once_however_many_rows_need_it() -> None:
    book = a_book()
    receipts = tuple(replace(book.receipts[0], number=f"PT{n}") for n in range(679))
    rest = replace(
        book, contracts=(), receipts=receipts, sheets=frozenset(Sheet) - {Sheet.CONTRACT}
    )

    (problem,) = unknown_references(rest, KnownKeys())

    assert (problem.sheet, problem.code) == ("Hợp đồng", ProblemCode.MISSING_SHEET)
    assert problem.facts["rows"] == 679 + len(book.disbursements) + len(book.reschedules)


def test_where_the_book_knows_some_contracts_the_others_are_told_by_row() -> None:
    book = a_book()
    receipts = tuple(replace(book.receipts[0], contract=number) for number in ("A", "B"))
    rest = Book(receipts=receipts, sheets=frozenset({Sheet.RECEIPT}))

    (problem,) = unknown_references(rest, KnownKeys(contracts={"A"}))

    assert (problem.code, problem.value) == (ProblemCode.UNKNOWN_CONTRACT, "B")
