"""A poison order waits alone, and a store that fails loses nothing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from referrals_domain.errors import FriendTaken, Stale, Unavailable
from referrals_domain.model.delivery import Outcome
from referrals_domain.model.identifiers import OrderId
from referrals_domain.model.referral import ReferralStatus
from referrals_domain.ports.status_cache import Hit
from referrals_domain.testing import builders
from referrals_domain.use_cases.complete_orders import LEASE
from tests.domain.faults import POISON, Faults, FaultyStore
from tests.domain.world import RETRY, World

if TYPE_CHECKING:
    from referrals_domain.model.order import OrderFacts

ONE = OrderId("1")
TWO = OrderId("2")
SHARE = builders.referral().key


class PoisonError(Exception):
    """What nobody foresaw."""


@pytest.fixture
def store() -> FaultyStore:
    """Return a store in which nothing goes wrong yet."""
    return FaultyStore()


@pytest.fixture
async def world(store: FaultyStore) -> World:
    """Return a world on that store, in which three friends ordered."""
    world = World(store=store)
    await world.set_up()
    await world.deliver(*(_order(world, id_) for id_ in (ONE, POISON, TWO)))
    return world


@pytest.mark.parametrize("place", ["reading", "saving"])
async def test_a_poison_order_does_not_hold_up_the_others(
    store: FaultyStore, world: World, place: str
) -> None:
    error = PoisonError()
    store.faults = Faults(**{place: error})
    with pytest.raises(ExceptionGroup, match=r"^some orders could not be settled") as raised:
        await world.work()
    assert raised.value.exceptions == (error,)
    assert world.outcomes() == [Outcome.SETTLED, None, Outcome.SETTLED]
    assert {world.referral_of(id_).status for id_ in (ONE, TWO)} == {ReferralStatus.COMPLETED}
    assert world.events() == ["referral.completed"] * 2


@pytest.mark.parametrize("place", ["reading", "saving"])
async def test_of_two_orders_the_other_is_settled_too(
    store: FaultyStore, world: World, place: str
) -> None:
    await world.work()
    store.faults = Faults(**{place: PoisonError()})
    cancelled = [_order(world, id_, cancelled_at=world.clock.now()) for id_ in (POISON, ONE)]
    await world.deliver(*cancelled)
    with pytest.raises(ExceptionGroup):
        await world.work()
    assert world.outcomes()[-2:] == [None, Outcome.SETTLED]
    assert world.referral_of(ONE).status is ReferralStatus.REVERSED


@pytest.mark.parametrize("place", ["reading", "saving"])
async def test_a_poison_order_waits_for_its_next_attempt(
    store: FaultyStore, world: World, place: str
) -> None:
    store.faults = Faults(**{place: PoisonError()})
    with pytest.raises(ExceptionGroup):
        await world.work()
    world.clock.advance(LEASE)
    assert await world.work() == 0
    world.clock.advance(RETRY - LEASE)
    store.faults = Faults()
    assert await world.work() == 1
    assert world.referral_of(POISON).status is ReferralStatus.COMPLETED


@pytest.mark.parametrize("place", ["reading", "saving"])
async def test_a_poison_order_alone_is_told_of_and_waits(
    store: FaultyStore, world: World, place: str
) -> None:
    await world.work()
    error = PoisonError()
    store.faults = Faults(**{place: error})
    await world.deliver(_order(world, POISON, cancelled_at=world.clock.now()))
    for attempt in (1, 2):
        with pytest.raises(ExceptionGroup) as raised:
            await world.work()
        assert raised.value.exceptions == (error,)
        world.clock.advance(attempt * RETRY)
    assert world.referral_of(POISON).status is ReferralStatus.COMPLETED


async def test_an_order_from_the_end_of_time_does_not_hold_up_the_others(world: World) -> None:
    end = datetime.max.replace(tzinfo=UTC)
    bare = (builders.signal(share=None),)
    await world.deliver(_order(world, OrderId("9"), placed_at=end, signals=bare))
    with pytest.raises(ExceptionGroup):
        await world.work()
    assert world.outcomes() == [Outcome.SETTLED] * 3 + [None]


@pytest.mark.parametrize("error", [Stale(), FriendTaken()])
async def test_who_lost_a_race_tries_again_later_without_a_fuss(
    store: FaultyStore, world: World, error: Exception
) -> None:
    store.faults = Faults(saving=error)
    assert await world.work() == 3
    assert world.outcomes() == [Outcome.SETTLED, None, Outcome.SETTLED]
    store.faults = Faults()
    world.clock.advance(RETRY)
    assert await world.work() == 1
    assert world.referral_of(POISON).status is ReferralStatus.COMPLETED


@pytest.mark.parametrize("place", ["reading", "saving"])
async def test_a_store_that_is_away_is_no_poison_and_nothing_is_decided(
    store: FaultyStore, world: World, place: str
) -> None:
    store.faults = Faults(**{place: Unavailable()})
    with pytest.raises(Unavailable):
        await world.work()
    assert world.outcomes() == [None] * 3
    assert world.store.state.orders == {}
    store.faults = Faults()
    world.clock.advance(LEASE)
    assert await world.work() == 3
    assert world.events() == ["referral.completed"] * 3


async def test_a_commit_of_unknown_outcome_is_not_done_twice(
    store: FaultyStore, world: World
) -> None:
    store.faults = Faults(committed=Unavailable())
    with pytest.raises(Unavailable):
        await world.work()
    store.faults = Faults()
    world.clock.advance(LEASE)
    assert await world.work() == 0
    assert world.events() == ["referral.completed"] * 3


async def test_a_commit_of_unknown_outcome_still_reaches_the_cache(
    store: FaultyStore, world: World
) -> None:
    before = await world.get_referral_status(SHARE)
    store.faults = Faults(committed=Unavailable())
    with pytest.raises(Unavailable):
        await world.work()
    store.faults = Faults()
    assert await world.cache.read(SHARE) == Hit(before)
    await world.drain_stale_statuses(10)
    assert await world.get_referral_status(SHARE) == world.share().view


async def test_many_workers_at_once_reward_a_friend_once() -> None:
    world = World()
    await world.set_up()
    await world.deliver(*(builders.facts(order_id=OrderId(str(one))) for one in range(10)))
    await asyncio.gather(*(world.complete_orders(1) for _ in range(10)))
    statuses = sorted(one.status for one in world.store.state.referrals.values())
    assert statuses == [ReferralStatus.COMPLETED] + [ReferralStatus.REJECTED] * 9
    assert world.events() == ["referral.completed"]


def _order(world: World, order_id: OrderId, **changes: Any) -> OrderFacts:
    return world.order_of_friend(int(order_id), **changes)
