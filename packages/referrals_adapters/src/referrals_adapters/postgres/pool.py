"""The pool of connections to the database."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import asyncpg

from referrals_adapters.postgres.row import Row
from referrals_adapters.postgres.uninterrupted import uninterrupted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from referrals_adapters.postgres.settings import PostgresSettings

Pool: TypeAlias = asyncpg.Pool

APPLICATION: Final = "referrals"
CONNECT_WITHIN: Final = 3.0
"""Seconds to wait for a new connection, or for a free one of the pool."""

ANSWER_WITHIN: Final = 7.0
"""Seconds to wait for an answer; only a frozen server needs that long, others keep a limit."""

_CLOSE_WITHIN: Final = 2.0  # seconds; a frozen server need not hear of it
_IDLE: Final = ("idle_session_timeout", "idle_in_transaction_session_timeout")
_SERVER_SETTINGS: Final = {
    "timezone": "UTC",
    "jit": "off",  # compiling costs more than our statements do
    # As on SSDs and in memory: by the default, 4, a batch of 100 reads a table of 10,000 whole.
    "random_page_cost": "1.1",
    # A plan that was made while tables were empty is kept as long as it is: it reads them whole.
    "plan_cache_mode": "force_custom_plan",
    "statement_timeout": "5s",
    "idle_in_transaction_session_timeout": "10s",  # a frozen client must not keep its row locks
    # Neither of the two counts while a statement is prepared and not yet executed, for which
    # asyncpg asks in two steps; all that we do in one transaction takes less (November 2026,
    # asyncpg 0.32, PostgreSQL 18).
    "transaction_timeout": "1min",
}


@asynccontextmanager
async def open_pool(  # noqa: PLR0913 - each is named, and has a default
    settings: PostgresSettings,
    *,
    application: str = APPLICATION,
    connections: int = 10,
    answer_within: float | None = ANSWER_WITHIN,
    primary: bool = True,
    idle_within: str | None = None,
) -> AsyncIterator[Pool]:
    """
    Open a pool, and close its connections at the end of the block.

    Nothing is connected before it is needed. A connection that was lost is replaced when it is
    next taken from the pool, and one that leads to a replica is not taken for one to the primary.

    Args:
        settings: The database.
        application: What `pg_stat_activity` shows.
        connections: The most connections that are open at once.
        answer_within: Seconds after which a server that does not answer counts as away; None
            waits for ever.
        primary: Whether to connect to the primary only, whoever answers at the address.
        idle_within: After how long the server ends a connection that asks nothing, be it in a
            transaction, as "2s"; None allows 10 s in one, and any time between two.
    """
    pool = await asyncpg.create_pool(
        min_size=0,  # it connects nothing yet
        max_size=connections,
        max_inactive_connection_lifetime=0,
        record_class=Row,
        init=read_uuids_as_text,
        reset=_leave_as_it_is,
        **session(
            settings,
            application=application,
            answer_within=answer_within,
            primary=primary,
            idle_within=idle_within,
        ),
    )
    try:
        yield pool
    finally:
        await uninterrupted(_close(pool))


def session(
    settings: PostgresSettings,
    *,
    application: str,
    answer_within: float | None,
    primary: bool = True,
    idle_within: str | None = None,
) -> Mapping[str, Any]:
    """Return how asyncpg opens a session of ours, by what `open_pool` says of each."""
    idle = dict.fromkeys(_IDLE, idle_within) if idle_within else {}
    return {
        "host": settings.host,
        "port": settings.port,
        "user": settings.user,
        "password": settings.password.revealed(),
        "database": settings.name,
        "ssl": settings.ssl_context,
        "timeout": CONNECT_WITHIN,
        "command_timeout": answer_within,
        "target_session_attrs": "primary" if primary else "any",
        "server_settings": {**_SERVER_SETTINGS, **idle, "application_name": application},
    }


async def read_uuids_as_text(connection: asyncpg.Connection) -> None:
    """Have the identifiers that a connection reads be strings, as ours are."""
    await connection.set_type_codec(
        "uuid", schema="pg_catalog", encoder=str, decoder=str, format="text"
    )


async def _leave_as_it_is(connection: asyncpg.Connection) -> None:
    """Ask the server for nothing: who gives a connection back has ended its transaction."""


async def _close(pool: Pool) -> None:
    try:
        async with asyncio.timeout(_CLOSE_WITHIN):
            await pool.close()
    except TimeoutError:
        pool.terminate()
