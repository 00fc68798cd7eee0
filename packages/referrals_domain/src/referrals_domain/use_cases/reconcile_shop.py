"""Find the orders of a shop that Shopify never delivered."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import TYPE_CHECKING

import attrs

from referrals_domain.errors import NotFound
from referrals_domain.model.delivery import Delivery, DeliverySource, Topic
from referrals_domain.model.identifiers import CustomerKey, OrderKey
from referrals_domain.model.order import OrderFacts
from referrals_domain.model.reconciliation import (
    FIRST_OVERLAP,
    MOST_IN_A_PART,
    ON_THEIR_WAY,
    OVERLAP,
    SHORTEST,
    Drift,
    Lack,
    MissingOrder,
)
from referrals_domain.ports.clock import Clock
from referrals_domain.ports.shop_orders import ShopOrders
from referrals_domain.ports.transaction import Transaction
from referrals_domain.use_cases.accept_deliveries import AcceptDeliveries
from referrals_domain.use_cases.redacted import redacted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime

    from referrals_domain.model.identifiers import MerchantId, ShopDomain
    from referrals_domain.ports.shop_orders import OrderPage


@attrs.frozen(kw_only=True)
class ReconcileShop:
    """Find the orders of a shop that Shopify never delivered, and take them in."""

    begin: Callable[[], Transaction]
    shop_orders: ShopOrders
    accept_deliveries: AcceptDeliveries
    clock: Clock

    async def __call__(
        self, shop: ShopDomain, *, since: datetime | None = None, dry_run: bool = False
    ) -> AsyncIterator[Drift]:
        """
        Sweep a shop, and tell after each page what was found so far.

        What is missing enters as a delivery does, with the same keys: to sweep what is known
        changes nothing. A sweep that is broken off, or that another process does at the same
        time, harms nothing either. The next one goes on behind the last part that was done.

        Args:
            shop: The shop.
            since: From when on; by default from an hour before the last sweep began. Only such a
                sweep moves the watermark.
            dry_run: Whether to tell only, and take nothing in.

        Raises:
            NotFound: The shop has no program.
            Unauthenticated: It gave no access, or took it back.
            Unavailable: Shopify or the database is away.
        """
        merchant_id, reached = await self._merchant_of(shop)
        until = self.clock.now() - ON_THEIR_WAY
        first = reached - OVERLAP if reached else until - FIRST_OVERLAP
        start = since or first
        counted = await self.shop_orders.count(shop, since=start, until=until)
        drift = Drift(shop_domain=shop, since=start, until=until, counted=counted)
        async for begun, ended in self._parts(shop, start, until, counted):
            async for page in self._pages(shop, begun, ended):
                drift = await self._hold_against(page, merchant_id, drift, dry_run=dry_run)
                yield drift
            if since is None and not dry_run:
                await self._note(merchant_id, ended)

    async def _parts(
        self, shop: ShopDomain, since: datetime, until: datetime, counted: int
    ) -> AsyncIterator[tuple[datetime, datetime]]:
        """Divide a time into parts of no more orders than can be paged through, if need be."""
        middle = (since + (until - since) / 2).replace(microsecond=0)
        if counted <= MOST_IN_A_PART or middle <= since:
            yield since, until
            return
        for begun, ended in ((since, middle), (middle + SHORTEST, until)):
            there = await self.shop_orders.count(shop, since=begun, until=ended)
            async for part in self._parts(shop, begun, ended, there):
                yield part

    async def _pages(
        self, shop: ShopDomain, since: datetime, until: datetime
    ) -> AsyncIterator[OrderPage]:
        name: str | None = None
        while True:
            page = await self.shop_orders.changed(shop, since=since, until=until, page=name)
            yield page
            name = page.next
            if name is None:
                return

    async def _note(self, merchant_id: MerchantId, until: datetime) -> None:
        async with self.begin() as tx:
            await tx.watermarks.advance(merchant_id, until)
            await tx.commit()

    async def _merchant_of(self, shop: ShopDomain) -> tuple[MerchantId, datetime | None]:
        async with self.begin() as tx:
            program = (await tx.programs.by_shops([shop])).get(shop)
            if program is None:
                raise NotFound("the shop has no program")
            return program.merchant_id, await tx.watermarks.get(program.merchant_id)

    async def _hold_against(
        self, page: OrderPage, merchant_id: MerchantId, drift: Drift, *, dry_run: bool
    ) -> Drift:
        """Take in what had not come of the orders on a page, and add it up."""
        held = await self._held(page.facts, merchant_id)
        ours = [one for one in held if one.is_ours]
        lacks = [(one.facts, one.lack) for one in ours if one.lack]
        if not dry_run:
            await self.accept_deliveries(
                [
                    Delivery(
                        topic=Topic.ORDERS_CREATE,
                        shop_domain=drift.shop_domain,
                        named_host=None,
                        facts=facts,
                        received_at=self.clock.now(),
                        source=DeliverySource.RECONCILE,
                    )
                    for facts, _ in lacks
                ]
            )
        missing = [MissingOrder(order_id=facts.order_id, lack=lack) for facts, lack in lacks]
        return attrs.evolve(
            drift,
            found=drift.found + len(page.facts) + len(page.unreadable),
            without_signal=drift.without_signal + len(held) - len(ours),
            known=drift.known + len(ours) - len(lacks),
            missing=(*drift.missing, *missing),
            unreadable=(*drift.unreadable, *page.unreadable),
        )

    async def _held(
        self, found: Sequence[OrderFacts], merchant_id: MerchantId
    ) -> Sequence[_HeldOrder]:
        """Hold orders against what came of them."""
        keys = {OrderKey(merchant_id, one.order_id) for one in found}
        friends = {CustomerKey(merchant_id, one.customer_id) for one in found if one.customer_id}
        async with self.begin() as tx:
            gone = await redacted(tx, await tx.merchant_keys.get([merchant_id]), friends)
            delivered = await tx.deliveries.facts_of(keys)
            settled = await tx.orders.get(keys)
        came = {key: order.facts for key, order in settled.items()}
        for key, facts in delivered.items():
            came[key] = reduce(
                OrderFacts.merge, facts, came.get(key, OrderFacts(order_id=key.order_id))
            )
        return [
            _HeldOrder.against(
                came.get(OrderKey(merchant_id, one.order_id), OrderFacts(order_id=one.order_id)),
                facts=one,
                as_kept=gone.facts(merchant_id, one),
            )
            for one in found
        ]


@attrs.frozen(kw_only=True)
class _HeldOrder:
    """
    An order that Shopify has, held against what came of it.

    Args:
        facts: What Shopify says.
        is_ours: Whether it points to a referral, or did when something of it came.
        lack: What had not come.
    """

    facts: OrderFacts
    is_ours: bool
    lack: Lack | None

    @classmethod
    def against(cls, came: OrderFacts, *, facts: OrderFacts, as_kept: OrderFacts) -> _HeldOrder:
        """Hold it; a refund that came, as those of all orders do, does not tell whose it is."""
        return cls(
            facts=facts,
            is_ours=bool(facts.signals or came.signals),
            lack=Lack.of(as_kept, came),
        )
