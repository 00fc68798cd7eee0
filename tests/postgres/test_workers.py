"""Workers at once: what one of them decides, the next one sees."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import attrs

from referrals_domain.model.referral import ReferralStatus
from referrals_domain.testing import builders
from referrals_domain.use_cases.load_docket import load_docket
from tests.domain.world import World

if TYPE_CHECKING:
    from referrals_domain.testing.contracts.begin import Begin

_LOCKED = re.compile(r"FOR UPDATE OF (\w+)$")


async def test_orders_are_locked_before_links_and_links_before_referrals(
    begin_with_link: Begin, sent: list[str]
) -> None:
    async with begin_with_link() as tx:
        sent.clear()
        await load_docket(tx, {builders.order().key: builders.facts()}, lock=True)
    locks = [_LOCKED.search(statement) for statement in sent]
    assert [lock[1] for lock in locks if lock] == [
        "referred_orders",
        "referral_links",
        "referrals",
    ]


async def test_with_many_workers_at_once_the_velocity_cap_holds(begin: Begin) -> None:
    world = World()
    bare = (builders.signal(share=None),)
    orders = [world.order_of_friend(number, signals=bare) for number in range(10)]
    async with begin() as tx:
        await tx.programs.save(builders.program(velocity_cap=2))
        await tx.links.add(builders.link())
        await tx.deliveries.add([builders.accepted_delivery(facts=order) for order in orders])
        await tx.commit()
    complete = attrs.evolve(world.complete_orders, begin=begin)
    assert await asyncio.gather(*(complete(1) for _ in orders)) == [1] * 10
    async with begin() as tx:
        stored = await tx.orders.get([builders.order(facts=order).key for order in orders])
        referrals = await tx.referrals.get([order.referral_key for order in stored.values()])
    statuses = sorted(referral.status for referral in referrals.values())
    assert statuses == [ReferralStatus.COMPLETED] * 2 + [ReferralStatus.REJECTED] * 8
