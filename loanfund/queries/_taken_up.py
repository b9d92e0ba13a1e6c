"""Which later proposal is the answer to one that came back."""

from __future__ import annotations

from sqlalchemy import ColumnElement, String, cast, or_, select
from sqlalchemy.orm import aliased

from loanfund.domain.proposal import ProposalKind
from loanfund.models.proposal import Proposal

# Of one loan, source or setting many things can be asked; of other subjects one of a kind.
OF_MANY_MATTERS = (
    ProposalKind.LOAN_CHANGE.value,
    ProposalKind.CAPITAL_MOVEMENT.value,
    ProposalKind.SETTINGS.value,
)


def is_taken_up(begins: tuple[str, str]) -> ColumnElement[bool]:
    """Say whether the maker of a proposal made it again.

    The later one is of the same kind and subject. Its note names the former, whose number
    stands between the two texts of `begins`; or it asks for the very same; or its subject is
    one of which only one such thing can be asked.
    """
    again = aliased(Proposal)
    before, after = begins
    named = before + cast(Proposal.id, String) + after
    return (
        select(again.id)
        .where(
            again.kind == Proposal.kind,
            again.subject_type == Proposal.subject_type,
            again.subject_id == Proposal.subject_id,
            again.proposed_by == Proposal.proposed_by,
            again.id > Proposal.id,
            or_(
                again.note.startswith(named),
                again.payload_hash == Proposal.payload_hash,
                again.kind.not_in(OF_MANY_MATTERS),
            ),
        )
        .exists()
    )
