"""The referred orders in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_domain.model.order import OrderFacts, ReferredOrder
from referrals_domain.ports.referred_orders import ReferredOrders
from referrals_domain.testing.memory.state import State

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from referrals_domain.model.identifiers import OrderKey


@attrs.frozen
class InMemoryReferredOrders(ReferredOrders):
    """The referred orders in memory."""

    state: State

    async def get(self, keys: Collection[OrderKey]) -> Mapping[OrderKey, ReferredOrder]:
        """Return the orders that exist."""
        return {key: self.state.orders[key] for key in keys if key in self.state.orders}

    async def lock(self, keys: Collection[OrderKey]) -> Mapping[OrderKey, ReferredOrder]:
        """Return the orders, empty where nothing is known; the whole store is locked."""
        owners = {key.order_id: key.merchant_id for key in self.state.orders}
        for key in sorted(keys):
            if owners.setdefault(key.order_id, key.merchant_id) == key.merchant_id:
                facts = OrderFacts(order_id=key.order_id)
                blank = ReferredOrder(merchant_id=key.merchant_id, facts=facts)
                self.state.orders.setdefault(key, blank)
        return await self.get(keys)

    async def save(self, orders: Collection[ReferredOrder], *, at: datetime) -> None:
        """Save orders that this transaction locked."""
        self.state.orders |= {order.key: order for order in orders}
        self.state.heard_of |= dict.fromkeys((order.key for order in orders), at)
