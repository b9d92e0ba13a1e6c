"""What can be wrong with a workbook: apart, because each workbook is read in a new process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from loanfund.domain.errors import LoanFundError


class ProblemCode(StrEnum):
    """What can be wrong with a workbook; the sentences are `workbook.problem.<code>`."""

    # the file
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    NOT_XLSX = "not_xlsx"
    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    TOO_MANY_ENTRIES = "too_many_entries"
    UNPACKS_TOO_LARGE = "unpacks_too_large"
    PACKED_TOO_DENSELY = "packed_too_densely"
    UNSAFE_NAME = "unsafe_name"
    MACROS = "macros"
    EXTERNAL_LINK = "external_link"
    DOCTYPE = "doctype"
    TOO_MANY_CELLS = "too_many_cells"
    TOO_HEAVY = "too_heavy"
    # sheets and headings
    UNKNOWN_SHEET = "unknown_sheet"
    DUPLICATE_SHEET = "duplicate_sheet"
    MISSING_SHEET = "missing_sheet"
    NO_SHEET = "no_sheet"
    UNKNOWN_COLUMN = "unknown_column"
    DUPLICATE_COLUMN = "duplicate_column"
    MISSING_COLUMN = "missing_column"
    BOTH_GIVEN = "both_given"
    MERGED_CELLS = "merged_cells"
    NO_HEADING = "no_heading"
    # cells
    MISSING_VALUE = "missing_value"
    FORMULA = "formula"
    ERROR_VALUE = "error_value"
    NOT_TEXT = "not_text"
    TEXT_TOO_LONG = "text_too_long"
    NOT_A_DAY = "not_a_day"
    NO_SUCH_DAY = "no_such_day"
    DAY_OUT_OF_RANGE = "day_out_of_range"
    NUMBER_AS_TEXT = "number_as_text"
    NOT_A_NUMBER = "not_a_number"
    NOT_WHOLE = "not_whole"
    NUMBER_OUT_OF_RANGE = "number_out_of_range"
    ZERO = "zero"
    TOO_MANY_DECIMALS = "too_many_decimals"
    PERCENT_FORMAT = "percent_format"
    UNKNOWN_CHOICE = "unknown_choice"
    CODE_LETTERS = "code_letters"
    # records among each other
    DUPLICATE_KEY = "duplicate_key"
    PLAN_WITHOUT_PARENT = "plan_without_parent"
    PLAN_NOT_AGREED = "plan_not_agreed"
    PLAN_MISSING = "plan_missing"
    PLAN_NOT_INCREASING = "plan_not_increasing"
    PLAN_NOT_SUMMING = "plan_not_summing"
    SPLIT_INCOMPLETE = "split_incomplete"
    SPLIT_MISMATCH = "split_mismatch"
    UNKNOWN_SOURCE = "unknown_source"
    UNKNOWN_BORROWER = "unknown_borrower"
    UNKNOWN_CONTRACT = "unknown_contract"
    # what the rules allow and nobody means (domain/plausible.py)
    IMPLAUSIBLE_RATE = "implausible_rate"
    IMPLAUSIBLE_DAY = "implausible_day"
    IMPLAUSIBLY_SMALL = "implausibly_small"
    IMPLAUSIBLY_LARGE = "implausibly_large"
    # records and the book
    CONFLICT = "conflict"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookProblem:
    """One thing that is wrong, and where; `facts` say what is expected instead."""

    code: ProblemCode
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def place(self) -> tuple[str | None, int | None, str | None]:
        """Where it stands: sheet, row and column."""
        return self.sheet, self.row, self.column


class WorkbookRefusedError(LoanFundError):
    """The workbook is not taken; `problems` names everything that is wrong with it."""

    code = "workbook"

    def __init__(self, problems: Sequence[BookProblem], reason: str = "refused") -> None:
        """Keep every problem; the sentence of the refusal itself tells how many."""
        super().__init__(reason, count=len(problems))
        self.problems = tuple(problems)
