"""
Rate limits in Redis, lent to each process some calls at a time.

A quarter of every limit is the processes' own, a 64th each: who calls seldom costs Redis nothing.
The rest lies in Redis, and is lent for half a second. Redis holds back what may be lent and not
yet spent, so that of up to 16 processes together no more than the limit is ever let pass.

While Redis is away each process lets a 16th of the limit pass. When it is back, or has lost what
it knew, what may come at once may come once more.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import attrs
from redis.asyncio import Redis
from redis.commands.core import AsyncScript

from referrals_adapters.flow.breaker import Breaker
from referrals_adapters.flow.patience import patience
from referrals_adapters.flow.recent import Recent
from referrals_adapters.redis.portion import Portion
from referrals_domain.model.limit import Limit
from referrals_domain.ports.rate_limits import RateLimits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_domain.model.identifiers import MerchantId

_MOST_KEPT: Final = 20_000  # of callers and merchants: 400 bytes each


@attrs.define(kw_only=True)
class RedisRateLimits(RateLimits):
    """
    Limits that up to 16 processes portion.

    Args:
        redis: The client.
        caller: How often each caller may call.
        merchant: How often there may be calls for each merchant.
        within: How long Redis may take to lend; then it counts as away.
        breaker: Keeps from a Redis that did not answer lately.
        elapsed: A clock in seconds that only moves forward.
    """

    redis: Redis
    caller: Limit
    merchant: Limit
    within: timedelta = timedelta(milliseconds=30)
    breaker: Breaker = attrs.field(factory=Breaker)
    elapsed: Callable[[], float] = time.monotonic
    _portions: Recent[str, Portion] = attrs.field(init=False, factory=lambda: Recent(_MOST_KEPT))
    _borrowing: asyncio.Lock = attrs.field(init=False, factory=asyncio.Lock)
    _lend: AsyncScript = attrs.field(init=False)

    @_lend.default
    def _registered(self) -> AsyncScript:
        return self.redis.register_script((files(__package__) / "rate_limits.lua").read_text())

    async def take(self, caller: str, merchant_id: MerchantId) -> bool:
        """Take one call of both from what this process has, or borrow first."""
        portions = (
            self._portion(f"rate_limit:caller:{caller}", self.caller),
            self._portion(f"rate_limit:merchant:{merchant_id}", self.merchant),
        )
        if self._spend(portions):
            return True
        if self._refused(portions) or (self.breaker.is_open and self._borrowing.locked()):
            return False
        async with self._borrowing:  # one at a time: who waited finds what was lent meanwhile
            if self._spend(portions):
                return True
            if not self._refused(portions) and self.breaker.allows():
                await self._borrow(portions)
            return self._spend(portions)

    def _portion(self, name: str, limit: Limit) -> Portion:
        portion = self._portions.get(name) or Portion(name, limit, self.elapsed())
        self._portions.put(name, portion)
        return portion

    def _spend(self, portions: Sequence[Portion]) -> bool:
        """Take one of each, or none."""
        now, away = self.elapsed(), self.breaker.is_open
        for portion in portions:
            if not portion.has_one(now, away=away):
                return False
        for portion in portions:
            portion.spend()
        return True

    def _lacking(self, portions: Sequence[Portion]) -> Sequence[Portion]:
        now, away = self.elapsed(), self.breaker.is_open
        return [portion for portion in portions if not portion.has_one(now, away=away)]

    def _refused(self, portions: Sequence[Portion]) -> bool:
        now = self.elapsed()
        return any(now < portion.refused_until for portion in portions)

    async def _borrow(self, portions: Sequence[Portion]) -> None:
        lacking, asked_at = self._lacking(portions), self.elapsed()
        terms = [term for portion in lacking for term in portion.terms]
        try:
            with self.breaker.watching():
                async with patience(self.within.total_seconds()):
                    answers = await self._lend([portion.name for portion in lacking], terms)
        except Exception:  # noqa: BLE001 - redis-py lets others than its own through (TypeError)
            return
        for portion, answer in zip(lacking, answers, strict=True):
            portion.borrow(answer, asked_at)
