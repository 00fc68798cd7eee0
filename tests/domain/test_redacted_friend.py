"""A friend who was redacted was a customer when they were, at the latest; nobody is asked."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest

from referrals_domain.model.identifiers import CustomerKey
from referrals_domain.model.referral import Cause
from referrals_domain.testing import builders
from tests.domain.world import ADVOCATE

if TYPE_CHECKING:
    from datetime import datetime

    from tests.domain.world import World

INSTANT: Final = timedelta(microseconds=1)


async def redact_friend(world: World, *, at: datetime) -> CustomerKey:
    """Have them be redacted at a time; return the tombstone."""
    key = world.ids.merchant_key()
    stone = CustomerKey(builders.MERCHANT, key.tombstone(builders.FRIEND))
    async with world.store.begin() as tx:
        await tx.merchant_keys.add(builders.MERCHANT, key)
        await tx.redactions.add(stone, at=at)
        await tx.commit()
    return stone


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
    stone = await redact_friend(world, at=redacted_at)
    await world.deliver(builders.facts())
    await world.work()
    assert (world.share().referred_customer_id, world.share().cause) == (stone.customer_id, cause)
    assert world.core.asked == [ADVOCATE]
    order = world.order()
    assert order
    assert order.evidence.customers[stone.customer_id] == builders.standing(
        frequency=0, answered_at=builders.PLACED_AT, first_order_time=redacted_at
    )
