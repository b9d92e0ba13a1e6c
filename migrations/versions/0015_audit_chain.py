"""Chain the lines of the audit log by hashes, those there already once; mail the head of it.

What a line says as text, and how it is hashed, stands in ADR 18; it is written out here, because
a migration must go on saying what it said.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BEGINNING = "0" * 64
CHUNK = 1000
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LINES = sa.table(
    "audit_line",
    sa.column("id", ID),
    sa.column("recorded_at", sa.DateTime(timezone=True)),
    sa.column("recorded_by", ID),
    sa.column("action", sa.Text()),
    sa.column("object_type", sa.Text()),
    sa.column("object_id", sa.Text()),
    sa.column("facts", sa.JSON().with_variant(JSONB(), "postgresql")),
    sa.column("hash", sa.Text()),
)
HEAD = sa.table(
    "audit_head",
    sa.column("id", sa.Integer()),
    sa.column("line", sa.BigInteger()),
    sa.column("hash", sa.Text()),
)
KINDS = "ck_account_mail_kind"


def upgrade() -> None:
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    _let_change()
    op.add_column("audit_line", sa.Column("hash", sa.Text(), nullable=True))
    line, last = _chain()
    op.bulk_insert(HEAD, [{"id": 1, "line": line, "hash": last}])
    with op.batch_alter_table("audit_line") as batch:
        batch.alter_column("hash", existing_type=sa.Text(), nullable=False)
    if op.get_bind().dialect.name == "postgresql":
        # the next id is given with the hash, by who holds the head
        op.execute("ALTER TABLE audit_line ALTER COLUMN id DROP DEFAULT")
        op.execute("DROP SEQUENCE audit_line_id_seq")
    _refuse_change()
    with op.batch_alter_table("account_mail") as mail:
        mail.drop_constraint(op.f(KINDS), type_="check")
        mail.create_check_constraint(
            op.f(KINDS), "kind IN ('invitation', 'reset', 'changed', 'audit_head')"
        )


def downgrade() -> None:
    op.execute("DELETE FROM account_mail WHERE kind = 'audit_head'")
    with op.batch_alter_table("account_mail") as mail:
        mail.drop_constraint(op.f(KINDS), type_="check")
        mail.create_check_constraint(op.f(KINDS), "kind IN ('invitation', 'reset', 'changed')")
    _let_change()
    with op.batch_alter_table("audit_line") as batch:
        batch.drop_column("hash")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE SEQUENCE audit_line_id_seq OWNED BY audit_line.id")
        op.execute("SELECT setval('audit_line_id_seq', line + 1, false) FROM audit_head")
        op.execute(
            "ALTER TABLE audit_line ALTER COLUMN id SET DEFAULT nextval('audit_line_id_seq')"
        )
    _refuse_change()
    op.drop_table("audit_head")


def _let_change() -> None:
    """Lift what keeps the lines as they are, inside this migration's own transaction."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE audit_line DISABLE TRIGGER USER")
        return
    for verb in ("update", "delete"):
        op.execute(f"DROP TRIGGER audit_line_refuses_{verb}")


def _refuse_change() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE audit_line ENABLE TRIGGER USER")
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_line_refuses_{verb.lower()} BEFORE {verb} ON audit_line "
            "BEGIN SELECT RAISE(ABORT, 'audit_line is append-only'); END"
        )


def _chain() -> tuple[int, str]:
    """Give every line its hash; give the id and the hash of the last."""
    line, last = 0, BEGINNING
    change = (
        sa.update(LINES)
        .where(LINES.c.id == sa.bindparam("of_line"))
        .values(hash=sa.bindparam("found"))
    )
    for rows in _chunks():
        found = []
        for row in rows:
            line, last = row.id, sha256(f"{last}\n{_canonical(row)}".encode()).hexdigest()
            found.append({"of_line": line, "found": last})
        op.get_bind().execute(change, found)
    return line, last


def _chunks() -> Iterator[list[Any]]:
    """Give the lines in the order of their ids, a thousand at a time."""
    below = sa.select(LINES).order_by(LINES.c.id).limit(CHUNK)
    rows = list(op.get_bind().execute(below))
    while rows:
        yield rows
        rows = list(op.get_bind().execute(below.where(LINES.c.id > rows[-1].id)))


def _canonical(row: Any) -> str:
    line = {
        "action": row.action,
        "at": f"{_in_utc(row.recorded_at):%Y-%m-%dT%H:%M:%S.%fZ}",
        "by": row.recorded_by,
        "facts": row.facts,
        "id": row.id,
        "object": [row.object_type, row.object_id],
    }
    return json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _in_utc(at: datetime) -> datetime:
    """Give an instant in UTC, as which SQLite keeps it without saying so."""
    return at.astimezone(UTC) if at.tzinfo else at
