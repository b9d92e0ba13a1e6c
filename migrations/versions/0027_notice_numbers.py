"""Write the number of a notice as the fund's pattern has it, no two alike in a year.

Numbers that were given stay as they were written.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DISPATCH = sa.table(
    "dispatch",
    sa.column("document_id", ID),
    sa.column("year", sa.Integer),
    sa.column("number", sa.Text),
)
DOCUMENT = sa.table("document", sa.column("id", ID), sa.column("number", sa.Text))


def upgrade() -> None:
    with op.batch_alter_table("dispatch", schema=None) as batch_op:
        batch_op.add_column(sa.Column("year", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("number", sa.Text(), nullable=True))
    _copy_numbers()
    with op.batch_alter_table("dispatch", schema=None) as batch_op:
        batch_op.alter_column("year", nullable=False)
        batch_op.alter_column("number", nullable=False)
        batch_op.create_unique_constraint(op.f("uq_dispatch_year_number"), ["year", "number"])


def downgrade() -> None:
    with op.batch_alter_table("dispatch", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("uq_dispatch_year_number"), type_="unique")
        batch_op.drop_column("number")
        batch_op.drop_column("year")


def _copy_numbers() -> None:
    """Until now they were `TB-2020/000123`."""
    bind = op.get_bind()
    query = sa.select(DISPATCH.c.document_id, DOCUMENT.c.number).join(
        DOCUMENT, DOCUMENT.c.id == DISPATCH.c.document_id
    )
    for row in bind.execute(query).all():
        year = int(row.number.partition("-")[2].partition("/")[0])
        own = DISPATCH.c.document_id == row.document_id
        bind.execute(sa.update(DISPATCH).where(own).values(year=year, number=row.number))
