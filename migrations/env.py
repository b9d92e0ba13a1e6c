"""What Alembic runs for every command; loanfund/migrate.py hands over the connection."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import TypeDecorator

import loanfund.models  # noqa: F401 -- makes every table known to the metadata
from loanfund.models.base import Base


def plain_type(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Write the plain type beneath ours, so that an old migration never needs our code."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_item=plain_type,
    render_as_batch=True,
    compare_server_default=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
