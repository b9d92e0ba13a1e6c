"""What a paper prints of its own issue: its number, its code and where to verify it."""

from __future__ import annotations

from loanfund.documents.layout import Issue as Imprint
from loanfund.services.statement import Issue


def imprint(issue: Issue, base_url: str) -> Imprint:
    """Give what stands at the foot of a paper issued now."""
    return Imprint(
        number=issue.number,
        code=issue.code,
        issued_at=issue.issued_at,
        issued_by=issue.issued_by,
        verify_url=f"{base_url}/verify/{issue.code}",
        known_at=issue.issued_at,
    )
