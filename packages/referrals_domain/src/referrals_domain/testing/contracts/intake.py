"""The laws of `Intake`."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from typing import TYPE_CHECKING

import attrs
import pytest

from referrals_domain.model.identifiers import MerchantId, OrderId, ShopDomain
from referrals_domain.model.merchant_key import MerchantKey
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_domain.model.delivery import AcceptedDelivery
    from referrals_domain.model.program import ReferralProgram
    from referrals_domain.ports.intake import Intake

KEY = MerchantKey(bytes(range(32)))
PROGRAM = builders.program()
OTHER = builders.program(
    merchant_id=MerchantId("other"), shop_domain=ShopDomain("other.myshopify.com")
)
FIRST = builders.accepted_delivery()
SECOND = builders.accepted_delivery(facts=builders.facts(order_id=OrderId("2")))
FOREIGN = builders.accepted_delivery(
    merchant_id=OTHER.merchant_id, facts=builders.facts(order_id=OrderId("3"))
)


class IntakeContract(StoredContract):
    """
    Deliveries are stored once each, and none if anything has changed that they rest on.

    Override `intake` too, over the store that `begin` is on.
    """

    @pytest.fixture
    @abstractmethod
    def intake(self, begin: Begin) -> Intake:
        """Return the intake of the store."""

    @pytest.fixture
    async def begin_with_both(self, begin_with_link: Begin) -> Begin:
        """Return `begin` on a store that has another program, too."""
        async with begin_with_link() as tx:
            await tx.programs.save(OTHER)
            await tx.commit()
        return begin_with_link

    async def test_what_is_stored_waits_for_a_worker(
        self, begin_with_both: Begin, intake: Intake
    ) -> None:
        deliveries = [SECOND, FOREIGN, FIRST]
        assert await intake.add(deliveries, programs=[PROGRAM, OTHER]) == [True] * 3
        assert await _claimed(begin_with_both) == {
            (one.merchant_id, one.facts, one.received_at) for one in deliveries
        }

    async def test_each_is_stored_once(self, begin_with_link: Begin, intake: Intake) -> None:
        assert await intake.add([FIRST, FIRST], programs=[PROGRAM]) == [True, False]
        assert await intake.add([SECOND, FIRST], programs=[PROGRAM]) == [True, False]
        assert len(await _claimed(begin_with_link)) == 2

    async def test_what_another_transaction_stored_is_not_new(
        self, begin_with_link: Begin, intake: Intake
    ) -> None:
        async with begin_with_link() as tx:
            await tx.deliveries.add([FIRST])
            await tx.commit()
        assert await intake.add([FIRST], programs=[PROGRAM]) == [False]

    @pytest.mark.parametrize(
        "seen",
        [
            attrs.evolve(PROGRAM, version=2),
            attrs.evolve(PROGRAM, shop_domain=ShopDomain("before.myshopify.com")),
            attrs.evolve(PROGRAM, storefront_url="https://before.example"),
            attrs.evolve(PROGRAM, merchant_id=MerchantId("nobody")),
        ],
        ids=["version", "shop", "storefront", "merchant"],
    )
    async def test_nothing_is_stored_if_a_program_is_not_as_it_was_seen(
        self, begin_with_both: Begin, intake: Intake, seen: ReferralProgram
    ) -> None:
        delivery = attrs.evolve(FIRST, merchant_id=seen.merchant_id)
        assert await intake.add([delivery, FOREIGN], programs=[seen, OTHER]) is None
        assert await _claimed(begin_with_both) == set()

    async def test_nothing_is_stored_if_a_customer_may_have_been_redacted(
        self, begin_with_both: Begin, intake: Intake
    ) -> None:
        async with begin_with_both() as tx:
            await tx.merchant_keys.add(OTHER.merchant_id, KEY)
            await tx.commit()
        assert await intake.add([FIRST, FOREIGN], programs=[PROGRAM, OTHER]) is None
        assert await intake.add([FIRST], programs=[PROGRAM]) == [True]
        assert len(await _claimed(begin_with_both)) == 1

    async def test_what_was_done_while_the_merchant_was_seized_counts(
        self, begin_with_link: Begin, intake: Intake
    ) -> None:
        seized = asyncio.Event()

        async def redact() -> None:
            async with begin_with_link() as tx:
                await tx.merchant_keys.seize(builders.MERCHANT)
                seized.set()
                await asyncio.sleep(0.05)
                await tx.merchant_keys.add(builders.MERCHANT, KEY)
                await tx.commit()

        async def add() -> Sequence[bool] | None:
            await seized.wait()
            return await intake.add([FIRST], programs=[PROGRAM])

        _, answer = await asyncio.gather(redact(), add())
        assert answer is None
        assert await _claimed(begin_with_link) == set()

    async def test_twenty_who_bring_the_same_at_once_store_it_once(
        self, begin_with_link: Begin, intake: Intake
    ) -> None:
        deliveries = [
            builders.accepted_delivery(facts=builders.facts(order_id=OrderId(str(number))))
            for number in range(1, 51)
        ]

        async def add(deliveries: Sequence[AcceptedDelivery]) -> Sequence[bool]:
            return await intake.add(deliveries, programs=[PROGRAM]) or []

        answers = await asyncio.gather(*map(add, [deliveries, deliveries[::-1]] * 10))
        assert sum(map(sum, answers)) == 50
        assert len(await _claimed(begin_with_link)) == 50


async def _claimed(begin: Begin) -> set[tuple[object, ...]]:
    at = FIRST.received_at
    async with begin() as tx:
        claimed = await tx.deliveries.claim(100, at=at, until=at)
    return {(one.merchant_id, one.facts, one.received_at) for one in claimed}
