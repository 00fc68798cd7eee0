"""Subscriptions that Shopify removed are put back, and only those."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from referrals_adapters.shopify.subscriptions import ShopifySubscriptions
from referrals_domain.errors import Unauthenticated, Unavailable
from referrals_domain.model.delivery import Topic
from referrals_domain.model.privacy import PrivacyTopic
from referrals_domain.use_cases.keep_subscriptions import WANTED, KeepSubscriptions
from tests.shopify_platform.asking import ACME, asking
from tests.shopify_platform.conftest import SHOP

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.shopify_platform.conftest import Stand


@pytest.fixture
async def subscriptions(stand: Stand) -> AsyncIterator[ShopifySubscriptions]:
    async with asking(stand) as api:
        yield ShopifySubscriptions(api=api, address=stand.gateway.url)


async def test_what_is_not_posted_is_subscribed_to_and_then_posted(
    stand: Stand, subscriptions: ShopifySubscriptions
) -> None:
    stand.shopify.shops[SHOP].subscriptions.clear()
    keep = KeepSubscriptions(subscriptions=subscriptions)
    assert await keep(ACME) == list(WANTED)
    assert sorted(stand.shopify.report(SHOP).topics) == sorted(WANTED)
    assert await keep(ACME) == []
    stand.shopify.uninstall(SHOP)
    await stand.quiet()
    assert len(stand.gateway.of(PrivacyTopic.APP_UNINSTALLED)) == 1


async def test_only_what_shopify_removed_is_put_back(
    stand: Stand, subscriptions: ShopifySubscriptions
) -> None:
    keep = KeepSubscriptions(subscriptions=subscriptions)
    await keep(ACME)
    shop = stand.shopify.shops[SHOP]
    kept = [one for one in shop.subscriptions if one.topic != Topic.ORDERS_PAID]
    shop.subscriptions[:] = kept
    assert await keep(ACME) == [Topic.ORDERS_PAID]
    assert shop.subscriptions[:-1] == kept


async def test_a_dry_run_tells_what_is_not_posted_and_leaves_it(
    subscriptions: ShopifySubscriptions,
) -> None:
    keep = KeepSubscriptions(subscriptions=subscriptions)
    for _ in range(2):
        assert await keep(ACME, dry_run=True) == [PrivacyTopic.APP_UNINSTALLED]


async def test_what_is_posted_elsewhere_is_not_posted_here(stand: Stand) -> None:
    async with asking(stand) as api:
        moved = ShopifySubscriptions(api=api, address="https://go.example")
        assert await moved.get(ACME) == set()
        await moved.add(ACME, Topic.ORDERS_PAID)
        assert await moved.get(ACME) == {Topic.ORDERS_PAID}


async def test_what_another_process_subscribed_to_meanwhile_is_well(
    stand: Stand, subscriptions: ShopifySubscriptions
) -> None:
    before = stand.shopify.report(SHOP).topics
    await subscriptions.add(ACME, Topic.ORDERS_PAID)
    assert stand.shopify.report(SHOP).topics == before


async def test_what_shopify_refuses_is_told(stand: Stand) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        refused = {"userErrors": [{"message": "Address is not allowed"}]}
        data = (
            {"webhookSubscriptionCreate": refused}
            if b"mutation" in request.content
            else {"webhookSubscriptions": {"nodes": []}}
        )
        return httpx.Response(200, json={"data": data})

    async with asking(stand, transport=httpx.MockTransport(refuse)) as api:
        refused = ShopifySubscriptions(api=api, address="https://go.example")
        with pytest.raises(Unavailable, match="refuses to post orders/paid"):
            await refused.add(ACME, Topic.ORDERS_PAID)


async def test_a_shop_that_took_its_token_back_is_told(
    stand: Stand, subscriptions: ShopifySubscriptions
) -> None:
    stand.shopify.uninstall(SHOP)
    with pytest.raises(Unauthenticated):
        await KeepSubscriptions(subscriptions=subscriptions)(ACME)
