"""Which Redis keeps the cache."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import attrs
from redis.asyncio import Redis

from referrals_adapters.redis.asked import answered
from referrals_adapters.redis.client import open_redis
from referrals_adapters.redis.settings import RedisSettings
from referrals_domain.errors import Unavailable
from referrals_domain.ports.cache_server import CacheServer

_PRIMARY: Final = "master"


@attrs.define(kw_only=True)
class RedisCacheServer(CacheServer):
    """
    Which Redis keeps the cache, by the ids of its run and of its data.

    A restart changes both. A promotion changes the id of the data only, and so does a primary's
    return after it has been the replica of another. Seen with Valkey 9.1.

    It is asked on a new connection, because connections stay where they were when the address
    leads elsewhere. The client's own are left when the server has changed, and while it is a
    replica: then they may lead to a primary that was demoted.

    Args:
        settings: Where Redis is.
        redis: The client that others tell the cache by.
        within: How long an answer may take; then Redis counts as away.
    """

    settings: RedisSettings
    redis: Redis
    within: timedelta = timedelta(milliseconds=250)
    _last: str = attrs.field(default="", init=False)

    async def identity(self) -> str:
        """Ask who it is."""
        async with answered(self.within), open_redis(self.settings) as redis:
            about = await redis.info("server", "replication")
            identity = f"{about['run_id']}/{about['master_replid']}"
            is_primary = about["role"] == _PRIMARY
            if identity != self._last or not is_primary:
                await self.redis.connection_pool.disconnect()
        if not is_primary:
            raise Unavailable("Redis takes no changes: it is a replica")
        self._last = identity
        return identity
