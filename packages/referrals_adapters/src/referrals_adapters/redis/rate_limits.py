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
from referrals_adapters.flow.recent import Recent
from referrals_adapters.redis.share import Share
from referrals_domain.model.limit import Limit
from referrals_domain.ports.rate_limits import RateLimits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_domain.model.identifiers import MerchantId

_MOST_KEPT: Final = 20_000  # of callers and merchants: 400 bytes each


@attrs.define(kw_only=True)
class RedisRateLimits(RateLimits):
    """
    Limits that up to 16 processes share.

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
    _shares: Recent[str, Share] = attrs.field(init=False, factory=lambda: Recent(_MOST_KEPT))
    _borrowing: asyncio.Lock = attrs.field(init=False, factory=asyncio.Lock)
    _lend: AsyncScript = attrs.field(init=False)

    @_lend.default
    def _registered(self) -> AsyncScript:
        return self.redis.register_script((files(__package__) / "rate_limits.lua").read_text())

    async def take(self, caller: str, merchant_id: MerchantId) -> bool:
        """Take one call of both from what this process has, or borrow first."""
        shares = (
            self._share(f"rate_limit:caller:{caller}", self.caller),
            self._share(f"rate_limit:merchant:{merchant_id}", self.merchant),
        )
        if self._spend(shares):
            return True
        if self._refused(shares) or (self.breaker.is_open and self._borrowing.locked()):
            return False
        async with self._borrowing:  # one at a time: who waited finds what was lent meanwhile
            if self._spend(shares):
                return True
            if not self._refused(shares) and self.breaker.allows():
                await self._borrow(shares)
            return self._spend(shares)

    def _share(self, name: str, limit: Limit) -> Share:
        share = self._shares.get(name) or Share(name, limit, self.elapsed())
        self._shares.put(name, share)
        return share

    def _spend(self, shares: Sequence[Share]) -> bool:
        """Take one of each, or none."""
        if self._lacking(shares):
            return False
        for share in shares:
            share.spend()
        return True

    def _lacking(self, shares: Sequence[Share]) -> Sequence[Share]:
        now, away = self.elapsed(), self.breaker.is_open
        return [share for share in shares if not share.has_one(now, away=away)]

    def _refused(self, shares: Sequence[Share]) -> bool:
        now = self.elapsed()
        return any(now < share.refused_until for share in shares)

    async def _borrow(self, shares: Sequence[Share]) -> None:
        lacking, asked_at = self._lacking(shares), self.elapsed()
        terms = [term for share in lacking for term in share.terms]
        try:
            with self.breaker.watching():
                async with asyncio.timeout(self.within.total_seconds()):
                    answers = await self._lend([share.name for share in lacking], terms)
        except Exception:  # noqa: BLE001 - redis-py lets others than its own through (TypeError)
            return
        for share, answer in zip(lacking, answers, strict=True):
            share.borrow(answer, asked_at)
