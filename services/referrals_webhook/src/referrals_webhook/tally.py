"""Visits that were not stored yet."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final

import attrs

from referrals_adapters.flow.backoff import Backoff
from referrals_domain.model.visit import Visit

STORED_EVERY: Final = Backoff(first=timedelta(seconds=1), cap=timedelta(seconds=1))
"""How long visits wait; as many are lost if the process is killed."""

MOST_WAITING: Final = 10_000
"""How many different visits may wait while the database is away; more are not counted."""

_LAST_WITHIN: Final = timedelta(seconds=2)

_logger: Final = logging.getLogger(__name__)


@attrs.define(eq=False)
class Tally:
    """
    Visits that were not stored yet; use it with `contextlib.aclosing`.

    Args:
        store: Adds to the stored numbers; if it fails, it may have or not.
        room: How many different visits may wait.
    """

    store: Callable[[Mapping[Visit, int]], Awaitable[None]]
    room: int = MOST_WAITING
    _numbers: Counter[Visit] = attrs.field(factory=Counter, init=False)
    _lost: int = attrs.field(default=0, init=False)

    def add(self, visit: Visit) -> None:
        """Count a visit."""
        if visit in self._numbers or len(self._numbers) < self.room:
            self._numbers[visit] += 1
        else:
            self._lost += 1

    async def flush(self) -> int:
        """
        Store what there is; as a routine's step it finds no more to do.

        Raises:
            Unavailable: It is kept, and stored next time: by then it may count twice.
        """
        numbers, self._numbers = self._numbers, Counter()
        lost, self._lost = self._lost, 0
        if lost:
            _logger.warning("visits are lost", extra={"count": lost})
        if not numbers:
            return 0
        try:
            await self.store(numbers)
        except BaseException:
            self._numbers.update(numbers)
            raise
        return 0

    async def aclose(self) -> None:
        """Store what there is a last time."""
        try:
            async with asyncio.timeout(_LAST_WITHIN.total_seconds()):
                await self.flush()
        except Exception as error:  # noqa: BLE001 - it ends, and nobody is left to try again
            about = {"count": self._numbers.total(), "reason": type(error).__name__}
            _logger.warning("visits are lost", extra=about)
