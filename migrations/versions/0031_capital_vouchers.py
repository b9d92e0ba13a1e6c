"""Number each movement of capital; one of before keeps the number that its paper was given."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

MOVEMENTS = sa.table(
    "capital_movement",
    sa.column("id", sa.BigInteger),
    sa.column("amount", sa.BigInteger),
    sa.column("value_date", sa.Date),
    sa.column("reverses", sa.BigInteger),
    sa.column("number", sa.Text),
)
PAPERS = sa.table(
    "document",
    sa.column("id", sa.BigInteger),
    sa.column("loan_id", sa.BigInteger),
    sa.column("number", sa.Text),
    sa.column("content", sa.JSON),
)
SERIES = sa.table(
    "number_series",
    sa.column("series", sa.Text),
    sa.column("year", sa.Integer),
    sa.column("last_number", sa.Integer),
)


def upgrade() -> None:
    op.add_column("capital_movement", sa.Column("number", sa.Text(), nullable=True))
    _let_change()
    _number_all()
    with op.batch_alter_table("capital_movement") as batch:
        batch.alter_column("number", existing_type=sa.Text(), nullable=False)
        batch.create_unique_constraint(op.f("uq_capital_movement_number"), ["number"])
    _refuse_change()


def downgrade() -> None:
    _let_change()
    with op.batch_alter_table("capital_movement") as batch:
        batch.drop_constraint(op.f("uq_capital_movement_number"), type_="unique")
        batch.drop_column("number")
    _refuse_change()


def _number_all() -> None:
    bind, printed = op.get_bind(), _printed()
    for row in bind.execute(sa.select(MOVEMENTS).order_by(MOVEMENTS.c.id)).all():
        number = printed.get(f"capital:{row.id}") or _next(_series(row), row.value_date.year)
        one = sa.update(MOVEMENTS).where(MOVEMENTS.c.id == row.id)
        bind.execute(one.values(number=number))


def _printed() -> dict[str, str]:
    """Give the numbers of the papers that were issued about movements."""
    papers = sa.select(PAPERS.c.content, PAPERS.c.number).where(PAPERS.c.loan_id.is_(None))
    rows = op.get_bind().execute(papers.order_by(PAPERS.c.id)).all()
    return {row.content["about"]: row.number for row in rows if "about" in row.content}


def _series(row: sa.Row) -> str:
    if row.reverses is not None:
        return "PKT"
    return "TTG" if row.amount > 0 else "CTG"


def _next(series: str, year: int) -> str:
    bind = op.get_bind()
    which = sa.and_(SERIES.c.series == series, SERIES.c.year == year)
    last = bind.scalar(sa.select(SERIES.c.last_number).where(which))
    if last is None:
        last = 0
        bind.execute(sa.insert(SERIES).values(series=series, year=year, last_number=0))
    bind.execute(sa.update(SERIES).where(which).values(last_number=last + 1))
    return f"{series}-{year}/{last + 1:06d}"


def _let_change() -> None:
    """Lift what keeps movements as they are, inside this migration's own transaction."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE capital_movement DISABLE TRIGGER USER")
        return
    for verb in ("update", "delete"):
        op.execute(f"DROP TRIGGER capital_movement_refuses_{verb}")


def _refuse_change() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE capital_movement ENABLE TRIGGER USER")
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER capital_movement_refuses_{verb.lower()} BEFORE {verb} ON "
            "capital_movement "
            "BEGIN SELECT RAISE(ABORT, 'capital_movement is append-only'); END"
        )
