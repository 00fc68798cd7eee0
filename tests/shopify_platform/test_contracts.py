"""What asks Shopify's Admin API keeps the laws of its ports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from referrals_adapters.shopify.orders import ShopifyOrders
from referrals_adapters.shopify.subscriptions import ShopifySubscriptions
from referrals_domain.testing.contracts.shop_orders import ShopOrdersContract, ShopWith
from referrals_domain.testing.contracts.webhook_subscriptions import WebhookSubscriptionsContract
from tests.shopify_platform.asking import asking
from tests.shopify_platform.conftest import SECRET, SHOP
from tests.shopify_platform.orders import document, placed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from datetime import datetime

    from referrals_adapters.shopify.admin_api import AdminApi
    from referrals_domain.model.identifiers import OrderId
    from tests.shopify_platform.conftest import Stand


class _Shopify:
    @pytest.fixture
    async def api(self, stand: Stand) -> AsyncIterator[AdminApi]:
        async with asking(stand) as api:
            yield api


class TestShopifyOrders(_Shopify, ShopOrdersContract):
    @pytest.fixture
    def shop_with(self, stand: Stand, api: AdminApi) -> ShopWith:
        def having(changes: Mapping[OrderId, datetime]) -> ShopifyOrders:
            orders = [placed(order_id=int(id_), placed_at=at) for id_, at in changes.items()]
            stand.shopify.place(SHOP, map(document, orders))
            return ShopifyOrders(api=api, secret=SECRET)

        return having


class TestShopifySubscriptions(_Shopify, WebhookSubscriptionsContract):
    @pytest.fixture
    def subscriptions(self, api: AdminApi) -> ShopifySubscriptions:
        return ShopifySubscriptions(api=api, address="https://go.example")
