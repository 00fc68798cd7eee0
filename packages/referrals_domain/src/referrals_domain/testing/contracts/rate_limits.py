"""The laws of `RateLimits`."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final

import pytest

from referrals_domain.model.identifiers import MerchantId
from referrals_domain.model.limit import Limit

if TYPE_CHECKING:
    from referrals_domain.ports.rate_limits import RateLimits

OF_CALLER: Final = Limit(100)
OF_MERCHANT: Final = Limit(200)
SHOP: Final = MerchantId("shop")
OTHER: Final = MerchantId("other")
_LEAST: Final = 0.5
"""The part of a limit that anybody may count on, wherever the rest is at the moment."""


class RateLimitsContract(ABC):
    """
    Never more than the limit, and never much less.

    Override `limits` to have it test yours, with `OF_CALLER` and `OF_MERCHANT`.
    """

    @pytest.fixture
    @abstractmethod
    def limits(self) -> RateLimits:
        """Return limits of which nothing was taken."""

    async def test_a_caller_gets_no_more_than_the_limit(self, limits: RateLimits) -> None:
        passed, seconds = await _as_many_as_pass(limits, "one", SHOP)
        assert passed <= OF_CALLER.at_once + OF_CALLER.a_second * seconds
        assert passed >= _LEAST * OF_CALLER.at_once

    async def test_one_caller_takes_nothing_from_another(self, limits: RateLimits) -> None:
        await _as_many_as_pass(limits, "one", SHOP)
        assert await limits.take("other", SHOP)

    async def test_a_merchant_has_a_limit_for_all_callers_together(
        self, limits: RateLimits
    ) -> None:
        callers = [await _as_many_as_pass(limits, f"{number}", SHOP) for number in range(8)]
        passed, seconds = sum(some for some, _ in callers), sum(took for _, took in callers)
        assert passed <= OF_MERCHANT.at_once + OF_MERCHANT.a_second * seconds
        assert passed >= _LEAST * OF_MERCHANT.at_once

    async def test_one_merchant_takes_nothing_from_another(self, limits: RateLimits) -> None:
        for number in range(8):
            await _as_many_as_pass(limits, f"{number}", SHOP)
        assert not await limits.take("new", SHOP)
        assert await limits.take("new", OTHER)

    async def test_what_a_merchant_refuses_a_caller_does_not_pay(self, limits: RateLimits) -> None:
        for number in range(8):
            await _as_many_as_pass(limits, f"{number}", SHOP)
        for _ in range(2 * OF_CALLER.at_once):
            await limits.take("new", SHOP)
        passed, _ = await _as_many_as_pass(limits, "new", OTHER)
        assert passed >= _LEAST * OF_CALLER.at_once

    async def test_whoever_was_refused_passes_again_after_a_while(
        self, limits: RateLimits
    ) -> None:
        await _as_many_as_pass(limits, "one", SHOP)
        await asyncio.sleep(10 / OF_CALLER.a_second)
        assert await limits.take("one", SHOP)

    async def test_however_many_call_at_once_no_more_than_the_limit_pass(
        self, limits: RateLimits
    ) -> None:
        began = time.monotonic()
        asked = (limits.take("one", SHOP) for _ in range(2 * OF_CALLER.at_once))
        passed = sum(await asyncio.gather(*asked))
        took = time.monotonic() - began
        assert passed <= OF_CALLER.at_once + OF_CALLER.a_second * took
        assert passed >= _LEAST * OF_CALLER.at_once


async def _as_many_as_pass(
    limits: RateLimits, caller: str, merchant_id: MerchantId
) -> tuple[int, float]:
    """Call until it is refused; return how many calls passed, and in how many seconds."""
    passed, began = 0, time.monotonic()
    while await limits.take(caller, merchant_id):
        passed += 1
    return passed, time.monotonic() - began
