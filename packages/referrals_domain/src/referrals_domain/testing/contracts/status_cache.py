"""The laws of `StatusCache`."""

from __future__ import annotations

from abc import ABC, abstractmethod

import attrs
import pytest

from referrals_domain.model.identifiers import MerchantId, ReferralKey
from referrals_domain.model.referral import Cause, ReferralStatus, StatusView
from referrals_domain.ports.status_cache import Hit, Miss, StatusCache
from referrals_domain.testing import builders

KEY = builders.referral().key
PENDING = builders.referral().view
COMPLETED = StatusView(ReferralStatus.COMPLETED, 2, builders.PLACED_AT, Cause.ORDER_CREATED)


class StatusCacheContract(ABC):
    """
    Never less than what it was told.

    Override `cache` to have it test yours.
    """

    @pytest.fixture
    @abstractmethod
    def cache(self) -> StatusCache:
        """Return an empty cache."""

    async def test_what_was_filled_is_read(self, cache: StatusCache) -> None:
        await cache.fill(KEY, await _lease(cache), COMPLETED)
        assert await cache.read(KEY) == Hit(COMPLETED)

    async def test_that_a_referral_is_absent_is_remembered(self, cache: StatusCache) -> None:
        await cache.fill(KEY, await _lease(cache), None)
        assert await cache.read(KEY) == Hit(None)

    async def test_merchants_do_not_share_entries(self, cache: StatusCache) -> None:
        await cache.fill(KEY, await _lease(cache), COMPLETED)
        foreign = ReferralKey(MerchantId("other"), KEY.referral_id)
        assert isinstance(await cache.read(foreign), Miss)

    async def test_one_reader_at_a_time_gets_a_lease(self, cache: StatusCache) -> None:
        await _lease(cache)
        assert await cache.read(KEY) == Miss(None)

    async def test_nobody_fills_with_a_made_up_lease(self, cache: StatusCache) -> None:
        await _lease(cache)
        await cache.fill(KEY, "0" * 32, COMPLETED)
        assert isinstance(await cache.read(KEY), Miss)

    async def test_a_lease_fills_once(self, cache: StatusCache) -> None:
        lease = await _lease(cache)
        await cache.fill(KEY, lease, COMPLETED)
        await cache.fill(KEY, lease, attrs.evolve(COMPLETED, version=3))
        assert await cache.read(KEY) == Hit(COMPLETED)

    async def test_an_older_value_is_forgotten(self, cache: StatusCache) -> None:
        await cache.fill(KEY, await _lease(cache), PENDING)
        assert await cache.invalidate({KEY: 2})
        assert isinstance(await cache.read(KEY), Miss)

    @pytest.mark.parametrize("version", [1, 2])
    async def test_a_value_that_is_not_older_stays(self, cache: StatusCache, version: int) -> None:
        await cache.fill(KEY, await _lease(cache), COMPLETED)
        await cache.invalidate({KEY: version})
        assert await cache.read(KEY) == Hit(COMPLETED)

    async def test_a_fill_that_began_before_an_invalidation_is_ignored(
        self, cache: StatusCache
    ) -> None:
        lease = await _lease(cache)
        await cache.invalidate({KEY: 2})
        await cache.fill(KEY, lease, PENDING)
        assert isinstance(await cache.read(KEY), Miss)

    async def test_nothing_below_the_floor_is_filled(self, cache: StatusCache) -> None:
        await cache.invalidate({KEY: 2})
        await cache.fill(KEY, await _lease(cache), PENDING)
        assert isinstance(await cache.read(KEY), Miss)

    async def test_the_floor_itself_is_filled(self, cache: StatusCache) -> None:
        await cache.invalidate({KEY: 2})
        await cache.fill(KEY, await _lease(cache), COMPLETED)
        assert await cache.read(KEY) == Hit(COMPLETED)

    async def test_a_late_invalidation_does_not_lower_the_floor(self, cache: StatusCache) -> None:
        await cache.invalidate({KEY: 2})
        await cache.invalidate({KEY: 1})
        await cache.fill(KEY, await _lease(cache), PENDING)
        assert isinstance(await cache.read(KEY), Miss)

    async def test_absence_is_forgotten_once_the_referral_exists(self, cache: StatusCache) -> None:
        await cache.fill(KEY, await _lease(cache), None)
        await cache.invalidate({KEY: 1})
        assert isinstance(await cache.read(KEY), Miss)

    async def test_many_are_invalidated_at_once(self, cache: StatusCache) -> None:
        other = ReferralKey(MerchantId("other"), KEY.referral_id)
        for key in (KEY, other):
            await cache.fill(key, await _lease(cache, key), PENDING)
        assert await cache.invalidate({KEY: 2, other: 2})
        assert isinstance(await cache.read(KEY), Miss)
        assert isinstance(await cache.read(other), Miss)

    async def test_to_invalidate_nothing_succeeds(self, cache: StatusCache) -> None:
        assert await cache.invalidate({})


async def _lease(cache: StatusCache, key: ReferralKey = KEY) -> str:
    reading = await cache.read(key)
    assert isinstance(reading, Miss)
    assert reading.lease
    return reading.lease
