"""The cache in Redis keeps the laws of its port."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from referrals_adapters.redis.client import open_redis
from referrals_adapters.redis.settings import RedisSettings
from referrals_adapters.redis.status_cache import RedisStatusCache
from referrals_domain.testing.contracts.status_cache import StatusCacheContract

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from referrals_sandbox.servers.running import Servers


class TestRedisStatusCache(StatusCacheContract):
    @pytest.fixture
    async def cache(self, servers: Servers) -> AsyncIterator[RedisStatusCache]:
        ample = timedelta(seconds=10)
        settings = RedisSettings(host=servers.redis.host, port=servers.redis.port)
        async with open_redis(settings) as redis:
            async for name in redis.scan_iter("referral:*"):
                await redis.delete(name)
            yield RedisStatusCache(redis=redis, read_within=ample, invalidate_within=ample)
