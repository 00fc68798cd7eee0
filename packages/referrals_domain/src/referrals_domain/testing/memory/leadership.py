"""Who of many leads, in memory."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from referrals_domain.errors import Unavailable
from referrals_domain.ports.leadership import Leadership

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class InMemoryLeadership(Leadership):
    """Leadership among the tasks of one loop."""

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Lock()
        self._lost = asyncio.Event()

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Wait until nobody leads, and lead within the block."""
        async with self._one_at_a_time:
            lost = self._lost = asyncio.Event()
            scope = asyncio.timeout(None)
            watch = asyncio.create_task(_end_once(lost, scope))
            try:
                async with scope:
                    yield
            except TimeoutError as error:
                if scope.expired():
                    raise Unavailable("leadership was lost") from error
                raise
            finally:
                watch.cancel()

    def lose(self) -> None:
        """Take the lead away from whoever has it."""
        self._lost.set()


async def _end_once(lost: asyncio.Event, scope: asyncio.Timeout) -> None:
    await lost.wait()
    scope.reschedule(asyncio.get_running_loop().time())
