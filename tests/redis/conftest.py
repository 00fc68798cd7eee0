"""A Valkey of its own for these tests, because some stop it; and a cache that has time."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from referrals_adapters.redis.client import open_redis
from referrals_adapters.redis.commands import Commands, PooledCommands
from referrals_adapters.redis.pipelined import open_commands
from referrals_adapters.redis.settings import RedisSettings
from referrals_adapters.redis.status_cache import RedisStatusCache
from referrals_sandbox.servers import valkey
from referrals_sandbox.servers.ports import LOOPBACK, free_port
from referrals_sandbox.servers.supervisor import supervising

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from redis.asyncio import Redis

    from referrals_sandbox.servers.child import Child
    from referrals_sandbox.servers.valkey import Redis as Server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with supervising() as supervisor:
        yield valkey.start(supervisor, port=None)


@pytest.fixture
def other() -> Iterator[Server]:
    """Another server, for one test."""
    with supervising() as supervisor:
        yield valkey.start(supervisor, port=None)


@pytest.fixture
def process(server: Server) -> Child:
    assert server.process
    return server.process


@pytest.fixture
def settings(server: Server) -> RedisSettings:
    return RedisSettings(host=server.host, port=server.port)


@pytest.fixture
async def redis(settings: RedisSettings) -> AsyncIterator[Redis]:
    async with open_redis(settings) as redis:
        await redis.flushall()
        yield redis


@pytest.fixture(params=["pooled", "pipelined"])
async def commands(
    request: pytest.FixtureRequest, redis: Redis, settings: RedisSettings
) -> AsyncIterator[Commands]:
    """Both ways to ask, each of which everything must hold for."""
    if request.param == "pooled":
        yield PooledCommands(redis)
        return
    async with open_commands(settings) as commands:
        yield commands


@pytest.fixture
def cache(redis: Redis, commands: Commands) -> RedisStatusCache:
    ample = timedelta(seconds=10)
    return RedisStatusCache(
        redis=redis, commands=commands, read_within=ample, invalidate_within=ample
    )


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    """A loop that runs only while it is told to, for tests that are not asynchronous."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def shared(server: Server, runner: asyncio.Runner) -> Iterator[Redis]:
    """A client on that loop."""
    with opened(runner, port=server.port) as redis:
        yield redis


@pytest.fixture
def nowhere(runner: asyncio.Runner) -> Iterator[Redis]:
    """A client of a server that does not exist."""
    with opened(runner, port=free_port()) as redis:
        yield redis


@contextmanager
def opened(runner: asyncio.Runner, port: int) -> Iterator[Redis]:
    opening = open_redis(RedisSettings(host=LOOPBACK, port=port))
    yield runner.run(opening.__aenter__())
    runner.run(opening.__aexit__(None, None, None))
