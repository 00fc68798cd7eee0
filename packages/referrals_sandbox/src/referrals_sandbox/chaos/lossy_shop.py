"""The shop of which Shopify does not tell all: what never comes is found by sweeps."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import attrs

from referrals_domain.model.delivery import Topic
from referrals_sandbox.neighbours.shopify_platform.faults import Faults
from referrals_sandbox.neighbours.shopify_platform.shopkeeper import Shopkeeper

if TYPE_CHECKING:
    from referrals_sandbox.neighbours.shopify_order import PlacedOrder
    from referrals_sandbox.neighbours.shopify_platform.platform import Report

SPEED: Final = 7200.0
"""
How much faster hours pass for Shopify: the eight retries of four hours take two seconds.

So an outage that lasts longer has it give up, and remove the subscription.
"""

LATENESS: Final = 3600.0
"""By how many of its seconds a webhook is late at most: half a second."""

CLOCK_BEHIND: Final = 20 * 60
"""
By how many seconds Shopify's clock is behind.

Else a sweep would leave what happens to an order for ten minutes; see `ON_THEIR_WAY`.
"""

_USUAL: Final = Faults(dropped=0.2, doubled=0.1, late=0.2, lateness=LATENESS, skew=-CLOCK_BEHIND)


@attrs.frozen(kw_only=True)
class LossyShop:
    """
    A shop at Shopify; all methods raise SandboxError if that refuses.

    Args:
        merchant_id: The merchant.
        domain: The shop.
        keeper: Has things happen there.
    """

    merchant_id: str
    domain: str
    keeper: Shopkeeper = attrs.field(repr=False)

    async def happen(self, topic: Topic, order: PlacedOrder) -> None:
        """Have that happen to an order of which a topic tells, in the order of its life."""
        await asyncio.to_thread(self._happen, topic, order)

    async def report(self) -> Report:
        """Tell how the shop stands."""
        return await asyncio.to_thread(self.keeper.report, self.domain)

    async def worsen(self, faults: Faults) -> None:
        """Have other faults than usual."""
        worse = attrs.evolve(faults, skew=_USUAL.skew)
        await asyncio.to_thread(self.keeper.fail, worse)

    async def as_usual(self) -> None:
        """Have a fifth of the webhooks dropped, and some of the others twice or late."""
        await asyncio.to_thread(self.keeper.fail, _USUAL)

    async def leave(self, seconds: float) -> None:
        """Have Shopify be away for so many seconds of ours."""
        await asyncio.to_thread(self.keeper.leave, seconds * SPEED)

    def _happen(self, topic: Topic, order: PlacedOrder) -> None:
        match topic:
            case Topic.ORDERS_CREATE:
                self.keeper.place(self.domain, [order.body()])
            case Topic.ORDERS_PAID:
                self.keeper.pay(self.domain, order.order_id)
            case Topic.ORDERS_CANCELLED:
                self.keeper.cancel(self.domain, order.order_id)
            case Topic.REFUNDS_CREATE:
                self.keeper.refund(self.domain, order.order_id)
