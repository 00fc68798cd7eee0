"""Budgets that all processes share."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

import attrs
from redis.asyncio import Redis
from redis.commands.core import AsyncScript

from referrals_adapters.flow.breaker import Breaker
from referrals_adapters.flow.budget import Allowance, Budget, LocalBudget, Purses
from referrals_adapters.flow.patience import patience
from referrals_adapters.wire.documents import from_document, to_document

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

PROCESSES: Final = 4
"""Among how many processes an allowance is divided while they cannot share it."""

_SWAP: Final = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', 3600)
return 1
"""


@attrs.define(kw_only=True)
class SharedBudget(Budget):
    """
    Budgets in Redis, by its clock; what nobody spent from for an hour is full again.

    While Redis is away each process spends a quarter of what is allowed. When it is back, or has
    lost what it knew, what may be asked at once may be asked once more.

    Args:
        redis: The client.
        within: How long Redis may take; then it counts as away.
        breaker: Keeps from a Redis that did not answer lately.
        alone: What is spent meanwhile.
    """

    redis: Redis
    within: timedelta = timedelta(milliseconds=250)
    breaker: Breaker = attrs.field(factory=Breaker)
    alone: LocalBudget = attrs.field(factory=LocalBudget)
    _swap: AsyncScript = attrs.field(init=False, repr=False)

    @_swap.default
    def _registered(self) -> AsyncScript:
        return self.redis.register_script(_SWAP)

    async def spend(
        self, name: str, allowance: Allowance, points: float, *, urgent: bool
    ) -> timedelta:
        """Spend from what all have, or else from this process's quarter."""

        def spend(purses: Purses) -> timedelta:
            return purses.spend(allowance, points, urgent=urgent)

        wait = await self._shared(name, allowance, spend)
        if wait is None:
            quarter = allowance.part(1 / PROCESSES)
            return await self.alone.spend(name, quarter, points, urgent=urgent)
        return wait

    async def correct(self, name: str, allowance: Allowance, left: float) -> None:
        """Hold no more than is left."""

        def correct(purses: Purses) -> bool:
            purses.correct(left)
            return True

        if not await self._shared(name, allowance, correct):
            await self.alone.correct(name, allowance.part(1 / PROCESSES), left)

    async def _shared(
        self, name: str, allowance: Allowance, change: Callable[[Purses], T]
    ) -> T | None:
        """Change purses that nobody else changes meanwhile; None: Redis is away."""
        if not self.breaker.allows():
            return None
        try:
            with self.breaker.watching():
                async with patience(self.within.total_seconds()):
                    return await self._changed(f"budget:{name}", allowance, change)
        except Exception:  # noqa: BLE001 - redis-py lets others than its own through (TypeError)
            return None

    async def _changed(self, key: str, allowance: Allowance, change: Callable[[Purses], T]) -> T:
        while True:
            async with self.redis.pipeline() as asked:
                asked.get(key)  # type: ignore[unused-awaitable]  # it is a part of the pipeline
                asked.time()  # type: ignore[unused-awaitable]  # as above
                held, (seconds, micros) = await asked.execute()
            now = seconds + micros / 1_000_000
            purses = from_document(Purses, held) if held else Purses.full(allowance, now)
            purses.fill(allowance, now)
            result = change(purses)
            if await self._swap([key], [held or b"", to_document(purses)]):
                return result
