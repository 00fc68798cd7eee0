"""Once a delivery is accepted it is durable, or not ours."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from referrals_domain.model.delivery import Receipt
from referrals_domain.model.identifiers import MerchantId, OrderId, ShopDomain
from referrals_domain.testing import builders
from referrals_domain.use_cases.quarantine_bodies import QuarantineBodies

if TYPE_CHECKING:
    from tests.domain.world import World

OTHER_SHOP = ShopDomain("other.myshopify.com")


async def test_a_delivery_is_stored_for_the_merchant_of_its_shop(world: World) -> None:
    receipts = await world.accept_deliveries([builders.delivery()])
    assert receipts == [Receipt.STORED]
    (stored,) = world.store.state.deliveries.values()
    assert stored.accepted == builders.accepted_delivery()


async def test_a_delivery_that_comes_again_is_not_stored_again(world: World) -> None:
    later = builders.delivery(received_at=builders.PLACED_AT + timedelta(hours=4))
    await world.accept_deliveries([builders.delivery()])
    assert await world.accept_deliveries([later]) == [Receipt.REPEATED]
    assert len(world.store.state.deliveries) == 1


async def test_a_shop_without_a_program_is_not_ours(world: World) -> None:
    receipts = await world.accept_deliveries([builders.delivery(shop_domain=OTHER_SHOP)])
    assert receipts == [Receipt.NO_PROGRAM]
    assert world.store.state.deliveries == {}


@pytest.mark.parametrize("host", ["other.myshopify.com", "evil.example", ""])
async def test_a_body_that_names_another_shop_is_refused(world: World, host: str) -> None:
    receipts = await world.accept_deliveries([builders.delivery(named_host=host)])
    assert receipts == [Receipt.SHOP_MISMATCH]
    assert world.store.state.deliveries == {}


@pytest.mark.parametrize("host", [None, "acme.myshopify.com", "acme.example"])
async def test_a_body_may_name_the_shop_or_its_storefront_or_nothing(
    world: World, host: str | None
) -> None:
    receipts = await world.accept_deliveries([builders.delivery(named_host=host)])
    assert receipts == [Receipt.STORED]


async def test_each_delivery_gets_its_own_receipt_in_order(world: World) -> None:
    other_order = builders.facts(order_id=OrderId("1"))
    receipts = await world.accept_deliveries(
        [
            builders.delivery(shop_domain=OTHER_SHOP),
            builders.delivery(),
            builders.delivery(named_host="evil.example"),
            builders.delivery(),
            builders.delivery(facts=other_order),
            builders.delivery(shop_domain=OTHER_SHOP),
        ]
    )
    assert receipts == [
        Receipt.NO_PROGRAM,
        Receipt.STORED,
        Receipt.SHOP_MISMATCH,
        Receipt.REPEATED,
        Receipt.STORED,
        Receipt.NO_PROGRAM,
    ]
    assert len(world.store.state.deliveries) == 2


async def test_the_shops_of_one_batch_may_differ(world: World) -> None:
    other = MerchantId("other")
    async with world.store.begin() as tx:
        await tx.programs.save(builders.program(merchant_id=other, shop_domain=OTHER_SHOP))
        await tx.commit()
    await world.accept_deliveries([builders.delivery(), builders.delivery(shop_domain=OTHER_SHOP)])
    stored = world.store.state.deliveries.values()
    assert [one.accepted.merchant_id for one in stored] == [builders.MERCHANT, other]


async def test_to_accept_nothing_is_answered_with_nothing(world: World) -> None:
    assert await world.accept_deliveries([]) == []


async def test_a_body_that_nobody_can_read_is_kept_once(world: World) -> None:
    body, other = builders.unreadable_body(), builders.unreadable_body(body=bytes(range(256)))
    keep = QuarantineBodies(begin=world.store.begin)
    await keep([body, other])
    await keep([body])
    assert list(world.store.state.quarantine.values()) == [body, other]


def test_an_unreadable_body_does_not_show_its_bytes() -> None:
    shown = repr(builders.unreadable_body(body=b"secret"))
    assert "secret" not in shown
    assert "6 bytes" in shown
