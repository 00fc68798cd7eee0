"""
C: signed webhooks until their events are acknowledged by the broker.

At most so many orders are under way at a time: another is posted only when one has got through,
so that the rate is one that can be kept up, with a backlog that does not grow.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Final

import attrs

from referrals_sandbox.bench.figures import Slice
from referrals_sandbox.bench.load import Ask
from referrals_sandbox.servers.errors import SandboxError

if TYPE_CHECKING:
    from referrals_sandbox.bench.load import Meter

UNDER_WAY: Final = 500
_LOOKED: Final = 0.1  # seconds between two looks, of some 1 ms: 5,000 a second could get through
_DRAINED_WITHIN: Final = 60.0  # seconds


@attrs.define
class Conversions:
    """
    Posts orders, and counts those that got through.

    Args:
        waiting: Tells how many are posted and have not got through.
        askers: Who posts.
    """

    waiting: Callable[[], Awaitable[int]]
    askers: Sequence[Ask]
    begun: int = attrs.field(default=0, init=False)
    _posted: int = attrs.field(default=0, init=False)
    _through: int = attrs.field(default=0, init=False)
    _is_over: bool = attrs.field(default=False, init=False)
    _room: asyncio.Semaphore = attrs.field(
        factory=lambda: asyncio.Semaphore(UNDER_WAY), init=False
    )

    async def run(self, seconds: float, meter: Meter, *, ramp: float) -> Slice:
        """
        Measure for so long; return when nothing is under way any more.

        Args:
            seconds: How long.
            meter: Tells what processes spend.
            ramp: How long orders get through before that, in seconds.

        Raises:
            SandboxError: Something still is.
        """
        self._is_over = False
        async with asyncio.TaskGroup() as group:
            for ask in self.askers:
                group.create_task(self._post_on(ask))
            await self._look_for(ramp)
            through, before, began = self._through, meter.read(), time.perf_counter()
            await self._look_for(seconds)
            measured = Slice(
                done=self._through - through,
                seconds=time.perf_counter() - began,
                cpu=meter.since(before),
            )
            self._is_over = True
            await self._drain()
        return measured

    async def _post_on(self, ask: Ask) -> None:
        while True:
            await self._room.acquire()
            if self._is_over:
                self._room.release()  # for the next one to see it, too
                return
            self.begun += 1
            await ask()
            self._posted += 1

    async def _look_for(self, seconds: float) -> None:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            await asyncio.sleep(_LOOKED)
            await self._look()

    async def _drain(self) -> None:
        end = time.perf_counter() + _DRAINED_WITHIN
        while self._through < self.begun:
            if time.perf_counter() > end:
                raise SandboxError(f"{self.begun - self._through} orders did not get through")
            await self._look_for(_LOOKED)

    async def _look(self) -> None:
        posted = self._posted  # before looking: what is posted meanwhile may wait or be through
        through = posted - await self.waiting()
        while self._through < through:
            self._through += 1
            self._room.release()
