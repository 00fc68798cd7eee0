"""How our clients talk to each server, over connections that somebody encrypts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs
from sqlalchemy import text

from referrals_adapters.kafka.settings import KafkaSettings
from referrals_adapters.kafka.topics import look_after_topics
from referrals_adapters.postgres.engine import open_engine
from referrals_adapters.redis.client import open_redis
from referrals_adapters.redis.pipelined import open_commands
from referrals_adapters.redis.settings import RedisSettings
from referrals_adapters.wire.tls import ClientTls
from tests.kafka.cluster import Cluster, answering
from tests.tls.authority import HOST, Authority, Front, before, server_context

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_adapters.wire.tls import ServerTls
    from referrals_sandbox.servers.running import Servers

Say: TypeAlias = Callable[[], Awaitable[bool]]


@attrs.frozen(kw_only=True)
class Talk:
    """
    A server behind encryption, and how our client of it is opened.

    Args:
        front: What encrypts.
        prefix: How the variables begin that say how our client does.
        opened: Opens our client; it then tells whether the server understands it.
    """

    front: Front
    prefix: str
    opened: Callable[[ClientTls | None], AbstractAsyncContextManager[Say]]


@asynccontextmanager
async def with_postgres(database: PostgresSettings, tls: ServerTls) -> AsyncIterator[Talk]:
    async with before(database.port, server_context(tls), asked_first=True) as front:

        @asynccontextmanager
        async def opened(how: ClientTls | None) -> AsyncIterator[Say]:
            settings = attrs.evolve(database, host=HOST, port=front.port, tls=how)
            async with open_engine(settings) as engine:

                async def say() -> bool:
                    async with engine.connect() as connection:
                        return bool(await connection.scalar(text("SELECT true")))

                yield say

        yield Talk(front=front, prefix="REFERRALS_DB_TLS", opened=opened)


@asynccontextmanager
async def with_redis(port: int, tls: ServerTls) -> AsyncIterator[Talk]:
    async with before(port, server_context(tls)) as front:

        @asynccontextmanager
        async def opened(how: ClientTls | None) -> AsyncIterator[Say]:
            settings = RedisSettings(host=HOST, port=front.port, tls=how)
            async with open_redis(settings) as redis:

                async def say() -> bool:
                    return bool(await redis.ping())

                yield say

        yield Talk(front=front, prefix="REFERRALS_REDIS_TLS", opened=opened)


@asynccontextmanager
async def with_reads_of_redis(port: int, tls: ServerTls) -> AsyncIterator[Talk]:
    async with before(port, server_context(tls)) as front:

        @asynccontextmanager
        async def opened(how: ClientTls | None) -> AsyncIterator[Say]:
            settings = RedisSettings(host=HOST, port=front.port, tls=how)
            async with open_commands(settings) as commands:

                async def say() -> bool:
                    return await commands.get("nobody has put this", within=5) == b""

                yield say

        yield Talk(front=front, prefix="REFERRALS_REDIS_TLS", opened=opened)


@asynccontextmanager
async def with_kafka(tls: ServerTls) -> AsyncIterator[Talk]:
    cluster = Cluster(brokers=3)
    async with answering(cluster):
        port = int(cluster.address.rpartition(":")[2])
        async with before(port, server_context(tls)) as front:
            cluster.address = f"{HOST}:{front.port}"  # where it tells clients to go on

            @asynccontextmanager
            async def opened(how: ClientTls | None) -> AsyncIterator[Say]:
                settings = KafkaSettings(broker=cluster.address, tls=how)

                async def say() -> bool:
                    cluster.topics.clear()
                    await look_after_topics(settings, ["referral.completed"])
                    return bool(cluster.topics)

                yield say

            yield Talk(front=front, prefix="KAFKA_TLS", opened=opened)


SERVERS: Final = ("postgres", "redis", "commands of redis", "kafka")


def talk_with(
    server: str, servers: Servers, database: PostgresSettings, tls: ServerTls
) -> AbstractAsyncContextManager[Talk]:
    """Put encryption before a server."""
    match server:
        case "postgres":
            return with_postgres(database, tls)
        case "redis":
            return with_redis(servers.redis.port, tls)
        case "commands of redis":
            return with_reads_of_redis(servers.redis.port, tls)
        case _:
            return with_kafka(tls)


async def understood(say: Say) -> bool:
    """Tell whether the server understands our client; if not, why is the log's business."""
    try:
        return await say()
    except Exception:  # noqa: BLE001 - each driver has its own
        return False


def ours(authority: Authority, talk: Talk, name: str | None = None) -> ClientTls:
    """Return how our client connects; with a certificate, if that has a name."""
    return authority.client(talk.prefix, authority.identity(name) if name else None)
