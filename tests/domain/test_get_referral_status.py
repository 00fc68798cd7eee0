"""A status comes from the cache if it knows, else from the primary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import pytest

from referrals_domain.errors import NotFound, Unavailable
from referrals_domain.model.identifiers import MerchantId, ReferralId, ReferralKey
from referrals_domain.model.referral import Cause, ReferralStatus, StatusView
from referrals_domain.ports.status_cache import Hit, Miss
from referrals_domain.testing import builders
from referrals_domain.testing.memory.status_cache import InMemoryStatusCache

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from referrals_domain.ports.status_cache import Reading
    from tests.domain.world import World

KEY: Final = builders.referral().key
ABSENT: Final = ReferralKey(builders.MERCHANT, ReferralId("44444444-4444-4444-8444-444444444444"))
CACHED: Final = StatusView(ReferralStatus.COMPLETED, 9, builders.PLACED_AT, Cause.ORDER_CREATED)


async def test_a_hit_is_answered_without_the_primary(world: World) -> None:
    await world.cache.fill(KEY, await _lease(world, KEY), CACHED)
    assert await world.get_referral_status(KEY) == CACHED


async def test_a_miss_is_answered_from_the_primary_and_fills_the_cache(world: World) -> None:
    view = await world.get_referral_status(KEY)
    assert view == builders.referral().view
    assert await world.cache.read(KEY) == Hit(view)


async def test_who_has_no_lease_is_answered_too_but_fills_nothing(world: World) -> None:
    lease = await _lease(world, KEY)
    assert await world.get_referral_status(KEY) == builders.referral().view
    assert await world.cache.read(KEY) == Miss(None)
    await world.cache.fill(KEY, lease, CACHED)
    assert await world.cache.read(KEY) == Hit(CACHED)


async def test_the_primary_is_read_only_once_the_lease_is_out(world: World) -> None:
    await world.deliver(builders.facts())
    cache = CacheDuringWhoseReadAnOrderCompletes(world.work)
    view = await attrs.evolve(world.get_referral_status, cache=cache)(KEY)
    assert view.status is ReferralStatus.COMPLETED
    assert await InMemoryStatusCache.read(cache, KEY) == Hit(view)


class CacheDuringWhoseReadAnOrderCompletes(InMemoryStatusCache):
    """A cache that hears of no order, as if it lost its data."""

    def __init__(self, work: Callable[[], Awaitable[int]]) -> None:
        super().__init__()
        self._work = work

    async def read(self, key: ReferralKey) -> Reading:
        """Let the order complete, then look."""
        await self._work()
        return await super().read(key)


async def test_an_absent_referral_is_not_found_and_remembered_as_absent(world: World) -> None:
    with pytest.raises(NotFound, match=r"^the merchant has no such referral$"):
        await world.get_referral_status(ABSENT)
    assert await world.cache.read(ABSENT) == Hit(None)


async def test_a_referral_known_to_be_absent_is_not_found(world: World) -> None:
    await world.cache.fill(KEY, await _lease(world, KEY), None)
    with pytest.raises(NotFound):
        await world.get_referral_status(KEY)


async def test_while_the_primary_is_away_the_answer_is_stale_and_never_cached(
    world: World,
) -> None:
    world.primary_is_away = True
    stale = attrs.evolve(builders.referral().view, stale=True)
    assert await world.get_referral_status(KEY) == stale
    assert await world.cache.read(KEY) == Miss(None)


async def test_what_the_replica_does_not_have_is_not_known_to_be_absent(world: World) -> None:
    world.primary_is_away = True
    with pytest.raises(Unavailable, match=r"^the primary is away, .* no such referral$"):
        await world.get_referral_status(ABSENT)
    assert await world.cache.read(ABSENT) == Miss(None)


async def test_a_hit_is_as_good_while_the_primary_is_away(world: World) -> None:
    fresh = await world.get_referral_status(KEY)
    world.primary_is_away = True
    assert await world.get_referral_status(KEY) == fresh


async def test_another_merchants_referral_is_as_absent_as_any(world: World) -> None:
    foreign = ReferralKey(MerchantId("other"), KEY.referral_id)
    with pytest.raises(NotFound) as of_another:
        await world.get_referral_status(foreign)
    with pytest.raises(NotFound) as of_nobody:
        await world.get_referral_status(ABSENT)
    assert str(of_another.value) == str(of_nobody.value)


async def _lease(world: World, key: ReferralKey) -> str:
    reading = await world.cache.read(key)
    assert isinstance(reading, Miss)
    assert reading.lease
    return reading.lease
