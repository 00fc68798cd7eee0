"""The cache is compared with the database after changes, and what is wrong goes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import attrs
import pytest

from referrals_domain.errors import Unavailable
from referrals_domain.model.consistency import Consistency
from referrals_domain.model.identifiers import ReferralId
from referrals_domain.model.referral import ReferralStatus
from referrals_domain.ports.status_cache import Hit
from referrals_domain.testing import builders
from referrals_domain.testing.memory.status_cache import InMemoryStatusCache
from referrals_domain.testing.memory.statuses import InMemoryStatuses
from referrals_domain.use_cases.check_statuses import CheckStatuses, Finding
from tests.domain.world import World

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from referrals_domain.model.identifiers import ReferralKey
    from referrals_domain.model.referral import StatusView

KEY: Final = builders.referral().key
SECOND: Final = timedelta(seconds=1)
INSTANT: Final = timedelta(microseconds=1)
FROM_THE_FUTURE: Final = attrs.evolve(builders.referral().view, version=7)


class Overtaking(InMemoryStatusCache):
    """A cache that is filled with the newest version just before it is told to drop anything."""

    def __init__(self, newest: StatusView) -> None:
        super().__init__()
        self._newest = newest

    async def drop(self, views: Mapping[ReferralKey, StatusView | None]) -> None:
        """Fill, and then drop."""
        self.put(KEY, self._newest)
        await super().drop(views)


class Unasked(InMemoryStatuses):
    """A database that must not be asked."""

    async def read(self, keys: Collection[ReferralKey]) -> Mapping[ReferralKey, StatusView | None]:
        """Fail."""
        raise AssertionError(keys)


@pytest.fixture
async def world() -> World:
    """Return a world in which the order has just completed, and the cache is empty."""
    world = World()
    await world.set_up()
    await world.deliver(builders.facts())
    await world.work()
    return world


def checking(world: World, **changes: object) -> CheckStatuses:
    ports = {
        "begin": world.store.begin,
        "statuses": InMemoryStatuses(world.store.begin, world.primary_is_away),
        "cached": world.cache,
        "clock": world.clock,
    }
    return CheckStatuses(**{**ports, **changes})  # type: ignore[arg-type]


async def checked(world: World, *, after: timedelta, **changes: object) -> list[Finding]:
    """Check once, when the change is so old."""
    world.clock.advance(after - SECOND)
    check = checking(world, **changes)
    world.clock.advance(SECOND)
    return list(await check(10))


@pytest.mark.parametrize("seconds", [1, 10, 60])
async def test_what_changed_is_looked_at_once_for_each_lag(world: World, seconds: int) -> None:
    check = checking(world)
    found: list[Finding] = []
    for _ in range(seconds + 1):
        world.clock.advance(SECOND)
        found += await check(10)
    lags = [timedelta(seconds=lag) for lag in (1, 10, 60) if lag <= seconds]
    assert found == [Finding(KEY, lag, Consistency.EMPTY) for lag in lags]


@pytest.mark.parametrize("seconds", [1, 10, 60])
async def test_a_lag_is_over_at_its_instant(world: World, seconds: int) -> None:
    lag = timedelta(seconds=seconds)
    assert await checked(world, after=lag - INSTANT) == []
    check = checking(world)
    world.clock.advance(INSTANT)
    assert await check(10) == [Finding(KEY, lag, Consistency.EMPTY)]


async def test_what_a_reader_filled_in_is_fresh(world: World) -> None:
    await world.get_referral_status(KEY)
    found = await checked(world, after=SECOND)
    assert found == [Finding(KEY, SECOND, Consistency.FRESH)]


@pytest.mark.parametrize(("seconds", "stays"), [(1, True), (10, True), (60, False)])
async def test_a_stale_value_is_found_and_dropped_at_the_last_lag(
    world: World, seconds: int, *, stays: bool
) -> None:
    old = builders.referral().view
    world.cache.put(KEY, old)
    lag = timedelta(seconds=seconds)
    assert await checked(world, after=lag) == [Finding(KEY, lag, Consistency.STALE)]
    assert await world.cache.look([KEY]) == ({KEY: old} if stays else {})


async def test_a_missed_absence_is_stale(world: World) -> None:
    world.cache.put(KEY, None)
    assert await checked(world, after=SECOND) == [Finding(KEY, SECOND, Consistency.STALE)]


@pytest.mark.parametrize("seconds", [1, 10, 60])
@pytest.mark.parametrize(
    "corrupt", [FROM_THE_FUTURE, attrs.evolve(FROM_THE_FUTURE, version=2)], ids=["future", "view"]
)
async def test_a_corrupt_value_is_found_and_dropped_at_once(
    world: World, corrupt: StatusView, seconds: int
) -> None:
    world.cache.put(KEY, corrupt)
    lag = timedelta(seconds=seconds)
    assert await checked(world, after=lag) == [Finding(KEY, lag, Consistency.CORRUPT)]
    status = await world.get_referral_status(KEY)
    assert status.status is ReferralStatus.COMPLETED


async def test_what_changed_between_look_and_drop_stays(world: World) -> None:
    right = world.share().view
    cache = Overtaking(right)
    cache.put(KEY, FROM_THE_FUTURE)
    found = await checked(world, after=SECOND, cached=cache)
    assert [one.consistency for one in found] == [Consistency.CORRUPT]
    assert await cache.read(KEY) == Hit(right)


async def test_a_change_between_both_looks_raises_no_alarm(world: World) -> None:
    class Moving(InMemoryStatuses):
        async def read(
            self, keys: Collection[ReferralKey]
        ) -> Mapping[ReferralKey, StatusView | None]:
            facts = builders.facts(cancelled_at=world.clock.now())
            await world.deliver(facts)
            await world.work()
            return await super().read(keys)

    await world.get_referral_status(KEY)
    found = await checked(world, after=SECOND, statuses=Moving(world.store.begin))
    assert world.share().version == 3
    assert found == [Finding(KEY, SECOND, Consistency.FRESH)]


async def test_no_more_than_the_limit_is_looked_at_for_each_lag() -> None:
    world = World(primary_is_away=False)
    ids = [ReferralId(f"22222222-2222-4222-8222-22222222222{number}") for number in range(3)]
    opened_at = world.clock.now()
    shares = [builders.referral(id=id_, updated_at=opened_at) for id_ in ids]
    await world.set_up(shares=shares)
    check = checking(world)
    world.clock.advance(SECOND)
    assert len(await check(2)) == 2


async def test_nobody_is_asked_when_nothing_is_cached(world: World) -> None:
    found = await checked(world, after=SECOND, statuses=Unasked(world.store.begin))
    assert [one.consistency for one in found] == [Consistency.EMPTY]


async def test_a_replica_proves_nothing(world: World) -> None:
    await world.get_referral_status(KEY)
    world.primary_is_away = True
    with pytest.raises(Unavailable, match=r"^the primary is away, .* proves nothing$"):
        await checked(world, after=SECOND)


async def test_what_could_not_be_looked_at_in_time_does_not_count(world: World) -> None:
    check = checking(world)
    world.clock.advance(timedelta(seconds=5))
    assert await check(10) == []
    world.clock.advance(timedelta(seconds=5))
    assert [one.lag for one in await check(10)] == [timedelta(seconds=10)]
