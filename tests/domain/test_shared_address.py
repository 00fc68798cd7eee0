"""Friends of one advocate who share an address are looked at by a person, where there is one."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest

from referrals_domain.model.code import ReferralCode
from referrals_domain.model.evidence import AddressCheck
from referrals_domain.model.identifiers import AddressDigest, CustomerId, LinkId, OrderId
from referrals_domain.model.order import Buyer
from referrals_domain.model.referral import Cause
from referrals_domain.model.review import ReviewVerdict
from referrals_domain.testing import builders
from tests.domain.world import ADVOCATE, World

if TYPE_CHECKING:
    from referrals_domain.model.order import OrderFacts

HOME: Final = builders.ADDRESS
ELSEWHERE: Final = AddressDigest("0b" * 16)
OTHER_CODE: Final = ReferralCode.of_number(1)
OTHER_LINK: Final = builders.link(
    id=LinkId("33333333-3333-4333-8333-333333333333"),
    customer_id=CustomerId("7009"),
    code=OTHER_CODE,
)


@pytest.fixture
async def world() -> World:
    """Return a world whose program has a reviewer, and a second advocate."""
    world = World()
    await world.set_up(builders.program(review=True), links=[builders.link(), OTHER_LINK])
    world.core.known[ADVOCATE._replace(customer_id=OTHER_LINK.customer_id)] = builders.standing()
    return world


@pytest.mark.parametrize("together", [True, False])
async def test_a_second_friend_from_the_same_address_is_marked(
    world: World,
    together: bool,  # noqa: FBT001
) -> None:
    await world.deliver(_order(world, 0))
    if not together:
        await world.work()
    await world.deliver(_order(world, 1))
    await world.work()
    assert _causes(world, 2) == [Cause.ORDER_CREATED, Cause.IN_REVIEW]
    assert world.events() == ["referral.completed"]


async def test_with_many_workers_at_once_all_but_one_are_marked(world: World) -> None:
    await world.deliver(*(_order(world, number) for number in range(10)))
    await asyncio.gather(*(world.complete_orders(1) for _ in range(10)))
    assert sorted(_causes(world, 10)) == [Cause.IN_REVIEW] * 9 + [Cause.ORDER_CREATED]


async def test_what_is_approved_completes_though_the_address_is_shared(world: World) -> None:
    await world.deliver(_order(world, 0), _order(world, 1))
    await world.work()
    marked = world.referral_of(OrderId("1"))
    reviewed = await world.review_referral(marked.key, ReviewVerdict.APPROVED)
    assert reviewed.cause is Cause.ORDER_CREATED


async def test_without_a_reviewer_a_shared_address_has_no_effect_at_all(world: World) -> None:
    await world.change_program(builders.program())
    await world.deliver(_order(world, 0), _order(world, 1))
    await world.work()
    assert _causes(world, 2) == [Cause.ORDER_CREATED] * 2
    order = world.order(OrderId("1"))
    assert order
    assert order.evidence.address is None


@pytest.mark.parametrize("address", [ELSEWHERE, None])
async def test_another_address_or_none_is_not_marked(
    world: World, address: AddressDigest | None
) -> None:
    await world.deliver(
        _order(world, 0, address), _order(world, 1, HOME), _order(world, 2, address)
    )
    await world.work()
    expected = Cause.IN_REVIEW if address else Cause.ORDER_CREATED
    assert _causes(world, 3) == [Cause.ORDER_CREATED, Cause.ORDER_CREATED, expected]


async def test_friends_of_two_advocates_may_share_an_address(world: World) -> None:
    other = builders.signal(code=OTHER_CODE, share=None)
    facts = world.order_of_friend(1, snapshot=builders.facts_from(HOME).snapshot, signals=(other,))
    await world.deliver(_order(world, 0), facts)
    await world.work()
    assert _causes(world, 2) == [Cause.ORDER_CREATED] * 2


async def test_a_friend_who_orders_again_does_not_share_an_address_with_themselves(
    world: World,
) -> None:
    await world.deliver(_order(world, 0, cancelled=True))
    await world.work()
    buyer = Buyer(updated_at=builders.PLACED_AT, customer_id=CustomerId("800"))
    await world.deliver(builders.facts_from(HOME, order_id=OrderId("1"), buyer=buyer))
    await world.work()
    assert _causes(world, 2) == [Cause.ORDER_CANCELLED, Cause.ORDER_CREATED]


async def test_an_advocate_who_tried_to_refer_themselves_is_remembered_by_their_address(
    world: World,
) -> None:
    own = Buyer(updated_at=builders.PLACED_AT, customer_id=builders.ADVOCATE)
    await world.deliver(builders.facts_from(HOME, order_id=OrderId("0"), buyer=own))
    await world.work()
    await world.deliver(_order(world, 1))
    await world.work()
    assert _causes(world, 2) == [Cause.SELF_REFERRAL, Cause.IN_REVIEW]


async def test_an_order_whose_friend_turns_out_to_be_another_is_looked_into_again(
    world: World,
) -> None:
    await world.deliver(_order(world, 0))
    await world.work()
    same_friend = Buyer(updated_at=builders.PLACED_AT, customer_id=CustomerId("800"))
    await world.deliver(builders.facts_from(HOME, order_id=OrderId("1"), buyer=same_friend))
    await world.work()
    assert _causes(world, 2) == [Cause.ORDER_CREATED, Cause.FRIEND_ALREADY_REFERRED]
    later = builders.PLACED_AT + timedelta(minutes=1)
    other_friend = Buyer(updated_at=later, customer_id=builders.FRIEND)
    await world.deliver(builders.facts_from(HOME, order_id=OrderId("1"), buyer=other_friend))
    await world.work()
    assert _causes(world, 2) == [Cause.ORDER_CREATED, Cause.IN_REVIEW]


async def test_an_order_is_looked_into_once(world: World) -> None:
    await world.deliver(_order(world, 0))
    await world.work()
    await world.deliver(_order(world, 1))
    await world.work()
    await world.deliver(_order(world, 0, paid=False))
    await world.work()
    assert _causes(world, 2) == [Cause.ORDER_CREATED, Cause.IN_REVIEW]
    order = world.order(OrderId("0"))
    assert order
    assert order.evidence.address == AddressCheck(
        address=HOME, customer_id=CustomerId("800"), shared=False
    )


def _order(
    world: World,
    number: int,
    address: AddressDigest | None = HOME,
    *,
    cancelled: bool = False,
    paid: bool = True,
) -> OrderFacts:
    return world.order_of_friend(
        number,
        snapshot=builders.facts_from(address).snapshot,
        cancelled_at=world.clock.now() if cancelled else None,
        paid_at=builders.PLACED_AT if paid else None,
    )


def _causes(world: World, number: int) -> list[Cause]:
    return [world.referral_of(OrderId(str(one))).cause for one in range(number)]
