"""SQLAlchemy's own way to the database, which Alembic needs."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg
from sqlalchemy.ext.asyncio import create_async_engine

from referrals_adapters.postgres.pool import (
    ANSWER_WITHIN,
    APPLICATION,
    read_uuids_as_text,
    session,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy.ext.asyncio import AsyncEngine

    from referrals_adapters.postgres.settings import PostgresSettings


@asynccontextmanager
async def open_engine(
    settings: PostgresSettings,
    *,
    application: str = APPLICATION,
    answer_within: float | None = ANSWER_WITHIN,
) -> AsyncIterator[AsyncEngine]:
    """
    Open an engine, and close its connections at the end of the block.

    Services have a pool of asyncpg's instead: it takes less CPU and memory.

    Args:
        settings: The database.
        application: What `pg_stat_activity` shows.
        answer_within: Seconds after which a server that does not answer counts as away; None
            waits for ever.
    """
    options = session(settings, application=application, answer_within=answer_within)

    async def connect() -> asyncpg.Connection:
        connection: asyncpg.Connection = await asyncpg.connect(**options)
        await read_uuids_as_text(connection)
        return connection

    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=connect, hide_parameters=True
    )
    try:
        yield engine
    finally:
        await engine.dispose()
