"""Shopify's orders in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_domain.errors import Unauthenticated, Unavailable
from referrals_domain.model.identifiers import OrderId, ShopDomain
from referrals_domain.model.order import OrderFacts
from referrals_domain.ports.shop_orders import OrderPage, ShopOrders

if TYPE_CHECKING:
    from datetime import datetime


@attrs.define
class InMemoryShopOrders(ShopOrders):
    """
    Shopify's orders in memory.

    Args:
        orders: The orders of each shop that gave access.
        unreadable: Those that nobody can read, on every first page.
        on_a_page: How many are on a page.
        shown: Of how many orders there are pages.
        pages_until_away: How many pages it answers before it is away; None: it stays.
    """

    orders: dict[ShopDomain, list[OrderFacts]] = attrs.field(factory=dict)
    unreadable: tuple[OrderId, ...] = ()
    on_a_page: int = 2
    shown: int = 25_000
    pages_until_away: int | None = None

    async def count(self, shop: ShopDomain, *, since: datetime, until: datetime) -> int:
        """Count the orders whose last change lies between, readable or not."""
        return len(self._between(shop, since, until)) + len(self.unreadable)

    async def changed(
        self, shop: ShopDomain, *, since: datetime, until: datetime, page: str | None = None
    ) -> OrderPage:
        """Return some of the orders whose last change lies between."""
        between = self._between(shop, since, until)
        if self.pages_until_away is not None:
            if not self.pages_until_away:
                raise Unavailable("Shopify is away")
            self.pages_until_away -= 1
        place = int(page or 0)
        following = place + self.on_a_page
        if following > self.shown:
            raise Unavailable("Shopify shows no more of so many")
        return OrderPage(
            facts=between[place:following],
            unreadable=() if page else self.unreadable,
            next=str(following) if between[following:] else None,
        )

    def _between(self, shop: ShopDomain, since: datetime, until: datetime) -> list[OrderFacts]:
        if shop not in self.orders:
            raise Unauthenticated("the shop gave no access")
        between = [one for one in self.orders[shop] if since <= _changed_at(one) <= until]
        return sorted(between, key=_changed_at)


def _changed_at(facts: OrderFacts) -> datetime:
    assert facts.snapshot
    return facts.snapshot.updated_at
