"""Who keeps the cache is known by its data, and connections leave who kept it before."""

from __future__ import annotations

import asyncio
import signal
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest

from referrals_adapters.redis.cached_statuses import RedisCachedStatuses
from referrals_adapters.redis.client import open_redis
from referrals_adapters.redis.server import RedisCacheServer
from referrals_adapters.redis.settings import RedisSettings
from referrals_domain.errors import Unavailable
from referrals_domain.ports.status_cache import Miss
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.cache_server import CacheServerContract
from referrals_sandbox.servers.ports import free_port
from referrals_sandbox.servers.proxy import leading_to
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from redis.asyncio import Redis

    from referrals_adapters.redis.status_cache import RedisStatusCache
    from referrals_sandbox.servers.child import Child
    from referrals_sandbox.servers.valkey import Redis as Server

AMPLE: Final = timedelta(seconds=10)
NOBODY: Final = ("127.0.0.1", "1")
KEY: Final = builders.referral().key


@pytest.fixture
def own(redis: Redis, server: Server) -> RedisCacheServer:
    """Who answers for this module's server."""
    settings = RedisSettings(host=server.host, port=server.port)
    return RedisCacheServer(settings=settings, redis=redis, within=AMPLE)


@pytest.fixture
async def demoted(own: RedisCacheServer, redis: Redis) -> AsyncIterator[Redis]:
    """A server that is known, and then has become the replica of another, which is away."""
    await own.identity()
    await redis.replicaof(*NOBODY)
    yield redis
    await redis.replicaof("NO", "ONE")


class TestRedisCacheServer(CacheServerContract):
    @pytest.fixture
    def cache_server(self, own: RedisCacheServer) -> RedisCacheServer:
        return own

    @pytest.fixture
    def lose(self, process: Child) -> Callable[[], None]:
        def restart() -> None:
            process.signal(signal.SIGKILL)
            process.wait(5)
            process.start()

        return restart


async def test_a_replica_is_nobody_to_be_told_and_once_promoted_it_is_another(
    own: RedisCacheServer, redis: Redis
) -> None:
    before = await own.identity()
    await redis.replicaof(*NOBODY)
    with pytest.raises(Unavailable):
        await own.identity()
    await redis.replicaof("NO", "ONE")
    assert await own.identity() != before


async def test_connections_to_a_replica_are_left(own: RedisCacheServer, demoted: Redis) -> None:
    client_id = await demoted.client_id()
    with pytest.raises(Unavailable):
        await own.identity()
    assert await demoted.client_id() != client_id


async def test_who_reads_in_vain_from_a_replica_leaves_it(
    cache: RedisStatusCache, demoted: Redis
) -> None:
    client_id = await demoted.client_id()
    assert await cache.read(KEY) == Miss(None)
    assert await demoted.client_id() != client_id

    async def only_who_asks_is_connected() -> bool:
        return len(await demoted.client_list()) == 1

    await until(only_who_asks_is_connected)


async def test_connections_to_the_same_server_are_kept(
    own: RedisCacheServer, redis: Redis
) -> None:
    await own.identity()
    client_id = await redis.client_id()
    await own.identity()
    assert await redis.client_id() == client_id


async def test_an_address_that_leads_elsewhere_is_noticed_though_connections_stay(
    server: Server, other: Server
) -> None:
    async with leading_to(server.port) as address:
        settings = RedisSettings(host=server.host, port=address.port)
        async with open_redis(settings) as redis:
            asked = RedisCacheServer(settings=settings, redis=redis, within=AMPLE)
            first = await asked.identity()
            await asyncio.gather(*(redis.client_id() for _ in range(5)))
            address.leads_to = other.port
            assert await run_ids(redis) == {first.split("/")[0]}
            second = await asked.identity()
            assert await run_ids(redis) == {second.split("/")[0]} != {first.split("/")[0]}


async def test_a_server_that_is_away_is_not_taken_for_an_empty_one() -> None:
    settings = RedisSettings(host="127.0.0.1", port=free_port())
    async with open_redis(settings) as redis:
        with pytest.raises(Unavailable):
            await RedisCacheServer(settings=settings, redis=redis).identity()
        with pytest.raises(Unavailable):
            await RedisCachedStatuses(redis=redis).look([KEY])
        with pytest.raises(Unavailable):
            await RedisCachedStatuses(redis=redis).drop({KEY: None})


async def test_a_frozen_server_is_away(
    own: RedisCacheServer, redis: Redis, process: Child
) -> None:
    own.within = timedelta(milliseconds=30)
    cached = RedisCachedStatuses(redis=redis, within=own.within)
    process.signal(signal.SIGSTOP)
    try:
        with pytest.raises(Unavailable):
            await own.identity()
        with pytest.raises(Unavailable):
            await cached.look([KEY])
    finally:
        process.signal(signal.SIGCONT)


async def run_ids(redis: Redis) -> set[str]:
    """Return who answers on the connections of a client."""
    answers = await asyncio.gather(*(redis.info("server") for _ in range(5)))
    return {answer["run_id"] for answer in answers}


async def test_a_demoted_server_is_soon_asked_no_more(
    cache: RedisStatusCache, demoted: Redis
) -> None:
    del demoted
    for _ in range(3):
        assert await cache.read(KEY) == Miss(None)
    assert cache.breaker.is_open
