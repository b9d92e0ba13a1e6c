"""Let the terms of what was approved stay, and the lock of months and the audit head go forward.

On PostgreSQL, where the program's role is not the owner of the tables; whoever holds a SQLite
file owns it. A contract changes by a proposal, which becomes an event beside it; of its row only
the count of versions and how far its ledger speaks go on, and it may be cancelled.
"""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

CONTRACT = """
CREATE FUNCTION keep_contract() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'draft' THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'DELETE'
        OR to_jsonb(NEW) - 'version' - 'reconciled_through' - 'state'
            <> to_jsonb(OLD) - 'version' - 'reconciled_through' - 'state'
        OR NEW.version < OLD.version
        OR NEW.state NOT IN (OLD.state, 'cancelled')
    THEN
        RAISE EXCEPTION 'the terms of an approved contract stay'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$
"""
BOOKS = """
CREATE FUNCTION lock_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.closed_through IS NULL AND OLD.closed_through IS NOT NULL
        OR NEW.closed_through < OLD.closed_through
    THEN
        RAISE EXCEPTION 'a closed month stays closed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$
"""
HEAD = """
CREATE FUNCTION head_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.line <= OLD.line THEN
        RAISE EXCEPTION 'the audit log only grows' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$
"""
GUARDS = {
    "loan": ("keep_contract", CONTRACT),
    "books": ("lock_forward", BOOKS),
    "audit_head": ("head_forward", HEAD),
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table, (function, body) in GUARDS.items():
            op.execute(body)
            op.execute(
                f"CREATE TRIGGER {table}_{function} BEFORE UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION {function}()"
            )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table, (function, _) in GUARDS.items():
            op.execute(f"DROP TRIGGER {table}_{function} ON {table}")
            op.execute(f"DROP FUNCTION {function}()")
