"""Every refusal that the program explains to a person.

LoanFundError                   a code and facts; the sentences live in `wording`
├── RuleViolationError          the fund's rules forbid it (rules §§7, 8, 11)
│   ├── InvalidTermsError       invalid_terms
│   ├── InvalidEventError       invalid_event
│   ├── OverDisbursementError   over_disbursement
│   ├── SplitMismatchError      split_mismatch
│   ├── PlanMismatchError       plan_mismatch
│   ├── LoanClosedError         loan_closed
│   ├── OverWaiverError         over_waiver
│   ├── UnknownReversalError    unknown_reversal
│   ├── UnreadableLoanError     unreadable_loan: what is stored of it does not read back
│   └── RowsRefusedError        rows_refused: a batch, with the refusal of each bad row
├── NotFoundError               there is no such thing, or not for this person
├── ConflictError               somebody was first, or it was sent twice
├── PermissionDeniedError       this person may not
├── TooManyRequestsError        not so often
├── InvalidInputError           a value that is not of its kind
├── BackupError                 a backup that cannot be taken, believed or restored
└── ConfigurationError          at start only; names every missing or wrong setting
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class LoanFundError(Exception):
    """A refusal: `code` for programs, `reason` picks the sentence, `facts` fill it."""

    code = "error"

    def __init__(self, reason: str, **facts: object) -> None:
        """Keep the reason and the facts; nobody passes sentences."""
        super().__init__(
            f"{self.code}: {reason} {facts}" if facts else f"{self.code}: {reason}"
        )
        self.reason = reason
        self.facts = facts

    @property
    def key(self) -> str:
        """The key of the sentence in `wording`."""
        return f"error.{self.code}.{self.reason}"


class RuleViolationError(LoanFundError):
    """The fund's rules forbid it; `event` is the id of the event that became impossible."""

    code = "rule_violation"

    def __init__(self, reason: str, *, event: str | None = None, **facts: object) -> None:
        """Also keep which event of the history is refused, when it is known here."""
        super().__init__(reason, **facts)
        self.event = event


class InvalidTermsError(RuleViolationError):
    """The contract's terms contradict themselves or are out of range."""

    code = "invalid_terms"


class InvalidEventError(RuleViolationError):
    """The event is malformed or impossible where it stands."""

    code = "invalid_event"


class OverDisbursementError(RuleViolationError):
    """More than the approved amount, or than the source's undisbursed capital."""

    code = "over_disbursement"


class SplitMismatchError(RuleViolationError):
    """A given split does not add up or exceeds what is open."""

    code = "split_mismatch"


class PlanMismatchError(RuleViolationError):
    """A rescheduling's plan does not fit: sum, dates or kind."""

    code = "plan_mismatch"


class LoanClosedError(RuleViolationError):
    """The loan is closed or written off at the event's place."""

    code = "loan_closed"


class OverWaiverError(RuleViolationError):
    """More waived than is open."""

    code = "over_waiver"


class UnknownReversalError(RuleViolationError):
    """The event to reverse is unknown, a reversal, or already reversed."""

    code = "unknown_reversal"


class UnreadableLoanError(RuleViolationError):
    """What is stored of a loan does not read back: `facts` name the contract and the row."""

    code = "unreadable_loan"


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row of a batch by its number and the borrower's name, and why it is refused."""

    place: int
    name: str
    error: LoanFundError


class RowsRefusedError(RuleViolationError):
    """Nothing of a batch happens; `rows` names all that must be put right first."""

    code = "rows_refused"

    def __init__(self, rows: Sequence[RefusedRow]) -> None:
        """Keep every refused row; the sentence of the refusal itself tells how many."""
        super().__init__("rows", count=len(rows))
        self.rows = tuple(rows)


class NotFoundError(LoanFundError):
    """There is no such thing, or this person may not know of it."""

    code = "not_found"


class ConflictError(LoanFundError):
    """Somebody was first, or it was sent twice."""

    code = "conflict"


class PermissionDeniedError(LoanFundError):
    """This person may not do that."""

    code = "permission_denied"


class TooManyRequestsError(LoanFundError):
    """Asked too often; `facts["seconds"]` says how long to wait."""

    code = "too_many_requests"


class UnavailableError(LoanFundError):
    """The machine has not got what it takes at the moment; nobody did anything wrong."""

    code = "unavailable"


class InvalidInputError(LoanFundError):
    """A value given from outside is not of its kind."""

    code = "invalid_input"


class BackupError(LoanFundError):
    """A backup cannot be taken, or what a file holds cannot be believed or restored here."""

    code = "backup"


class ConfigurationError(LoanFundError):
    """The program may not start; `facts["problems"]` names every setting and why."""

    code = "configuration"
