"""
What Alembic runs: every pending revision in one transaction, one process at a time.

The connection comes from `referrals_adapters.postgres.migrate`.
"""

from __future__ import annotations

from typing import Final

from alembic import context
from sqlalchemy import text

from referrals_adapters.postgres.tables import metadata

_ONE_AT_A_TIME: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('migrate', 0))")
_OLD_SERVICES_GO_ON: Final = text("SET LOCAL lock_timeout = '1s'")
_DDL_TAKES_TIME: Final = (
    text("SET LOCAL statement_timeout = 0"),
    text("SET LOCAL transaction_timeout = 0"),
)

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    on_version_apply=context.config.attributes["on_version_apply"],
)
with context.begin_transaction():
    for setting in _DDL_TAKES_TIME:
        connection.execute(setting)
    connection.execute(_ONE_AT_A_TIME)
    connection.execute(_OLD_SERVICES_GO_ON)
    context.run_migrations()
