"""How keys are read."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

import attrs
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from referrals_adapters.flow.patience import patience


class Reads(Protocol):
    """Reads keys, in time or not at all."""

    @abstractmethod
    async def get(self, name: str, within: float) -> bytes:
        """
        Return what a key holds, or nothing where Redis answers that it holds no text.

        Args:
            name: The key.
            within: How long it may take, in seconds.

        Raises:
            Exception: Redis did not answer in time. Which one is the driver's business.
        """

    @abstractmethod
    async def leave(self) -> None:
        """Leave all connections: the address may lead to another server by now."""


@attrs.frozen
class PooledReads(Reads):
    """
    Reads by a client, which takes a connection for each.

    Args:
        redis: The client.
    """

    redis: Redis

    async def get(self, name: str, within: float) -> bytes:
        """Ask on a connection of the pool."""
        async with patience(within):
            try:
                held = await self.redis.get(name)
            except ResponseError:  # the key is of another type
                return b""
        return held if isinstance(held, bytes) else b""

    async def leave(self) -> None:
        """Have the pool close them."""
        await self.redis.connection_pool.disconnect()
