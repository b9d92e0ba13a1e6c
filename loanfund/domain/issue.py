"""What a paper says of its own issue: its number, its code, who issued it and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from loanfund.domain.audit_chain import Head


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """The issue of one paper: the fund's day that it bears, and at its foot an instant in UTC.

    Whoever asked for it issued it; its maker is somebody of the fund, or nobody: no job is, nor
    a cooperative that downloads its statement. `audited` is the head of the audit log then, on
    papers that show it.
    """

    number: str
    code: str
    day: date
    issued_at: datetime
    issued_by: str
    made_by: str = ""
    audited: Head | None = None
