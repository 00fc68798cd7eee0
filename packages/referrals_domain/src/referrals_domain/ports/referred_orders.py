"""The orders that signals point at."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from referrals_domain.model.identifiers import OrderKey
    from referrals_domain.model.order import ReferredOrder


class ReferredOrders(Protocol):
    """
    The orders of every merchant.

    An order id belongs to the first merchant that brought it; to others it does not exist.
    """

    @abstractmethod
    async def get(self, keys: Collection[OrderKey]) -> Mapping[OrderKey, ReferredOrder]:
        """Return the orders that exist."""

    @abstractmethod
    async def lock(self, keys: Collection[OrderKey]) -> Mapping[OrderKey, ReferredOrder]:
        """
        Return the orders, empty where nothing is known; nobody else locks them before the end.

        An order that another merchant brought first is left out.
        """

    @abstractmethod
    async def save(self, orders: Collection[ReferredOrder], *, at: datetime) -> None:
        """Save orders that this transaction locked; this is when they were last heard of."""
