"""Who brings the same deliveries in another order locks their keys in the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from referrals_adapters.postgres.intake import PostgresIntake
from referrals_domain.model.identifiers import MerchantId, OrderId, ShopDomain
from referrals_domain.testing import builders

if TYPE_CHECKING:
    from referrals_adapters.postgres.pool import Pool
    from referrals_domain.model.delivery import AcceptedDelivery
    from referrals_domain.testing.contracts.begin import Begin

OTHER = builders.program(
    merchant_id=MerchantId("a-shop"), shop_domain=ShopDomain("a-shop.myshopify.com")
)


def delivery(merchant_id: MerchantId, order_id: str) -> AcceptedDelivery:
    return builders.accepted_delivery(
        merchant_id=merchant_id, facts=builders.facts(order_id=OrderId(order_id))
    )


DELIVERIES = [
    delivery(OTHER.merchant_id, "1"),
    delivery(OTHER.merchant_id, "2"),
    delivery(builders.MERCHANT, "1"),
    delivery(builders.MERCHANT, "2"),
]
PROGRAMS = [OTHER, builders.program()]


@pytest.mark.parametrize("step", [1, -1], ids=["in their order", "the other way round"])
async def test_merchants_and_deliveries_are_locked_in_the_order_of_their_keys(
    begin_with_link: Begin, pool: Pool, asked: list[tuple[str, Any]], step: int
) -> None:
    async with begin_with_link() as tx:
        await tx.programs.save(OTHER)
        await tx.commit()
    asked.clear()

    intake = PostgresIntake(pool)
    assert await intake.add(DELIVERIES[::step], programs=PROGRAMS[::step]) == [True] * 4

    ((_, (merchants, *_, of_merchants, orders, _topics, _digests, _facts, _times, _sources)),) = (
        asked
    )
    assert merchants == [one.merchant_id for one in PROGRAMS]
    assert of_merchants == [one.merchant_id for one in DELIVERIES]
    assert orders == ["1", "2", "1", "2"]
