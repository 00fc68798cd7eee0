"""The connections to Redis."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from redis.asyncio import BlockingConnectionPool, Connection, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from referrals_adapters.wire.renewing import encrypting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from referrals_adapters.redis.settings import RedisSettings
    from referrals_adapters.wire.tls import ClientTls

Client: TypeAlias = Redis

CONNECT_WITHIN: Final = 1.0  # seconds; the cache itself waits far less
_CONNECTIONS: Final = 50  # one carries some 5,000 commands a second; who finds none free waits


@asynccontextmanager
async def open_redis(settings: RedisSettings) -> AsyncIterator[Client]:
    """
    Open a client whose calls must be bounded by `patience`, and close it in the end.

    Nothing is sent before the first command, so Redis may be away.
    """
    pool = BlockingConnectionPool(
        connection_class=_connections(settings.tls),
        host=settings.host,
        port=settings.port,
        password=settings.password.revealed() if settings.password else None,
        max_connections=_CONNECTIONS,
        timeout=None,
        # A timeout here would put a task around every send; the cache bounds the whole call.
        socket_timeout=None,
        socket_connect_timeout=CONNECT_WITHIN,
        retry=Retry(NoBackoff(), 0),
        # redis-py 8.1: without retries RESP3 raises on a connection that was closed while idle.
        protocol=2,
        driver_info=None,  # no CLIENT SETINFO, which would be one more round trip
    )
    client = Redis.from_pool(pool)
    try:
        yield client
    finally:
        await client.aclose()


def _connections(tls: ClientTls | None) -> type[Connection]:
    """Return the class of a pool's connections."""
    if tls is None:
        return Connection
    context = encrypting(tls)

    class Encrypted(Connection):
        def _connection_arguments(self) -> Mapping[str, Any]:
            return {**super()._connection_arguments(), "ssl": context}

    return Encrypted
