"""Shopify: all shops, and what happens in them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import attrs

from referrals_sandbox.neighbours.shopify_platform.circumstances import Circumstances
from referrals_sandbox.neighbours.shopify_platform.order import Order, Refusal
from referrals_sandbox.neighbours.shopify_platform.shop import (
    UNINSTALLED,
    Calls,
    Shop,
    Terms,
    opened,
)
from referrals_sandbox.neighbours.shopify_platform.webhooks import Posted, Webhooks

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from referrals_sandbox.neighbours.shopify_platform.order import Document


@attrs.frozen(kw_only=True)
class Report:
    """
    How a shop stands.

    Args:
        orders: How many orders it has.
        topics: What the app is subscribed to.
        asked: How many calls of the Admin API there were.
        throttled: How many of them went without an answer for want of points.
        too_many: How many for want of requests: 429.
        troubled: How many because a fault was wished for.
        busiest_second: The most calls within a second.
        posted: What became of its webhooks.
    """

    orders: int
    topics: list[str]
    asked: int
    throttled: int
    too_many: int
    troubled: int
    busiest_second: int
    posted: Posted


@attrs.define(eq=False)
class Shopify:
    """
    Shopify; to be used in the loop that serves it.

    Args:
        circumstances: What goes for all shops.
    """

    circumstances: Circumstances = attrs.field(factory=Circumstances)
    shops: dict[str, Shop] = attrs.field(factory=dict, init=False)
    webhooks: Webhooks = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Begin to post."""
        self.webhooks = Webhooks(self.circumstances)

    def agree(self, terms: Terms) -> None:
        """Open a shop with the app; one that there is goes on by these terms."""
        now = asyncio.get_running_loop().time()
        shop = self.shops.get(terms.domain)
        if shop is None or not shop.has_app:
            new = opened(terms, now)
            new.orders = shop.orders if shop else {}
            self.shops[terms.domain] = new
            return
        if shop.terms.plan is not terms.plan:
            shop.calls = Calls(terms.plan, now)
        shop.terms = terms

    def place(self, domain: str, documents: Iterable[Document]) -> None:
        """
        Place orders, each as `shopify_order.PlacedOrder` writes it.

        Raises:
            KeyError: There is no such shop, or the document lacks a field.
            Refusal: There is such an order already.
        """
        shop = self.shops[domain]
        skew = timedelta(seconds=self.circumstances.faults.skew)
        for document in documents:
            order = Order.placed(document, domain=domain, skew=skew)
            if order.id in shop.orders:
                raise Refusal(f"there is an order {order.id} already")
            shop.orders[order.id] = order
            self._tell(shop, order, "orders/create")
            if order.is_paid:
                self._tell(shop, order, "orders/paid")

    def pay(self, domain: str, order_id: int) -> None:
        """
        Have an order paid.

        Raises:
            KeyError: There is no such shop, or no such order; below as well.
            Refusal: It cannot be paid.
        """
        shop, order = self._find(domain, order_id)
        order.pay(self.circumstances.now())
        self._tell(shop, order, "orders/paid")

    def cancel(self, domain: str, order_id: int) -> None:
        """
        Cancel an order.

        Raises:
            Refusal: It is cancelled already.
        """
        shop, order = self._find(domain, order_id)
        order.cancel(self.circumstances.now())
        self._tell(shop, order, "orders/cancelled")

    def refund(self, domain: str, order_id: int, amount: Decimal | None = None) -> None:
        """
        Pay back a part of an order, in the shop's currency; None: all that is left.

        Raises:
            Refusal: There is not so much to pay back.
        """
        shop, order = self._find(domain, order_id)
        refund = order.refund(self.circumstances.now(), amount)
        self.webhooks.send(shop, "refunds/create", refund.document)

    def touch(self, domain: str, order_id: int) -> None:
        """Change something of an order that no webhook is about."""
        _, order = self._find(domain, order_id)
        order.touch(self.circumstances.now())

    def uninstall(self, domain: str) -> None:
        """
        Remove the app from a shop: its token and its subscriptions end, and it is told.

        Raises:
            KeyError: There is no such shop.
        """
        shop = self.shops[domain]
        shop.has_app = False
        shop.subscriptions = [one for one in shop.subscriptions if one.topic == UNINSTALLED]
        self.webhooks.send(shop, UNINSTALLED, {"domain": domain, "myshopify_domain": domain})

    def report(self, domain: str) -> Report:
        """
        Tell how a shop stands.

        Raises:
            KeyError: There is no such shop.
        """
        shop = self.shops[domain]
        calls = shop.calls
        return Report(
            orders=len(shop.orders),
            topics=[one.topic for one in shop.subscriptions],
            asked=calls.asked,
            throttled=calls.throttled,
            too_many=calls.too_many,
            troubled=calls.troubled,
            busiest_second=calls.busiest_second,
            posted=self.webhooks.posted[domain],
        )

    def _find(self, domain: str, order_id: int) -> tuple[Shop, Order]:
        shop = self.shops[domain]
        return shop, shop.orders[order_id]

    def _tell(self, shop: Shop, order: Order, topic: str) -> None:
        self.webhooks.send(shop, topic, order.body(shop.terms.api_version))
