"""The laws of `ReferredOrders`."""

from __future__ import annotations

import asyncio

from referrals_domain.model.attribution import Attribution
from referrals_domain.model.identifiers import MerchantId, OrderId, OrderKey
from referrals_domain.model.order import OrderFacts, ReferredOrder
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract

KEY = builders.order().key
FOREIGN = OrderKey(MerchantId("other"), builders.ORDER)


class ReferredOrdersContract(StoredContract):
    """Facts are never lost, and an order has one owner."""

    async def test_an_unknown_order_is_locked_as_an_empty_one(self, begin: Begin) -> None:
        async with begin() as tx:
            locked = await tx.orders.lock([KEY])
        assert locked == {KEY: _blank(KEY)}

    async def test_locking_alone_leaves_no_trace(self, begin: Begin) -> None:
        async with begin() as tx:
            await tx.orders.lock([KEY])
        async with begin() as tx:
            assert await tx.orders.get([KEY]) == {}

    async def test_a_saved_order_is_read_back_as_it_was(self, begin: Begin) -> None:
        order = builders.order(
            evidence=builders.evidence(advocate_conversions=2),
            attribution=Attribution(referral_link_id=builders.LINK, winner=builders.signal()),
            referral_id=builders.REFERRAL,
            explanation=builders.explanation(),
        )
        async with begin() as tx:
            await tx.orders.lock([KEY])
            await tx.orders.save([order], at=builders.PLACED_AT)
            await tx.commit()
        async with begin() as tx:
            assert await tx.orders.get([KEY]) == {KEY: order}
            assert await tx.orders.lock([KEY]) == {KEY: order}

    async def test_an_order_belongs_to_the_merchant_that_brought_it_first(
        self, begin: Begin
    ) -> None:
        async with begin() as tx:
            await tx.orders.lock([KEY])
            await tx.orders.save([builders.order()], at=builders.PLACED_AT)
            await tx.commit()
        async with begin() as tx:
            assert await tx.orders.get([FOREIGN]) == {}
            assert await tx.orders.lock([FOREIGN]) == {}
            assert await tx.orders.lock([KEY, FOREIGN]) == {KEY: builders.order()}

    async def test_twenty_who_merge_at_once_lose_no_fact(self, begin: Begin) -> None:
        async def merge(number: int) -> None:
            facts = builders.facts(
                signals=[builders.signal(share=f"44444444-4444-4444-8444-4444444444{number:02}")]
            )
            async with begin() as tx:
                order = (await tx.orders.lock([KEY]))[KEY]
                await tx.orders.save([order.learn(facts)], at=builders.PLACED_AT)
                await tx.commit()

        await asyncio.gather(*(merge(number) for number in range(20)))
        async with begin() as tx:
            order = (await tx.orders.get([KEY]))[KEY]
        assert len(order.facts.signals) == 20

    async def test_many_who_lock_the_same_orders_do_not_block_each_other(
        self, begin: Begin
    ) -> None:
        keys = [OrderKey(builders.MERCHANT, OrderId(str(number))) for number in range(10)]

        async def lock(some: list[OrderKey]) -> int:
            async with begin() as tx:
                locked = await tx.orders.lock(some)
                await tx.commit()
            return len(locked)

        both_ways = (lock(keys if number % 2 else keys[::-1]) for number in range(10))
        assert set(await asyncio.gather(*both_ways)) == {10}

    async def test_nothing_is_locked_or_read_for_nothing(self, begin: Begin) -> None:
        async with begin() as tx:
            assert await tx.orders.get([]) == {}
            assert await tx.orders.lock([]) == {}
            await tx.orders.save([], at=builders.PLACED_AT)


def _blank(key: OrderKey) -> ReferredOrder:
    return ReferredOrder(merchant_id=key.merchant_id, facts=OrderFacts(order_id=key.order_id))
