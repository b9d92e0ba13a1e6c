"""Make the tables of the book.

Contracts and events, the ledger they imply, caches, settings, people and papers.

"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "books",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("closed_through", sa.Date(), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_books_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_books")),
    )
    op.create_table(
        "imported_record",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("payload_hash", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_imported_record")),
    )
    op.create_table(
        "login_failure",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_hash", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('account', 'address')", name=op.f("ck_login_failure_kind")
        ),
        sa.CheckConstraint(
            "failures >= 0", name=op.f("ck_login_failure_failures_not_negative")
        ),
        sa.PrimaryKeyConstraint("kind", "subject_hash", name=op.f("pk_login_failure")),
    )
    op.create_table(
        "number_series",
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", "year", name=op.f("pk_number_series")),
    )
    op.create_table(
        "user",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("link_hash", sa.Text(), nullable=True),
        sa.Column("link_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("language IN ('vi', 'en')", name=op.f("ck_user_language")),
        sa.CheckConstraint(
            "role IN ('officer', 'accountant', 'manager', 'admin', 'auditor', 'cooperative', 'cli')",
            name=op.f("ck_user_role"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("email", name=op.f("uq_user_email")),
        sa.UniqueConstraint("link_hash", name=op.f("uq_user_link_hash")),
    )
    op.create_table(
        "audit_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "recorded_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_type", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=True),
        sa.Column(
            "facts",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["user.id"], name=op.f("fk_audit_line_recorded_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_line")),
    )
    with op.batch_alter_table("audit_line", schema=None) as batch_op:
        batch_op.create_index(
            "ix_audit_line_object", ["object_type", "object_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_audit_line_recorded_at"), ["recorded_at"], unique=False
        )

    op.create_table(
        "borrower",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded_name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("tax_code", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("area", sa.Text(), nullable=True),
        sa.Column("sector", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "recorded_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.CheckConstraint(
            "kind IN ('cooperative', 'cooperative_union', 'cooperative_group', 'member')",
            name=op.f("ck_borrower_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["user.id"], name=op.f("fk_borrower_recorded_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_borrower")),
        sa.UniqueConstraint("code", name=op.f("uq_borrower_code")),
    )
    with op.batch_alter_table("borrower", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_borrower_folded_name"), ["folded_name"], unique=False
        )

    op.create_table(
        "capital_source",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("bears_risk", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "recorded_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["user.id"], name=op.f("fk_capital_source_recorded_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capital_source")),
        sa.UniqueConstraint("code", name=op.f("uq_capital_source_code")),
    )
    op.create_table(
        "period",
        sa.Column("month_end", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "closed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "confirmed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.CheckConstraint(
            "confirmed_by <> closed_by", name=op.f("ck_period_maker_is_not_checker")
        ),
        sa.ForeignKeyConstraint(["closed_by"], ["user.id"], name=op.f("fk_period_closed_by")),
        sa.ForeignKeyConstraint(
            ["confirmed_by"], ["user.id"], name=op.f("fk_period_confirmed_by")
        ),
        sa.PrimaryKeyConstraint("month_end", name=op.f("pk_period")),
    )
    op.create_table(
        "request_key",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("payload_hash", sa.Text(), nullable=False),
        sa.Column(
            "result",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "recorded_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["user.id"], name=op.f("fk_request_key_recorded_by")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_request_key")),
    )
    op.create_table(
        "user_session",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column(
            "user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "data",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_user_session_user_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_user_session")),
    )
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_session_user_id"), ["user_id"], unique=False)

    op.create_table(
        "borrower_user",
        sa.Column(
            "user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "borrower_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["borrower_id"], ["borrower.id"], name=op.f("fk_borrower_user_borrower_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_borrower_user_user_id")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_borrower_user")),
    )
    with op.batch_alter_table("borrower_user", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_borrower_user_borrower_id"), ["borrower_id"], unique=False
        )

    op.create_table(
        "capital_movement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("value_date", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("contributor", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column(
            "reverses", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "recorded_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "approved_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_capital_movement_amount_not_zero")),
        sa.CheckConstraint(
            "approved_by <> recorded_by", name=op.f("ck_capital_movement_maker_is_not_checker")
        ),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["user.id"], name=op.f("fk_capital_movement_approved_by")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["user.id"], name=op.f("fk_capital_movement_recorded_by")
        ),
        sa.ForeignKeyConstraint(
            ["reverses"], ["capital_movement.id"], name=op.f("fk_capital_movement_reverses")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["capital_source.id"], name=op.f("fk_capital_movement_source_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capital_movement")),
        sa.UniqueConstraint("reverses", name=op.f("uq_capital_movement_reverses")),
    )
    with op.batch_alter_table("capital_movement", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_capital_movement_source_id"), ["source_id"], unique=False
        )

    op.create_table(
        "loan",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contract_number", sa.Text(), nullable=False),
        sa.Column("folded_number", sa.Text(), nullable=False),
        sa.Column(
            "borrower_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("annual_rate", sa.Integer(), nullable=False),
        sa.Column("term_months", sa.Integer(), nullable=False),
        sa.Column("repayment_method", sa.Text(), nullable=False),
        sa.Column("interest_day", sa.Integer(), nullable=True),
        sa.Column("interest_every_months", sa.Integer(), nullable=False),
        sa.Column("principal_every_months", sa.Integer(), nullable=False),
        sa.Column("principal_grace_months", sa.Integer(), nullable=False),
        sa.Column("principal_rounding", sa.Integer(), nullable=False),
        sa.Column("day_count", sa.Text(), nullable=False),
        sa.Column("overdue_rate_thousandths", sa.Integer(), nullable=False),
        sa.Column("late_interest_rate", sa.Integer(), nullable=False),
        sa.Column("working_day_rule", sa.Text(), nullable=False),
        sa.Column("prepayment", sa.Text(), nullable=False),
        sa.Column("surplus", sa.Text(), nullable=False),
        sa.Column(
            "plans",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.Column("area", sa.Text(), nullable=True),
        sa.Column("sector", sa.Text(), nullable=True),
        sa.Column("jobs", sa.Integer(), nullable=True),
        sa.Column("deductible_collateral", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reconciled_through", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "recorded_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "approved_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'approved', 'cancelled')", name=op.f("ck_loan_state")
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_loan_amount_positive")),
        sa.CheckConstraint("annual_rate >= 0", name=op.f("ck_loan_annual_rate_not_negative")),
        sa.CheckConstraint(
            "approved_by <> recorded_by", name=op.f("ck_loan_maker_is_not_checker")
        ),
        sa.ForeignKeyConstraint(["approved_by"], ["user.id"], name=op.f("fk_loan_approved_by")),
        sa.ForeignKeyConstraint(
            ["borrower_id"], ["borrower.id"], name=op.f("fk_loan_borrower_id")
        ),
        sa.ForeignKeyConstraint(["recorded_by"], ["user.id"], name=op.f("fk_loan_recorded_by")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["capital_source.id"], name=op.f("fk_loan_source_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loan")),
        sa.UniqueConstraint("contract_number", name=op.f("uq_loan_contract_number")),
    )
    with op.batch_alter_table("loan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_loan_borrower_id"), ["borrower_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_loan_folded_number"), ["folded_number"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_loan_source_id"), ["source_id"], unique=False)

    op.create_table(
        "setting",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column(
            "source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "value",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "recorded_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "approved_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.CheckConstraint(
            "approved_by <> recorded_by", name=op.f("ck_setting_maker_is_not_checker")
        ),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["user.id"], name=op.f("fk_setting_approved_by")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["user.id"], name=op.f("fk_setting_recorded_by")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["capital_source.id"], name=op.f("fk_setting_source_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setting")),
    )
    with op.batch_alter_table("setting", schema=None) as batch_op:
        batch_op.create_index(
            "ix_setting_key", ["key", "source_id", "valid_from"], unique=False
        )

    op.create_table(
        "document",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column(
            "loan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "content",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "issued_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.ForeignKeyConstraint(["issued_by"], ["user.id"], name=op.f("fk_document_issued_by")),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_document_loan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("code", name=op.f("uq_document_code")),
        sa.UniqueConstraint("number", name=op.f("uq_document_number")),
    )
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_document_loan_id"), ["loan_id"], unique=False)

    op.create_table(
        "loan_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "loan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("value_date", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column(
            "payload",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("payer", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column(
            "reverses", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "replaces", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "recorded_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "approved_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_loan_event_amount_positive")),
        sa.CheckConstraint(
            "approved_by <> recorded_by", name=op.f("ck_loan_event_maker_is_not_checker")
        ),
        sa.CheckConstraint("sequence > 0", name=op.f("ck_loan_event_sequence_positive")),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["user.id"], name=op.f("fk_loan_event_approved_by")
        ),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_loan_event_loan_id")),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["user.id"], name=op.f("fk_loan_event_recorded_by")
        ),
        sa.ForeignKeyConstraint(
            ["replaces"], ["loan_event.id"], name=op.f("fk_loan_event_replaces")
        ),
        sa.ForeignKeyConstraint(
            ["reverses"], ["loan_event.id"], name=op.f("fk_loan_event_reverses")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loan_event")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_loan_event_idempotency_key")),
        sa.UniqueConstraint("loan_id", "sequence", name=op.f("uq_loan_event_loan_id_sequence")),
        sa.UniqueConstraint("replaces", name=op.f("uq_loan_event_replaces")),
        sa.UniqueConstraint("reverses", name=op.f("uq_loan_event_reverses")),
    )
    with op.batch_alter_table("loan_event", schema=None) as batch_op:
        batch_op.create_index("ix_loan_event_number", ["type", "number"], unique=True)
        batch_op.create_index("ix_loan_event_reference", ["reference"], unique=False)

    op.create_table(
        "month_end_position",
        sa.Column(
            "loan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("month_end", sa.Date(), nullable=False),
        sa.Column("own_group", sa.Integer(), nullable=True),
        sa.Column("final_group", sa.Integer(), nullable=True),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("principal_disbursed", sa.BigInteger(), nullable=False),
        sa.Column("principal_repaid", sa.BigInteger(), nullable=False),
        sa.Column("principal_outstanding", sa.BigInteger(), nullable=False),
        sa.Column("principal_overdue", sa.BigInteger(), nullable=False),
        sa.Column("interest_open", sa.BigInteger(), nullable=False),
        sa.Column("interest_deferred", sa.BigInteger(), nullable=False),
        sa.Column("overdue_interest_open", sa.BigInteger(), nullable=False),
        sa.Column("late_interest_open", sa.BigInteger(), nullable=False),
        sa.Column("credit", sa.BigInteger(), nullable=False),
        sa.Column("written_off_principal", sa.BigInteger(), nullable=False),
        sa.Column("written_off_interest", sa.BigInteger(), nullable=False),
        sa.Column("recovered", sa.BigInteger(), nullable=False),
        sa.Column("maturity_date", sa.Date(), nullable=False),
        sa.Column("oldest_due", sa.Date(), nullable=True),
        sa.Column("frozen_days", sa.Integer(), nullable=False),
        sa.Column("is_frozen", sa.Boolean(), nullable=False),
        sa.Column("group_floor", sa.Integer(), nullable=False),
        sa.Column("next_due_date", sa.Date(), nullable=True),
        sa.Column("next_due_principal", sa.BigInteger(), nullable=True),
        sa.Column("next_due_interest", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["loan_id"], ["loan.id"], name=op.f("fk_month_end_position_loan_id")
        ),
        sa.PrimaryKeyConstraint("loan_id", "month_end", name=op.f("pk_month_end_position")),
    )
    op.create_table(
        "position",
        sa.Column(
            "loan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("valid_through", sa.Date(), nullable=False),
        sa.Column("loan_version", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("principal_disbursed", sa.BigInteger(), nullable=False),
        sa.Column("principal_repaid", sa.BigInteger(), nullable=False),
        sa.Column("principal_outstanding", sa.BigInteger(), nullable=False),
        sa.Column("principal_overdue", sa.BigInteger(), nullable=False),
        sa.Column("interest_open", sa.BigInteger(), nullable=False),
        sa.Column("interest_deferred", sa.BigInteger(), nullable=False),
        sa.Column("overdue_interest_open", sa.BigInteger(), nullable=False),
        sa.Column("late_interest_open", sa.BigInteger(), nullable=False),
        sa.Column("credit", sa.BigInteger(), nullable=False),
        sa.Column("written_off_principal", sa.BigInteger(), nullable=False),
        sa.Column("written_off_interest", sa.BigInteger(), nullable=False),
        sa.Column("recovered", sa.BigInteger(), nullable=False),
        sa.Column("maturity_date", sa.Date(), nullable=False),
        sa.Column("oldest_due", sa.Date(), nullable=True),
        sa.Column("frozen_days", sa.Integer(), nullable=False),
        sa.Column("is_frozen", sa.Boolean(), nullable=False),
        sa.Column("group_floor", sa.Integer(), nullable=False),
        sa.Column("next_due_date", sa.Date(), nullable=True),
        sa.Column("next_due_principal", sa.BigInteger(), nullable=True),
        sa.Column("next_due_interest", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("as_of <= valid_through", name=op.f("ck_position_span")),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_position_loan_id")),
        sa.PrimaryKeyConstraint("loan_id", name=op.f("pk_position")),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("debit", sa.Text(), nullable=False),
        sa.Column("credit", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column(
            "source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "loan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("value_date", sa.Date(), nullable=False),
        sa.Column("booking_date", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "recorded_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.CheckConstraint(
            "(debit IN ('off_balance_contra', 'off_balance_interest', 'off_balance_principal')) = (credit IN ('off_balance_contra', 'off_balance_interest', 'off_balance_principal'))",
            name=op.f("ck_ledger_entry_memo_against_memo"),
        ),
        sa.CheckConstraint(
            "debit IN ('cash', 'bank', 'principal_in_term', 'principal_overdue', 'interest_receivable', 'specific_provision', 'general_provision', 'borrower_credit', 'entrusted_interest_payable', 'capital', 'interest_income', 'overdue_interest_income', 'recovery_income', 'provision_expense', 'entrusted_loss', 'off_balance_interest', 'off_balance_principal', 'off_balance_contra') AND credit IN ('cash', 'bank', 'principal_in_term', 'principal_overdue', 'interest_receivable', 'specific_provision', 'general_provision', 'borrower_credit', 'entrusted_interest_payable', 'capital', 'interest_income', 'overdue_interest_income', 'recovery_income', 'provision_expense', 'entrusted_loss', 'off_balance_interest', 'off_balance_principal', 'off_balance_contra')",
            name=op.f("ck_ledger_entry_accounts"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_ledger_entry_amount_positive")),
        sa.CheckConstraint("debit <> credit", name=op.f("ck_ledger_entry_debit_is_not_credit")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["loan_event.id"], name=op.f("fk_ledger_entry_event_id")
        ),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_ledger_entry_loan_id")),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["user.id"], name=op.f("fk_ledger_entry_recorded_by")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["capital_source.id"], name=op.f("fk_ledger_entry_source_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
    )
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_entry_booking_date", ["booking_date"], unique=False)
        batch_op.create_index(
            "ix_ledger_entry_loan_id", ["loan_id", "value_date"], unique=False
        )
        batch_op.create_index(
            "ix_ledger_entry_source_id", ["source_id", "value_date"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_ledger_entry_source_id")
        batch_op.drop_index("ix_ledger_entry_loan_id")
        batch_op.drop_index("ix_ledger_entry_booking_date")

    op.drop_table("ledger_entry")
    op.drop_table("position")
    op.drop_table("month_end_position")
    with op.batch_alter_table("loan_event", schema=None) as batch_op:
        batch_op.drop_index("ix_loan_event_reference")
        batch_op.drop_index("ix_loan_event_number")

    op.drop_table("loan_event")
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_document_loan_id"))

    op.drop_table("document")
    with op.batch_alter_table("setting", schema=None) as batch_op:
        batch_op.drop_index("ix_setting_key")

    op.drop_table("setting")
    with op.batch_alter_table("loan", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_loan_source_id"))
        batch_op.drop_index(batch_op.f("ix_loan_folded_number"))
        batch_op.drop_index(batch_op.f("ix_loan_borrower_id"))

    op.drop_table("loan")
    with op.batch_alter_table("capital_movement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_capital_movement_source_id"))

    op.drop_table("capital_movement")
    with op.batch_alter_table("borrower_user", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_borrower_user_borrower_id"))

    op.drop_table("borrower_user")
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_session_user_id"))

    op.drop_table("user_session")
    op.drop_table("request_key")
    op.drop_table("period")
    op.drop_table("capital_source")
    with op.batch_alter_table("borrower", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_borrower_folded_name"))

    op.drop_table("borrower")
    with op.batch_alter_table("audit_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_line_recorded_at"))
        batch_op.drop_index("ix_audit_line_object")

    op.drop_table("audit_line")
    op.drop_table("user")
    op.drop_table("number_series")
    op.drop_table("login_failure")
    op.drop_table("imported_record")
    op.drop_table("books")
