"""An advocate has so many conversions a day, however their orders are batched."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

import pytest

from referrals_domain.model.code import ReferralCode
from referrals_domain.model.identifiers import CustomerId, LinkId, OrderId
from referrals_domain.model.program import CompleteOn
from referrals_domain.model.referral import Cause
from referrals_domain.testing import builders
from tests.domain.world import ADVOCATE, World

MIDNIGHT: Final = datetime(2026, 11, 21, tzinfo=UTC)
INSTANT: Final = timedelta(microseconds=1)
OTHER_CODE: Final = ReferralCode.of_number(1)
OTHER_LINK: Final = builders.link(
    id=LinkId("33333333-3333-4333-8333-333333333333"),
    customer_id=CustomerId("7009"),
    code=OTHER_CODE,
)


@pytest.fixture
async def world() -> World:
    """Return a world whose program has a cap of two, and a second advocate."""
    world = World()
    await world.set_up(builders.program(velocity_cap=2), links=[builders.link(), OTHER_LINK])
    other_advocate = ADVOCATE._replace(customer_id=OTHER_LINK.customer_id)
    world.core.known[other_advocate] = builders.standing()
    return world


async def test_within_one_batch_the_cap_holds(world: World) -> None:
    await world.deliver(*(world.order_of_friend(number) for number in range(4)))
    await world.work()
    assert _causes(world, 4) == [Cause.ORDER_CREATED] * 2 + [Cause.VELOCITY_CAP] * 2
    assert world.net_reward() == 2


async def test_across_batches_the_cap_holds(world: World) -> None:
    for number in range(4):
        await world.deliver(world.order_of_friend(number))
        await world.work()
    assert _causes(world, 4) == [Cause.ORDER_CREATED] * 2 + [Cause.VELOCITY_CAP] * 2
    assert world.net_reward() == 2


async def test_with_many_workers_at_once_the_cap_holds(world: World) -> None:
    await world.deliver(*(world.order_of_friend(number) for number in range(10)))
    await asyncio.gather(*(world.complete_orders(1) for _ in range(10)))
    assert sorted(_causes(world, 10)) == [Cause.ORDER_CREATED] * 2 + [Cause.VELOCITY_CAP] * 8


async def test_without_a_cap_all_complete(world: World) -> None:
    await world.change_program(builders.program(velocity_cap=0))
    await world.deliver(*(world.order_of_friend(number) for number in range(4)))
    await world.work()
    assert _causes(world, 4) == [Cause.ORDER_CREATED] * 4


async def test_each_advocate_has_a_cap_of_their_own(world: World) -> None:
    others = (builders.signal(code=OTHER_CODE, share=None),)
    await world.deliver(
        world.order_of_friend(0),
        world.order_of_friend(1),
        world.order_of_friend(2, signals=others),
        world.order_of_friend(3),
    )
    await world.work()
    assert _causes(world, 4) == [Cause.ORDER_CREATED] * 3 + [Cause.VELOCITY_CAP]


async def test_each_day_has_a_cap_of_its_own_and_ends_at_midnight_utc(world: World) -> None:
    world.clock.time = MIDNIGHT + timedelta(hours=1)
    before, after = MIDNIGHT - INSTANT, MIDNIGHT
    times = [before, before, before, after, after, after]
    await world.deliver(
        *(world.order_of_friend(number, placed_at=at) for number, at in enumerate(times))
    )
    await world.work()
    day = [Cause.ORDER_CREATED] * 2 + [Cause.VELOCITY_CAP]
    assert _causes(world, 6) == day * 2


async def test_a_day_is_the_same_in_every_time_zone(world: World) -> None:
    world.clock.time = MIDNIGHT + timedelta(hours=1)
    just_before = MIDNIGHT - INSTANT
    zones = [UTC, timezone(timedelta(hours=9)), timezone(timedelta(hours=-11))]
    await world.deliver(
        *(
            world.order_of_friend(number, placed_at=just_before.astimezone(zone))
            for number, zone in enumerate(zones)
        )
    )
    await world.work()
    assert _causes(world, 3) == [Cause.ORDER_CREATED] * 2 + [Cause.VELOCITY_CAP]


async def test_the_day_is_the_orders_and_not_the_deliverys(world: World) -> None:
    await world.deliver(world.order_of_friend(0), world.order_of_friend(1))
    await world.work()
    world.clock.advance(timedelta(days=1))
    await world.deliver(world.order_of_friend(2))
    await world.work()
    assert _causes(world, 3)[2] is Cause.VELOCITY_CAP


async def test_what_was_rejected_does_not_count(world: World) -> None:
    await world.deliver(
        world.order_of_friend(0, test=True), *(world.order_of_friend(one) for one in (1, 2))
    )
    await world.work()
    assert _causes(world, 3) == [Cause.TEST_ORDER, *[Cause.ORDER_CREATED] * 2]


async def test_what_qualified_counts(world: World) -> None:
    await world.change_program(builders.program(velocity_cap=2, complete_on=CompleteOn.ORDER_PAID))
    await world.deliver(*(world.order_of_friend(one, paid_at=None) for one in range(3)))
    await world.work()
    assert _causes(world, 3) == [Cause.AWAITS_PAYMENT] * 2 + [Cause.VELOCITY_CAP]


@pytest.mark.parametrize("together", [True, False])
async def test_what_was_reversed_makes_room_for_a_later_order(
    world: World,
    together: bool,  # noqa: FBT001
) -> None:
    await world.deliver(world.order_of_friend(0), world.order_of_friend(1))
    await world.work()
    await world.deliver(world.order_of_friend(0, cancelled_at=world.clock.now()))
    if not together:
        await world.work()
    await world.deliver(world.order_of_friend(2))
    await world.work()
    assert _causes(world, 3) == [Cause.ORDER_CANCELLED, *[Cause.ORDER_CREATED] * 2]


async def test_an_order_does_not_count_against_itself_when_more_of_it_is_told(
    world: World,
) -> None:
    orders = [world.order_of_friend(number, paid_at=None) for number in range(2)]
    await world.deliver(*orders)
    await world.work()
    await world.deliver(*(world.order_of_friend(number) for number in range(2)))
    await world.work()
    assert _causes(world, 2) == [Cause.ORDER_CREATED] * 2
    assert world.events() == ["referral.completed"] * 2


async def test_an_order_does_not_count_against_itself_when_a_cap_comes_later(
    world: World,
) -> None:
    await world.change_program(builders.program(velocity_cap=0))
    await world.deliver(world.order_of_friend(0, paid_at=None))
    await world.work()
    await world.change_program(builders.program(velocity_cap=1))
    await world.deliver(world.order_of_friend(0))
    await world.work()
    assert _causes(world, 1) == [Cause.ORDER_CREATED]


async def test_a_refused_order_stays_refused_when_more_of_it_is_told(world: World) -> None:
    await world.deliver(*(world.order_of_friend(number, paid_at=None) for number in range(3)))
    await world.work()
    await world.deliver(world.order_of_friend(0, cancelled_at=world.clock.now()))
    await world.work()
    await world.deliver(world.order_of_friend(2))
    await world.work()
    assert _causes(world, 3)[2] is Cause.VELOCITY_CAP


def _causes(world: World, number: int) -> list[Cause]:
    return [world.referral_of(OrderId(str(one))).cause for one in range(number)]
