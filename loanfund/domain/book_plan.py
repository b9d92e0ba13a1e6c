"""Whether the plans of a workbook fit the contracts and reschedulings they belong to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from itertools import pairwise

from loanfund.domain.book import ContractRecord, Heading, Record, Sheet
from loanfund.domain.book_problem import BookProblem, ProblemCode
from loanfund.domain.book_rows import (
    AnyPlanRecord,
    Key,
    Rows,
    is_custom,
    parent_key,
    problem_of,
)
from loanfund.domain.money import total


def plan_problems(rows: Rows) -> Iterator[BookProblem]:
    """Give whatever is wrong with plans, of contracts first."""
    yield from _contract_plan_problems(rows)
    yield from _reschedule_plan_problems(rows)


def plans_of(rows: Iterable[AnyPlanRecord]) -> dict[Key, tuple[AnyPlanRecord, ...]]:
    """Put the rows of each plan together, in the order of the sheet."""
    plans: dict[Key, list[AnyPlanRecord]] = defaultdict(list)
    for row in rows:
        plans[parent_key(row)].append(row)
    return {key: tuple(plan) for key, plan in plans.items()}


def _contract_plan_problems(rows: Rows) -> Iterator[BookProblem]:
    """Check the plans of contracts: theo thỏa thuận needs one, and no other may have one."""
    contracts = {parent_key(record): record for record in rows.contracts}
    plans = plans_of(rows.plan)
    for key, plan in plans.items():
        contract = contracts.get(key)
        if contract is not None and not is_custom(contract):
            yield problem_of(
                ProblemCode.PLAN_NOT_AGREED, plan[0], Heading.CONTRACT, str(key[0])
            )
    if Sheet.CONTRACT in rows.sheets:
        parents = contracts.keys() | rows.unread_of(Sheet.CONTRACT)
        yield from _orphans(plans, parents, Heading.CONTRACT)
    yield from _not_increasing(plans)
    yield from _not_summing(plans, contracts, rows.unread_of(Sheet.PLAN))
    if Sheet.PLAN in rows.sheets:
        planned = plans.keys() | rows.unread_of(Sheet.PLAN)
        for key, record in contracts.items():
            if is_custom(record) and key not in planned:
                yield problem_of(
                    ProblemCode.PLAN_MISSING, record, Heading.CONTRACT, str(key[0])
                )


def _reschedule_plan_problems(rows: Rows) -> Iterator[BookProblem]:
    """Check the plans of reschedulings: each has one."""
    parents = {parent_key(record): record for record in rows.reschedules}
    plans = plans_of(rows.reschedule_plan)
    known = parents.keys() | rows.unread_of(Sheet.RESCHEDULE)
    if Sheet.RESCHEDULE in rows.sheets:
        yield from _orphans(plans, known, Heading.RESCHEDULE_DATE)
    yield from _not_increasing(plans)
    if Sheet.RESCHEDULE_PLAN in rows.sheets:
        planned = plans.keys() | rows.unread_of(Sheet.RESCHEDULE_PLAN)
        for key, record in parents.items():
            if key not in planned:
                yield problem_of(
                    ProblemCode.PLAN_MISSING, record, Heading.CONTRACT, str(key[0])
                )


def _orphans(
    plans: Mapping[Key, tuple[AnyPlanRecord, ...]], parents: AbstractSet[Key], heading: Heading
) -> Iterator[BookProblem]:
    for key, plan in plans.items():
        if key not in parents:
            yield problem_of(ProblemCode.PLAN_WITHOUT_PARENT, plan[0], heading, str(key[0]))


def _not_increasing(plans: Mapping[Key, tuple[AnyPlanRecord, ...]]) -> Iterator[BookProblem]:
    for plan in plans.values():
        for earlier, later in pairwise(plan):
            if earlier.due_date >= later.due_date:
                shown = f"{later.due_date:%d/%m/%Y}"
                code = ProblemCode.PLAN_NOT_INCREASING
                yield problem_of(code, later, Heading.DUE_DATE, shown, after=earlier.due_date)


def _not_summing(
    plans: Mapping[Key, tuple[AnyPlanRecord, ...]],
    contracts: Mapping[Key, ContractRecord],
    unread: AbstractSet[Key],
) -> Iterator[BookProblem]:
    """Check that a contract's plan sums to its amount (rules §4), where every row was read."""
    for key, plan in plans.items():
        contract = contracts.get(key)
        if contract is None or not is_custom(contract) or key in unread:
            continue
        planned = total([row.amount for row in plan])
        if planned != contract.amount:
            facts = {"planned": planned, "amount": contract.amount}
            code = ProblemCode.PLAN_NOT_SUMMING
            yield problem_of(code, plan[0], Heading.CONTRACT, str(key[0]), **facts)


def _of_contract(code: ProblemCode, record: Record, key: Key) -> BookProblem:
    return problem_of(code, record, Heading.CONTRACT, str(key[0]))
