"""A shop that sends nearly everything does not make the others wait."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from referrals_domain.model.identifiers import MerchantId, OrderId
from referrals_domain.testing import builders
from referrals_domain.testing.memory.state import StoredDelivery
from tests.domain.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

BIG: Final = MerchantId("big")
LIMIT: Final = 10


def _waiting(merchant_id: MerchantId, place: int) -> StoredDelivery:
    """Return the delivery that came in that place, of an order that nobody referred."""
    at = builders.PLACED_AT - timedelta(days=1) + timedelta(seconds=place)
    facts = builders.facts(order_id=OrderId(str(place)), signals=())
    accepted = builders.accepted_delivery(merchant_id=merchant_id, facts=facts, received_at=at)
    return StoredDelivery(accepted=accepted, due_at=at)


async def _batches_until_others_are_done(others: Sequence[int], *, of_big: int) -> int:
    """Have the big shop send everything first; count the worker's batches."""
    world = World()
    senders = [BIG] * of_big + [
        MerchantId(f"shop-{shop}") for shop, size in enumerate(others) for _ in range(size)
    ]
    waiting = (_waiting(shop, place) for place, shop in enumerate(senders))
    world.store.state.deliveries.update(enumerate(waiting))
    batches = 0
    while any(
        one.outcome is None and one.accepted.merchant_id != BIG
        for one in world.store.state.deliveries.values()
    ):
        assert 0 < await world.complete_orders(LIMIT) <= LIMIT
        batches += 1
    return batches


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 15), min_size=1, max_size=12))
async def test_who_sends_nine_orders_of_ten_at_most_doubles_the_time_of_the_others(
    others: list[int],
) -> None:
    alone = await _batches_until_others_are_done(others, of_big=0)
    beside = await _batches_until_others_are_done(others, of_big=9 * sum(others))
    assert beside <= 2 * alone
