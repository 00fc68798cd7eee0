"""What the cache missed it is told, and until then it is remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import pytest

from referrals_domain.model.identifiers import ReferralId
from referrals_domain.ports.status_cache import Hit, Miss
from referrals_domain.testing import builders
from referrals_domain.testing.memory.status_cache import InMemoryStatusCache
from tests.domain.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from referrals_domain.model.identifiers import ReferralKey
    from referrals_domain.testing.memory.store import InMemoryStore

KEY: Final = builders.referral().key


class CacheThatIsAway(InMemoryStatusCache):
    """A cache that applies nothing."""

    async def invalidate(self, versions: Mapping[ReferralKey, int]) -> bool:
        """Apply nothing."""
        return not versions


class CacheThatIsOvertaken(InMemoryStatusCache):
    """A cache during whose invalidation the referral changes again."""

    def __init__(self, store: InMemoryStore) -> None:
        super().__init__()
        self._store = store

    async def invalidate(self, versions: Mapping[ReferralKey, int]) -> bool:
        """Note the next version meanwhile."""
        async with self._store.begin() as tx:
            await tx.stale_statuses.add({key: old + 1 for key, old in versions.items()})
            await tx.commit()
        return await super().invalidate(versions)


@pytest.fixture
async def world() -> World:
    """Return a world whose cache was away while the order completed."""
    world = World()
    await world.set_up()
    await world.get_referral_status(KEY)
    await world.deliver(builders.facts())
    await attrs.evolve(world.complete_orders, cache=CacheThatIsAway())(100)
    assert world.store.state.stale_statuses == {KEY: 2}
    return world


async def test_what_the_cache_missed_it_is_told(world: World) -> None:
    assert await world.cache.read(KEY) == Hit(builders.referral().view)
    assert await world.drain_stale_statuses(10) == 1
    assert await world.get_referral_status(KEY) == world.share().view


async def test_what_the_cache_was_told_is_forgotten(world: World) -> None:
    await world.drain_stale_statuses(10)
    assert world.store.state.stale_statuses == {}
    assert await world.drain_stale_statuses(10) == 0


async def test_while_the_cache_is_away_nothing_is_forgotten(world: World) -> None:
    assert await attrs.evolve(world.drain_stale_statuses, cache=CacheThatIsAway())(10) == 0
    assert world.store.state.stale_statuses == {KEY: 2}


async def test_what_changed_again_meanwhile_is_not_forgotten(world: World) -> None:
    overtaken = CacheThatIsOvertaken(world.store)
    await attrs.evolve(world.drain_stale_statuses, cache=overtaken)(10)
    assert world.store.state.stale_statuses == {KEY: 3}


async def test_no_more_than_the_limit_are_told_at_once() -> None:
    world = World()
    async with world.store.begin() as tx:
        for number in range(3):
            id_ = ReferralId(f"22222222-2222-4222-8222-22222222222{number}")
            await tx.stale_statuses.add({KEY._replace(referral_id=id_): 1})
        await tx.commit()
    assert [await world.drain_stale_statuses(2) for _ in range(3)] == [2, 1, 0]


async def test_the_floor_stays_when_a_cache_is_told_twice(world: World) -> None:
    await world.drain_stale_statuses(10)
    await world.cache.invalidate({KEY: 1})
    reading = await world.cache.read(KEY)
    assert isinstance(reading, Miss)
    assert reading.lease
    await world.cache.fill(KEY, reading.lease, builders.referral().view)
    assert isinstance(await world.cache.read(KEY), Miss)
