"""The cache in Redis keeps the laws of its ports."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from referrals_adapters.redis.cached_statuses import RedisCachedStatuses
from referrals_adapters.redis.client import Client, open_redis
from referrals_adapters.redis.pipelined import open_commands
from referrals_adapters.redis.rate_limits import RedisRateLimits
from referrals_adapters.redis.settings import RedisSettings
from referrals_adapters.redis.status_cache import RedisStatusCache
from referrals_domain.testing.contracts.cached_statuses import CachedStatusesContract
from referrals_domain.testing.contracts.rate_limits import (
    OF_CALLER,
    OF_MERCHANT,
    RateLimitsContract,
)
from referrals_domain.testing.contracts.status_cache import StatusCacheContract

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from referrals_sandbox.servers.running import Servers


AMPLE = timedelta(seconds=10)


class _Redis:
    @pytest.fixture
    async def redis(self, servers: Servers) -> AsyncIterator[Client]:
        settings = RedisSettings(host=servers.redis.host, port=servers.redis.port)
        async with open_redis(settings) as redis:
            for kind in ("referral:*", "rate_limit:*"):
                async for name in redis.scan_iter(kind):
                    await redis.delete(name)
            yield redis

    @pytest.fixture
    def cache(self, redis: Client) -> RedisStatusCache:
        return RedisStatusCache(redis=redis, read_within=AMPLE, invalidate_within=AMPLE)


class TestRedisStatusCache(_Redis, StatusCacheContract): ...


class TestRedisStatusCacheOverSharedConnections(_Redis, StatusCacheContract):
    @pytest.fixture
    async def cache(self, redis: Client, servers: Servers) -> AsyncIterator[RedisStatusCache]:
        settings = RedisSettings(host=servers.redis.host, port=servers.redis.port)
        async with open_commands(settings) as commands:
            yield RedisStatusCache(
                redis=redis, commands=commands, read_within=AMPLE, invalidate_within=AMPLE
            )


class TestRedisCachedStatuses(_Redis, CachedStatusesContract):
    @pytest.fixture
    def cached(self, redis: Client) -> RedisCachedStatuses:
        return RedisCachedStatuses(redis=redis, within=AMPLE)


class TestRedisRateLimits(_Redis, RateLimitsContract):
    @pytest.fixture
    def limits(self, redis: Client) -> RedisRateLimits:
        return RedisRateLimits(redis=redis, caller=OF_CALLER, merchant=OF_MERCHANT, within=AMPLE)
