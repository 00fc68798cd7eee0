"""Rate limits in memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from referrals_domain.model.limit import Limit
from referrals_domain.ports.rate_limits import RateLimits

if TYPE_CHECKING:
    from referrals_domain.model.identifiers import MerchantId


@attrs.define
class InMemoryRateLimits(RateLimits):
    """
    Limits of one process, exactly: when all calls would be back that were taken.

    Args:
        caller: How often each caller may call.
        merchant: How often there may be calls for each merchant.
        elapsed: A clock in seconds that only moves forward.
    """

    caller: Limit = attrs.field(factory=lambda: Limit(1_000))
    merchant: Limit = attrs.field(factory=lambda: Limit(1_000))
    elapsed: Callable[[], float] = time.monotonic
    _whole_again_at: dict[tuple[str, str], float] = attrs.field(factory=dict)

    async def take(self, caller: str, merchant_id: MerchantId) -> bool:
        """Take one call of both, or of neither."""
        of = {("caller", caller): self.caller, ("merchant", merchant_id): self.merchant}
        after = {key: self._after_one_more(key, limit) for key, limit in of.items()}
        if any(after[key] > self.elapsed() + 2 for key in of):  # `at_once` is so many seconds'
            return False
        self._whole_again_at |= after
        return True

    def _after_one_more(self, key: tuple[str, str], limit: Limit) -> float:
        return max(self._whole_again_at.get(key, 0.0), self.elapsed()) + 1 / limit.a_second
