"""The orders that Shopify has."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import attrs

from referrals_domain.model.identifiers import OrderId
from referrals_domain.model.order import OrderFacts

if TYPE_CHECKING:
    from datetime import datetime

    from referrals_domain.model.identifiers import ShopDomain


@attrs.frozen(kw_only=True)
class OrderPage:
    """
    A page of orders.

    Args:
        facts: What Shopify says of each.
        unreadable: Those that cannot be read.
        next: What names the page behind it; None: it is the last.
    """

    facts: Sequence[OrderFacts]
    unreadable: Sequence[OrderId] = ()
    next: str | None = None


class ShopOrders(Protocol):
    """The orders that Shopify has, of the shops that gave access to them."""

    @abstractmethod
    async def count(self, shop: ShopDomain, *, since: datetime, until: datetime) -> int:
        """
        Return how many orders' last change lies between.

        Raises:
            Unavailable: As below.
            Unauthenticated: As below.
        """

    @abstractmethod
    async def changed(
        self, shop: ShopDomain, *, since: datetime, until: datetime, page: str | None = None
    ) -> OrderPage:
        """
        Return a page of the orders whose last change lies between, the earliest first.

        An order that changes meanwhile may be on two pages, or on none. Of more than 25,000 orders
        those behind cannot be asked for.

        Raises:
            Unavailable: Shopify does not answer, or only that it was asked too much.
            Unauthenticated: The shop gave no access, or took it back.
        """
