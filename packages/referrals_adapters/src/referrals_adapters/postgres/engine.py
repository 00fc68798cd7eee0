"""The pool of connections to the database."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from referrals_adapters.postgres.uninterrupted import uninterrupted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy.ext.asyncio import AsyncConnection
    from sqlalchemy.pool import ConnectionPoolEntry

    from referrals_adapters.postgres.settings import PostgresSettings

Engine: TypeAlias = AsyncEngine

APPLICATION: Final = "referrals"
CONNECT_WITHIN: Final = 3.0
"""Seconds to wait for a new connection, or for a free one of the pool."""

ANSWER_WITHIN: Final = 7.0
"""Seconds to wait for an answer; only a frozen server needs that long, others keep a limit."""

_GENERATIONS: Final = "generations"  # where a connection notes what it belongs to
_GENERATION: Final = "generation"
_SERVER_SETTINGS: Final = {
    "timezone": "UTC",
    "jit": "off",  # compiling costs more than our statements do
    # As on SSDs and in memory: by the default, 4, a batch of 100 reads tables of 10,000 rows whole
    "random_page_cost": "1.1",
    # A plan that was made while tables were empty is kept as long as it is: it reads them whole.
    "plan_cache_mode": "force_custom_plan",
    "statement_timeout": "5s",
    "idle_in_transaction_session_timeout": "10s",  # a frozen client must not keep its row locks
}


@asynccontextmanager
async def open_engine(  # noqa: PLR0913 - each is named, and has a default
    settings: PostgresSettings,
    *,
    application: str = APPLICATION,
    connections: int = 10,
    answer_within: float | None = ANSWER_WITHIN,
    primary: bool = True,
    idle_within: str | None = None,
) -> AsyncIterator[Engine]:
    """
    Open an engine, and close its connections at the end of the block.

    Nothing is connected before it is needed. A connection that was lost is replaced when it is
    next taken from the pool; one whose server has become read-only or silent is not used again,
    and one that leads to a replica is not taken for one to the primary.

    Args:
        settings: The database.
        application: What `pg_stat_activity` shows.
        connections: The most connections that are open at once.
        answer_within: Seconds after which a server that does not answer counts as away; None
            waits for ever.
        primary: Whether to connect to the primary only, whoever answers at the address.
        idle_within: After how long the server ends a connection that asks nothing, as "2s"; None
            leaves that to the server.
    """
    idle = {"idle_session_timeout": idle_within} if idle_within else {}
    engine = create_async_engine(
        settings.url,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=CONNECT_WITHIN,
        pool_use_lifo=True,
        hide_parameters=True,
        json_serializer=_as_it_is,  # documents are written and read by wire.documents
        json_deserializer=_as_it_is,
        connect_args={
            "timeout": CONNECT_WITHIN,
            "command_timeout": answer_within,
            "target_session_attrs": "primary" if primary else "any",
            "server_settings": {**_SERVER_SETTINGS, **idle, "application_name": application},
            "ssl": settings.ssl_context,
        },
    )
    generations = _Generations()
    event.listen(engine.sync_engine, "connect", _read_uuids_as_text)
    event.listen(engine.sync_engine, "connect", generations.opened)
    event.listen(engine.sync_engine, "checkout", generations.taken)
    try:
        yield engine
    finally:
        await uninterrupted(engine.dispose())


def _as_it_is(document: str) -> str:
    return document


def _read_uuids_as_text(connection: Any, _record: object) -> None:
    connection.run_async(
        lambda driver: driver.set_type_codec(
            "uuid", schema="pg_catalog", encoder=str, decoder=str, format="text"
        )
    )


def leave_all(connection: AsyncConnection) -> None:
    """Have the pool of a connection open others in place of all that it has now."""
    connection.info[_GENERATIONS].begin()


@attrs.define
class _Generations:
    """The connections of a pool: those that were opened before all were left are not taken."""

    _current: int = 0

    def begin(self) -> None:
        """Leave all that there are."""
        self._current += 1

    def opened(self, _connection: object, record: ConnectionPoolEntry) -> None:
        """Note a connection."""
        record.info[_GENERATIONS] = self
        record.info[_GENERATION] = self._current

    def taken(self, connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        """Have the pool open another connection in place of one that was closed or left."""
        is_left = record.info[_GENERATION] != self._current
        if is_left or connection.driver_connection.is_closed():
            raise DisconnectionError
