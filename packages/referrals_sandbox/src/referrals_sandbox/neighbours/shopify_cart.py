"""A visit to a shop, and its cart, as Shopify keeps them."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import attrs

from referrals_sandbox.neighbours.shopify_order import PlacedOrder

if TYPE_CHECKING:
    from collections.abc import Mapping


@attrs.define(kw_only=True)
class Cart:
    """
    A cart; empty ones have attributes, too.

    Args:
        token: Names it.
        items: How many of each variant are in it.
        attributes: What a theme or an app wrote to it; Shopify copies them to the order.
    """

    token: str = attrs.field(factory=lambda: secrets.token_hex(16))
    items: dict[str, int] = attrs.field(factory=dict)
    attributes: dict[str, str] = attrs.field(factory=dict)

    def add(self, items: list[dict[str, Any]]) -> None:
        """Put items into it."""
        for item in items:
            variant = str(item["id"])
            self.items[variant] = self.items.get(variant, 0) + int(item.get("quantity", 1))

    def update(self, attributes: Mapping[str, str | None]) -> None:
        """Merge attributes into its own; null and "" remove one."""
        merged = {**self.attributes, **attributes}
        self.attributes = {name: text for name, text in merged.items() if text}

    def document(self) -> dict[str, Any]:
        """Return it as `/cart.js` shows it."""
        return {
            "token": self.token,
            "attributes": self.attributes,
            "item_count": sum(self.items.values()),
            "items": [{"id": id_, "quantity": count} for id_, count in self.items.items()],
        }


@attrs.define(kw_only=True)
class Visit:
    """
    What the shop knows of a customer who has just come.

    Args:
        landing_site: Path and query of the first page that they saw.
        discount: The discount code that applies to their cart.
        cart: Their cart.
    """

    landing_site: str
    discount: str | None = None
    cart: Cart = attrs.field(factory=Cart)

    def clear(self) -> None:
        """
        Begin a new cart.

        `/cart/clear.js` is to leave the attributes of a cart alone; that they go, as they do
        after an order, is harder on who wrote them.
        """
        self.cart = Cart()

    def order(self) -> bytes:
        """Place an order, begin a new cart, and return the body of `orders/create`."""
        refs = parse_qs(urlsplit(self.landing_site).query).get("ref")
        placed = PlacedOrder(
            placed_at=datetime.now(UTC),
            attributes=self.cart.attributes,
            discount=self.discount,
            landing_site=self.landing_site,
            landing_site_ref=refs[0] if refs else None,
        )
        self.clear()
        return placed.body()
