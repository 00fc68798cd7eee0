"""The laws of `CachedStatuses`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import attrs
import pytest

from referrals_domain.model.identifiers import MerchantId, ReferralKey
from referrals_domain.model.referral import Cause, ReferralStatus, StatusView
from referrals_domain.ports.status_cache import Hit, Miss, StatusCache
from referrals_domain.testing import builders

if TYPE_CHECKING:
    from referrals_domain.ports.cached_statuses import CachedStatuses

KEY = builders.referral().key
OTHER = ReferralKey(MerchantId("other"), KEY.referral_id)
PENDING = builders.referral().view
COMPLETED = StatusView(ReferralStatus.COMPLETED, 2, builders.PLACED_AT, Cause.ORDER_CREATED)


class CachedStatusesContract(ABC):
    """
    What lies there is seen, and goes if it is still the same.

    Override both fixtures.
    """

    @pytest.fixture
    @abstractmethod
    def cache(self) -> StatusCache:
        """Return an empty cache."""

    @pytest.fixture
    @abstractmethod
    def cached(self, cache: StatusCache) -> CachedStatuses:
        """Return what lies in that cache."""

    async def test_values_are_seen_and_nothing_else(
        self, cache: StatusCache, cached: CachedStatuses
    ) -> None:
        assert await cached.look([KEY, OTHER]) == {}
        await _fill(cache, KEY, PENDING)
        await _fill(cache, OTHER, None)
        assert await cached.look([KEY, OTHER]) == {KEY: PENDING, OTHER: None}
        assert await cached.look([KEY]) == {KEY: PENDING}
        assert await cached.look([]) == {}

    async def test_a_floor_and_a_lease_are_no_values(
        self, cache: StatusCache, cached: CachedStatuses
    ) -> None:
        await cache.invalidate({KEY: 2})
        await cache.read(OTHER)
        assert await cached.look([KEY, OTHER]) == {}

    async def test_to_look_takes_no_lease(
        self, cache: StatusCache, cached: CachedStatuses
    ) -> None:
        await cached.look([KEY])
        reading = await cache.read(KEY)
        assert isinstance(reading, Miss)
        assert reading.lease

    @pytest.mark.parametrize("view", [None, PENDING])
    async def test_what_is_dropped_is_gone_and_can_be_filled_again(
        self, cache: StatusCache, cached: CachedStatuses, view: StatusView | None
    ) -> None:
        await _fill(cache, KEY, view)
        await cached.drop({KEY: view})
        assert await cached.look([KEY]) == {}
        await _fill(cache, KEY, COMPLETED)
        assert await cache.read(KEY) == Hit(COMPLETED)

    async def test_another_value_stays(self, cache: StatusCache, cached: CachedStatuses) -> None:
        await _fill(cache, KEY, COMPLETED)
        await cached.drop({KEY: attrs.evolve(COMPLETED, cause=Cause.ORDER_PAID), OTHER: PENDING})
        assert await cache.read(KEY) == Hit(COMPLETED)

    async def test_a_floor_stays(self, cache: StatusCache, cached: CachedStatuses) -> None:
        await _fill(cache, KEY, PENDING)
        await cache.invalidate({KEY: 2})
        await cached.drop({KEY: PENDING})
        await _fill(cache, KEY, PENDING)
        assert await cached.look([KEY]) == {}

    async def test_a_lease_stays(self, cache: StatusCache, cached: CachedStatuses) -> None:
        reading = await cache.read(KEY)
        await cached.drop({KEY: COMPLETED})
        assert isinstance(reading, Miss)
        await cache.fill(KEY, reading.lease or "", COMPLETED)
        assert await cache.read(KEY) == Hit(COMPLETED)

    async def test_who_filled_what_was_dropped_cannot_do_so_again(
        self, cache: StatusCache, cached: CachedStatuses
    ) -> None:
        lease = await _fill(cache, KEY, PENDING)
        await cached.drop({KEY: PENDING})
        await cache.fill(KEY, lease, PENDING)
        assert await cached.look([KEY]) == {}

    async def test_each_of_many_is_dropped_for_itself(
        self, cache: StatusCache, cached: CachedStatuses
    ) -> None:
        await _fill(cache, KEY, PENDING)
        await _fill(cache, OTHER, COMPLETED)
        await cached.drop({KEY: COMPLETED, OTHER: COMPLETED})
        assert await cached.look([KEY, OTHER]) == {KEY: PENDING}
        await cached.drop({})


async def _fill(cache: StatusCache, key: ReferralKey, view: StatusView | None) -> str:
    reading = await cache.read(key)
    assert isinstance(reading, Miss)
    assert reading.lease
    await cache.fill(key, reading.lease, view)
    return reading.lease
