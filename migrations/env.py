"""What Alembic runs for every command; how it runs is said in loanfund/migrate.py."""

from __future__ import annotations

from alembic import context

from loanfund.migrate import OPTIONS

context.configure(connection=context.config.attributes["connection"], **OPTIONS)
with context.begin_transaction():
    context.run_migrations()
