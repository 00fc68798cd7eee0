"""What goes for all shops: how fast time passes, what goes wrong, whether Shopify is there."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import attrs

from referrals_sandbox.neighbours.shopify_platform.faults import Faults


@attrs.define
class Circumstances:
    """
    The circumstances; all methods are called in the loop that serves.

    Args:
        speed: How much faster hours pass for Shopify.
        faults: What goes wrong.
    """

    speed: float = 1.0
    faults: Faults = attrs.field(factory=Faults)
    _there: asyncio.Event = attrs.field(init=False)
    _return: asyncio.TimerHandle | None = attrs.field(default=None, init=False)

    @_there.default
    def _is_there(self) -> asyncio.Event:
        there = asyncio.Event()
        there.set()
        return there

    def now(self) -> datetime:
        """Return the time as Shopify has it."""
        return datetime.now(UTC) + timedelta(seconds=self.faults.skew)

    def fail(self, faults: Faults) -> None:
        """Have these faults from now on, and no others."""
        self.faults = faults

    @property
    def is_away(self) -> bool:
        """Whether nothing is answered, nor sent."""
        return not self._there.is_set()

    def leave(self, seconds: float) -> None:
        """Be away for so many seconds of Shopify's, from now on; 0: be back."""
        if self._return:
            self._return.cancel()
        self._there.clear()
        loop = asyncio.get_running_loop()
        self._return = loop.call_later(seconds / self.speed, self._there.set)

    async def pause(self, seconds: float) -> None:
        """Wait for so many seconds of Shopify's."""
        await asyncio.sleep(seconds / self.speed)

    async def back(self) -> None:
        """Wait until it is back, if it is away."""
        await self._there.wait()
