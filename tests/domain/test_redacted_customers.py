"""Who was redacted is not asked about, and their id is not written down again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import attrs
import pytest

from referrals_domain.model.identifiers import CustomerId, CustomerKey
from referrals_domain.model.referral import Cause
from referrals_domain.testing import builders
from referrals_domain.testing.memory.neighbours import InMemoryCustomerValidator
from tests.domain.world import ADVOCATE, FRIEND, World

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from referrals_domain.model.evidence import CustomerStanding

INSTANT: Final = timedelta(microseconds=1)


async def redact(world: World, customer_id: CustomerId, *, at: datetime) -> CustomerKey:
    """Have them be redacted at a time; return the tombstone."""
    customer = CustomerKey(builders.MERCHANT, customer_id)
    async with world.store.begin() as tx:
        key = await tx.merchant_keys.add(builders.MERCHANT, world.ids.merchant_key())
        stone = key.tombstone(customer_id)
        await tx.redactions.add(CustomerKey(builders.MERCHANT, stone), at=at)
        await tx.customer_records.redact(customer, stone, at=at)
        await tx.commit()
    return CustomerKey(builders.MERCHANT, stone)


@attrs.define
class SlowCore(InMemoryCustomerValidator):
    """Core, which answers so slowly that somebody is redacted meanwhile."""

    world: World = attrs.field(kw_only=True)
    who: CustomerId = attrs.field(kw_only=True)

    async def standings(
        self, customers: Collection[CustomerKey]
    ) -> Mapping[CustomerKey, CustomerStanding]:
        """Answer, once they are."""
        await redact(self.world, self.who, at=self.world.clock.now())
        return await super().standings(customers)


@pytest.mark.parametrize(
    ("redacted_at", "cause"),
    [
        (builders.PLACED_AT - INSTANT, Cause.FRIEND_NOT_NEW),
        (builders.PLACED_AT, Cause.ORDER_CREATED),
    ],
    ids=["before the order", "with it"],
)
async def test_who_was_redacted_before_the_order_was_no_new_friend(
    world: World, redacted_at: datetime, cause: Cause
) -> None:
    stone = await redact(world, builders.FRIEND, at=redacted_at)
    await world.deliver(builders.facts())
    (delivery,) = world.store.state.deliveries.values()
    assert delivery.accepted.facts.customer_id == stone.customer_id
    await world.work()
    assert (world.share().referred_customer_id, world.share().cause) == (stone.customer_id, cause)
    assert world.core.asked == [ADVOCATE]
    order = world.order()
    assert order
    assert order.evidence.customers[stone.customer_id] == builders.standing(
        frequency=0, answered_at=builders.PLACED_AT, first_order_time=redacted_at
    )


@pytest.mark.parametrize("who", [ADVOCATE, FRIEND], ids=["advocate", "friend"])
async def test_who_was_redacted_while_core_was_asked_is_a_tombstone_in_the_order(
    world: World, who: CustomerKey
) -> None:
    world.core = SlowCore(known=world.core.known, world=world, who=who.customer_id)
    await world.deliver(builders.facts())
    await world.work()
    order = world.order()
    assert order
    assert order.facts.customer_id == world.share().referred_customer_id
    assert order.evidence.customers.keys() == {
        world.share().customer_id,
        world.share().referred_customer_id,
    }
    (stone,) = {one for one in order.evidence.customers if one.is_tombstone}
    assert order.evidence.customers[stone] == world.core.known[who]
