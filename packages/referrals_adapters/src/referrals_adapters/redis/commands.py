"""How Redis is asked by who waits for it: in time, or not at all."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol, TypeAlias, cast

import attrs
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from referrals_adapters.flow.patience import patience

if TYPE_CHECKING:
    from redis.commands.core import AsyncScript

Argument: TypeAlias = str | bytes | int
Answer: TypeAlias = bytes | int | None
"""Text, a number, or nothing."""


class Commands(Protocol):
    """Asks Redis, in time or not at all."""

    @abstractmethod
    async def get(self, name: str, within: float) -> bytes:
        """
        Return what a key holds, or nothing where Redis answers that it holds no text.

        Args:
            name: The key.
            within: How long it may take, in seconds.

        Raises:
            TimeoutError: Redis did not answer in time.
            Exception: It cannot be asked. Which one is the driver's business.
        """

    @abstractmethod
    async def run(
        self, script: AsyncScript, name: str, within: float, *arguments: Argument
    ) -> Answer:
        """
        Run a script on a key, and return what it answers, which must not be a list.

        Args:
            script: The script.
            name: The key.
            within: How long it may take, in seconds.
            arguments: The script's arguments.

        Raises:
            ReadOnlyError: The server is a replica.
            TimeoutError: Redis did not answer in time.
            Exception: It cannot be asked, or refuses to.
        """

    @abstractmethod
    async def leave(self) -> None:
        """Leave all connections: the address may lead to another server by now."""


@attrs.frozen
class PooledCommands(Commands):
    """
    Asks by a client, which takes a connection for each question.

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

    async def run(
        self, script: AsyncScript, name: str, within: float, *arguments: Argument
    ) -> Answer:
        """Ask on a connection of the pool."""
        async with patience(within):
            return cast("Answer", await script([name], arguments, client=self.redis))

    async def leave(self) -> None:
        """Have the pool close them."""
        await self.redis.connection_pool.disconnect()
