"""Whatever readers, writers and restarts do in between, no read returns less than was promised."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import attrs
import pytest

from referrals_adapters.redis.entry import to_entry
from referrals_adapters.redis.lifetimes import Lifetimes
from referrals_adapters.redis.scripts import Scripts
from referrals_domain.model.referral import Cause, ReferralStatus, StatusView
from referrals_domain.ports.status_cache import Hit, Miss
from referrals_domain.testing import builders

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from referrals_adapters.redis.status_cache import RedisStatusCache

KEY: Final = builders.referral().key
NAME: Final = f"referral:{KEY.merchant_id}:{KEY.referral_id}"
PENDING: Final = builders.referral().view
COMPLETED: Final = StatusView(ReferralStatus.COMPLETED, 2, builders.PLACED_AT, Cause.ORDER_CREATED)
SHORT: Final = timedelta(milliseconds=30)
LONGER: Final = 0.05  # seconds


@pytest.fixture
def hasty(cache: RedisStatusCache) -> RedisStatusCache:
    """A cache whose leases end soon."""
    return attrs.evolve(cache, lifetimes=Lifetimes(lease=SHORT))


async def test_a_fill_that_was_late_for_an_invalidation_is_refused(
    cache: RedisStatusCache,
) -> None:
    late = await lease(cache)
    await cache.invalidate({KEY: 2})
    fresh = await lease(cache)
    await cache.fill(KEY, late, PENDING)
    await cache.fill(KEY, fresh, COMPLETED)
    assert await cache.read(KEY) == Hit(COMPLETED)


async def test_an_invalidation_takes_the_lease_even_where_the_floor_is_higher(
    cache: RedisStatusCache,
) -> None:
    await cache.invalidate({KEY: 2})
    before = await lease(cache)
    await cache.invalidate({KEY: 1})
    await cache.fill(KEY, before, COMPLETED)
    assert isinstance(await cache.read(KEY), Miss)


async def test_a_lease_that_ended_goes_to_the_next_reader(hasty: RedisStatusCache) -> None:
    slow = await lease(hasty)
    await asyncio.sleep(LONGER)
    next_ = await lease(hasty)
    await hasty.fill(KEY, slow, PENDING)
    assert await hasty.read(KEY) == Miss(None)
    await hasty.fill(KEY, next_, COMPLETED)
    assert await hasty.read(KEY) == Hit(COMPLETED)


async def test_a_lease_on_a_floor_ends_too(hasty: RedisStatusCache) -> None:
    await hasty.invalidate({KEY: 2})
    slow = await lease(hasty)
    assert await hasty.read(KEY) == Miss(None)
    await asyncio.sleep(LONGER)
    await hasty.fill(KEY, slow, COMPLETED)
    next_ = await lease(hasty)
    await hasty.fill(KEY, next_, COMPLETED)
    assert await hasty.read(KEY) == Hit(COMPLETED)


async def test_a_floor_outlives_the_leases_on_it(hasty: RedisStatusCache) -> None:
    await hasty.invalidate({KEY: 2})
    await lease(hasty)
    await asyncio.sleep(LONGER)
    await hasty.fill(KEY, await lease(hasty), PENDING)
    assert await hasty.read(KEY) == Miss(None)


async def test_a_lease_from_before_redis_lost_its_data_is_refused(
    cache: RedisStatusCache, redis: Redis
) -> None:
    old = await lease(cache)
    await cache.invalidate({KEY: 2})
    await redis.flushall()
    await cache.fill(KEY, old, PENDING)
    new = await lease(cache)
    await cache.fill(KEY, old, PENDING)
    assert await cache.read(KEY) == Miss(None)
    await cache.fill(KEY, new, COMPLETED)
    assert await cache.read(KEY) == Hit(COMPLETED)


async def test_of_many_readers_at_once_one_gets_the_lease(cache: RedisStatusCache) -> None:
    readings = await asyncio.gather(*(cache.read(KEY) for _ in range(40)))
    assert sum(1 for reading in readings if isinstance(reading, Miss) and reading.lease) == 1


async def test_a_reader_who_comes_for_the_lease_when_it_is_filled_gets_the_value(
    cache: RedisStatusCache, redis: Redis
) -> None:
    await cache.fill(KEY, await lease(cache), COMPLETED)
    answer = await Scripts.of(redis).lease([NAME], ["another", 2_000, 60_000, ""])
    assert answer == to_entry(COMPLETED)


async def test_absence_is_not_filled_below_a_floor(cache: RedisStatusCache) -> None:
    await cache.invalidate({KEY: 1})
    await cache.fill(KEY, await lease(cache), None)
    assert isinstance(await cache.read(KEY), Miss)


async def lease(cache: RedisStatusCache) -> str:
    reading = await cache.read(KEY)
    assert isinstance(reading, Miss)
    assert reading.lease
    return reading.lease
