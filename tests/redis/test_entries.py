"""What stands in a key: readable, with an end, and no trouble when it is rubbish."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals_adapters.redis.cached_statuses import RedisCachedStatuses
from referrals_adapters.redis.entry import from_entry, to_entry
from referrals_domain.model.identifiers import ReferralId, ReferralKey
from referrals_domain.model.referral import Cause, ReferralStatus, StatusView
from referrals_domain.ports.status_cache import Hit, Miss
from referrals_domain.testing import builders

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from referrals_adapters.redis.status_cache import RedisStatusCache

KEY: Final = builders.referral().key
NAME: Final = f"referral:{KEY.merchant_id}:{KEY.referral_id}"
PENDING: Final = builders.referral().view
COMPLETED: Final = StatusView(
    ReferralStatus.COMPLETED, 2, datetime(2026, 11, 20, 15, 15, 28, 17, UTC), Cause.ORDER_CREATED
)
COMPLETED_ENTRY: Final = b"v|2|COMPLETED|2026-11-20T15:15:28.000017+00:00|order_created"
LARGEST: Final = 2**53 - 1
RUBBISH: Final = (
    b"",
    b"rubbish",
    b"\xff\x00\xfe",
    b"v|2",
    b"v|two|COMPLETED|2026-11-20T15:15:28+00:00|order_created",
    b"v|-2|COMPLETED|2026-11-20T15:15:28+00:00|order_created",
    b"v|9007199254740992|COMPLETED|2026-11-20T15:15:28+00:00|order_created",
    b"v|" + b"9" * 400 + b"|COMPLETED|2026-11-20T15:15:28+00:00|order_created",
    b"f|2",
    b"f|two||0",
    b"f|2|lease|soon",
    b"f|9007199254740992||0",
)
NEARLY_A_VALUE: Final = (
    b"v|2|",
    b"v|2|GONE|2026-11-20T15:15:28+00:00|order_created",
    b"v|2|COMPLETED|yesterday|order_created",
    b"v|2|COMPLETED|2026-11-20T15:15:28Z|order_created",
    b"v|2|COMPLETED|2026-11-20T15:15:28+00:00|whim",
    b"v|02|COMPLETED|2026-11-20T15:15:28+00:00|order_created",
    COMPLETED_ENTRY + b"|more",
)

views = st.builds(
    StatusView,
    status=st.sampled_from(ReferralStatus),
    version=st.integers(1, LARGEST),
    updated_at=st.datetimes(
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=-5, minutes=-30))])
    ),
    cause=st.sampled_from(Cause),
)


@given(st.none() | views)
def test_what_is_written_is_read(view: StatusView | None) -> None:
    assert from_entry(to_entry(view)) == Hit(view)


async def test_an_entry_can_be_read_by_a_person(cache: RedisStatusCache, redis: Redis) -> None:
    await cache.invalidate({KEY: 2})
    assert await redis.get(NAME) == b"f|2||0"
    lease = await leased(cache)
    held = await redis.get(NAME)
    assert isinstance(held, bytes)
    assert held.startswith(f"f|2|{lease}|".encode())
    await cache.fill(KEY, lease, COMPLETED)
    assert await redis.get(NAME) == COMPLETED_ENTRY


@pytest.mark.parametrize(
    ("view", "longest"),
    [
        (None, timedelta(seconds=5)),
        (PENDING, timedelta(seconds=60)),
        (COMPLETED, timedelta(minutes=15)),
        (attrs.evolve(COMPLETED, status=ReferralStatus.QUALIFIED), timedelta(minutes=15)),
    ],
)
@pytest.mark.parametrize("chance", [0.0, 1.0])
async def test_a_value_ends(
    cache: RedisStatusCache,
    redis: Redis,
    view: StatusView | None,
    longest: timedelta,
    chance: float,
) -> None:
    cache = attrs.evolve(cache, chance=lambda: chance)
    await cache.fill(KEY, await leased(cache), view)
    due = longest * (1 - chance / 10)
    assert due - timedelta(seconds=2) < await remaining(redis) <= due


async def test_a_floor_ends_and_its_readers_do_not_prolong_it(
    cache: RedisStatusCache, redis: Redis
) -> None:
    await cache.invalidate({KEY: 2})
    assert timedelta(seconds=58) < await remaining(redis) <= timedelta(seconds=60)
    await redis.pexpire(NAME, 30_000)
    await leased(cache)
    assert timedelta(seconds=28) < await remaining(redis) <= timedelta(seconds=30)


async def test_a_lease_alone_ends(cache: RedisStatusCache, redis: Redis) -> None:
    await leased(cache)
    assert timedelta(0) < await remaining(redis) <= timedelta(seconds=2)


@pytest.mark.parametrize("rubbish", RUBBISH + NEARLY_A_VALUE)
async def test_rubbish_is_a_miss_and_is_replaced(
    cache: RedisStatusCache, redis: Redis, rubbish: bytes
) -> None:
    await redis.set(NAME, rubbish)
    await cache.fill(KEY, await leased(cache), COMPLETED)
    assert await cache.read(KEY) == Hit(COMPLETED)


@pytest.mark.parametrize("rubbish", RUBBISH + NEARLY_A_VALUE)
async def test_rubbish_is_invalidated_like_nothing(
    cache: RedisStatusCache, redis: Redis, rubbish: bytes
) -> None:
    await redis.set(NAME, rubbish)
    assert await cache.invalidate({KEY: 3})
    await cache.fill(KEY, await leased(cache), COMPLETED)
    assert await cache.read(KEY) == Miss(None)
    assert timedelta(0) < await remaining(redis) <= timedelta(seconds=60)


@pytest.mark.parametrize("nearly", NEARLY_A_VALUE)
@pytest.mark.parametrize("lifetime", [None, timedelta(minutes=15)])
async def test_a_version_that_can_be_read_is_a_floor(
    cache: RedisStatusCache, redis: Redis, nearly: bytes, lifetime: timedelta | None
) -> None:
    await redis.set(NAME, nearly, px=lifetime)
    await cache.fill(KEY, await leased(cache), PENDING)
    assert await cache.read(KEY) == Miss(None)
    assert timedelta(0) < await remaining(redis) <= timedelta(seconds=60)


@pytest.mark.parametrize("rubbish", RUBBISH + NEARLY_A_VALUE)
async def test_who_watches_sees_no_value_in_rubbish(redis: Redis, rubbish: bytes) -> None:
    await redis.set(NAME, rubbish)
    assert await RedisCachedStatuses(redis=redis).look([KEY]) == {}


async def test_who_watches_sees_no_value_in_a_key_of_another_type(redis: Redis) -> None:
    await redis.rpush(NAME, "item")
    cached = RedisCachedStatuses(redis=redis)
    assert await cached.look([KEY]) == {}
    await cached.drop({KEY: COMPLETED})
    assert await redis.exists(NAME)


async def test_a_key_of_another_type_is_a_miss_and_is_replaced(
    cache: RedisStatusCache, redis: Redis
) -> None:
    await redis.rpush(NAME, "item")
    await cache.fill(KEY, await leased(cache), COMPLETED)
    assert await cache.read(KEY) == Hit(COMPLETED)


async def test_a_key_of_another_type_does_not_block_an_invalidation(
    cache: RedisStatusCache, redis: Redis
) -> None:
    await redis.rpush(NAME, "item")
    assert await cache.invalidate({KEY: 2})
    await cache.fill(KEY, await leased(cache), COMPLETED)
    assert await cache.read(KEY) == Hit(COMPLETED)


async def test_the_largest_version_is_exact(cache: RedisStatusCache) -> None:
    await cache.invalidate({KEY: LARGEST})
    await cache.fill(KEY, await leased(cache), attrs.evolve(COMPLETED, version=LARGEST - 1))
    assert await cache.read(KEY) == Miss(None)
    await cache.invalidate({KEY: LARGEST - 1})
    largest = attrs.evolve(COMPLETED, version=LARGEST)
    await cache.fill(KEY, await leased(cache), largest)
    assert await cache.read(KEY) == Hit(largest)


async def test_a_thousand_keys_are_invalidated_at_once(
    cache: RedisStatusCache, redis: Redis
) -> None:
    keys = [
        ReferralKey(KEY.merchant_id, ReferralId(f"22222222-2222-4222-8222-{number:012}"))
        for number in range(1_000)
    ]
    assert await cache.invalidate({key: number for number, key in enumerate(keys, start=1)})
    held = await redis.mget([f"referral:{KEY.merchant_id}:{key.referral_id}" for key in keys])
    assert held == [f"f|{number}||0".encode() for number in range(1, 1_001)]


async def leased(cache: RedisStatusCache) -> str:
    reading = await cache.read(KEY)
    assert isinstance(reading, Miss)
    assert reading.lease
    return reading.lease


async def remaining(redis: Redis) -> timedelta:
    return timedelta(milliseconds=await redis.pttl(NAME))
