"""Who of many leads: whoever holds an advisory lock of PostgreSQL."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

import asyncpg
import attrs

from referrals_adapters.postgres.errors import domain_errors
from referrals_adapters.postgres.pool import session
from referrals_adapters.postgres.settings import PostgresSettings
from referrals_domain.errors import Unavailable
from referrals_domain.ports.leadership import Leadership

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_TRY: Final = "SELECT pg_try_advisory_lock(hashtextextended('leadership ' || $1, 0))"
_APPLICATION: Final = "referrals-leadership"
FROZEN_AFTER: Final = "2s"
"""
So long a frozen leader keeps the lock; it was measured: 1.6 s.

Of its other connections those that end as soon can do nothing for it when it wakes, and keep no
locks that the next leader needs.
"""

_PING_EVERY: Final = 0.5
_ANSWER_WITHIN: Final = 1.0  # with the pause less than `FROZEN_AFTER`: who is cut off stops first


@attrs.frozen
class PostgresLeadership(Leadership):
    """
    Leadership by an advisory lock on a connection of its own.

    The server ends a session that is silent for two seconds, so a frozen leader loses the lock;
    the leader asks twice a second whether its session lives. Between the end of a session that
    the leader cannot see and its notice two may lead for a moment: what they do must bear that.

    Args:
        settings: The database; a direct connection, not through a pooler.
        name: What is led; there is one leader a name and database.
    """

    settings: PostgresSettings
    name: str

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Wait until this process leads, and lead within the block."""
        with domain_errors():
            connection = await self._connect()
        try:
            with domain_errors():
                await self._until_leading(connection)
            async with _alive(connection):
                yield
        finally:
            connection.terminate()  # the server releases the lock; nothing to wait for

    async def _connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(
            **session(
                self.settings,
                application=_APPLICATION,
                answer_within=_ANSWER_WITHIN,
                idle_within=FROZEN_AFTER,
            )
        )

    async def _until_leading(self, connection: asyncpg.Connection) -> None:
        while True:
            if await connection.fetchval(_TRY, self.name):
                return
            await asyncio.sleep(_PING_EVERY)


@asynccontextmanager
async def _alive(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Cancel the block when the connection is lost, and raise `Unavailable` in its place."""
    loop = asyncio.get_running_loop()
    scope = asyncio.timeout(None)

    def give_up(watch: asyncio.Task[None]) -> None:
        if not watch.cancelled():
            watch.exception()  # whatever it is, it means the same
            with suppress(RuntimeError):  # the block has just ended by itself
                scope.reschedule(loop.time())

    watch = asyncio.create_task(_until_lost(connection))
    watch.add_done_callback(give_up)
    try:
        async with scope:
            yield
    except TimeoutError as error:
        if scope.expired():
            raise Unavailable("leadership was lost") from error
        raise
    finally:
        watch.cancel()


async def _until_lost(connection: asyncpg.Connection) -> None:
    closed = asyncio.Event()
    connection.add_termination_listener(lambda _: closed.set())
    while not connection.is_closed():
        with suppress(TimeoutError):
            await asyncio.wait_for(closed.wait(), _PING_EVERY)
        await connection.execute("SELECT")
