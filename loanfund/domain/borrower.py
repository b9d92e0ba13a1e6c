"""What is known of a borrower: its form, and two people's changes brought together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from loanfund.domain.book import BorrowerKind
from loanfund.domain.errors import InvalidInputError
from loanfund.domain.mail_address import is_mail_address

PHONE = re.compile(r"\+?[0-9](?:[ .\-()]*[0-9]){7,14}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BorrowerFacts:
    """What is known of a borrower; the code is the fund's own and never changes."""

    code: str
    name: str
    kind: str
    tax_code: str | None = None
    legal_representative: str | None = None
    phone: str | None = None
    email: str | None = None
    address: str | None = None
    area: str | None = None
    sector: str | None = None


FIELDS = tuple(one.name for one in fields(BorrowerFacts))
# Of people: the audit log names them, and no more.
CONTACTS = ("legal_representative", "phone", "email", "address")


def check_borrower(facts: BorrowerFacts) -> None:
    """Raise InvalidInputError for the first field that cannot be kept as it is."""
    for field in ("code", "name"):
        if not getattr(facts, field).strip():
            raise InvalidInputError("empty", field=field)
    if facts.kind not in set(BorrowerKind):
        raise InvalidInputError("choice", field="kind")
    if facts.email and not is_mail_address(facts.email):
        raise InvalidInputError("email", field="email")
    if facts.phone and not PHONE.fullmatch(facts.phone):
        raise InvalidInputError("phone", field="phone")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDifference:
    """A field that another person changed since this form was opened."""

    field: str
    was: str
    theirs: str
    mine: str

    @property
    def is_conflict(self) -> bool:
        """Say whether both changed it, and not to the same."""
        return self.mine not in {self.was, self.theirs}


def differences(
    was: Mapping[str, str | None], theirs: BorrowerFacts, mine: BorrowerFacts
) -> list[FieldDifference]:
    """Give what another person changed, beside what stands in the form now."""
    new, typed = asdict(theirs), asdict(mine)
    found = [
        FieldDifference(
            field=name,
            was=was.get(name) or "",
            theirs=new[name] or "",
            mine=typed[name] or "",
        )
        for name in FIELDS
    ]
    return [one for one in found if one.theirs != one.was]
