"""A cache that fails over to a copy from earlier is told again what that one lacks."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import attrs
import pytest

from referrals_domain.errors import Unavailable
from referrals_domain.model.identifiers import ReferralId
from referrals_domain.model.referral import ReferralStatus
from referrals_domain.testing import builders
from referrals_domain.testing.memory.status_cache import InMemoryStatusCache
from referrals_domain.use_cases.replay_invalidations import ReplayInvalidations
from tests.domain.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from referrals_domain.model.identifiers import ReferralKey

KEY: Final = builders.referral().key
REACH: Final = timedelta(minutes=16)
INSTANT: Final = timedelta(microseconds=1)


class Noting(InMemoryStatusCache):
    """A cache that notes what it is told, and may be away."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Mapping[ReferralKey, int]] = []
        self.away = False

    async def invalidate(self, versions: Mapping[ReferralKey, int]) -> bool:
        """Apply it unless it is away."""
        self.told.append(versions)
        return not self.away and await super().invalidate(versions)


@pytest.fixture
def cache() -> Noting:
    return Noting()


@pytest.fixture
async def world(cache: Noting) -> World:
    """Return a world in which a share is cached."""
    world = World(cache=cache)
    await world.set_up()
    await world.get_referral_status(KEY)
    return world


@pytest.fixture
async def replay(world: World, cache: Noting) -> ReplayInvalidations:
    """Return the use case; it knows the server."""
    replay = ReplayInvalidations(
        begin=world.store.begin, cache=cache, server=cache, clock=world.clock, reach=REACH
    )
    await replay(10)
    cache.told.clear()
    return replay


async def complete_behind_a_replica(world: World) -> None:
    """Have the cache fail over to a replica that lacks the invalidation of the completion."""
    replica = world.cache.copy()
    await world.deliver(builders.facts())
    await world.work()
    await world.drain_stale_statuses(10)
    world.cache.fail_over(replica)


async def test_what_a_promoted_replica_lacks_is_told_again(
    world: World, replay: ReplayInvalidations
) -> None:
    await complete_behind_a_replica(world)
    await world.drain_stale_statuses(10)
    assert (await world.get_referral_status(KEY)).status is ReferralStatus.PENDING
    assert await replay(10) == 1
    assert (await world.get_referral_status(KEY)).status is ReferralStatus.COMPLETED


async def test_the_same_server_is_told_once(
    world: World, cache: Noting, replay: ReplayInvalidations
) -> None:
    await complete_behind_a_replica(world)
    assert [await replay(10) for _ in range(3)] == [1, 0, 0]
    cache.fail_over(cache.copy())
    assert await replay(10) == 1


async def test_the_first_server_counts_as_another_one(
    world: World, cache: Noting, replay: ReplayInvalidations
) -> None:
    await complete_behind_a_replica(world)
    begun_later = attrs.evolve(replay, server=cache)
    assert await begun_later(10) == 1


async def test_a_cache_that_did_not_hear_all_of_it_is_told_again(
    world: World, cache: Noting, replay: ReplayInvalidations
) -> None:
    await complete_behind_a_replica(world)
    cache.away = True
    with pytest.raises(Unavailable, match=r"^the cache .* what is stale$"):
        await replay(10)
    cache.away = False
    assert await replay(10) == 1


@pytest.mark.parametrize(("earlier", "expected"), [(REACH - INSTANT, 1), (REACH, 0)])
async def test_it_reaches_as_far_back_as_a_value_may_live(
    world: World, replay: ReplayInvalidations, earlier: timedelta, expected: int
) -> None:
    await complete_behind_a_replica(world)
    world.clock.advance(earlier)
    assert await replay(10) == expected


async def test_many_are_told_in_parts_each_once(cache: Noting) -> None:
    world = World(cache=cache)
    now = world.clock.now()
    shares = [
        builders.referral(
            id=ReferralId(f"22222222-2222-4222-8222-22222222222{number}"),
            updated_at=now - number * timedelta(seconds=25),
        )
        for number in range(7)
    ]
    await world.set_up(shares=shares)
    replay = ReplayInvalidations(
        begin=world.store.begin, cache=cache, server=cache, clock=world.clock, reach=REACH
    )
    assert await replay(2) == 7
    assert max(map(len, cache.told)) == 2
    told = sorted(key for versions in cache.told for key in versions)
    assert told == sorted(share.key for share in shares)
