"""The laws of `Conversions`."""

from __future__ import annotations

from datetime import UTC, date

import attrs

from referrals_domain.model.decision import Transition, opened
from referrals_domain.model.identifiers import CustomerId, CustomerKey, MerchantId
from referrals_domain.ports.conversions import AdvocateDay
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract
from referrals_domain.testing.contracts.referrals import completed, numbered, reversed_

ADVOCATE = CustomerKey(builders.MERCHANT, builders.ADVOCATE)
FRIEND = CustomerKey(builders.MERCHANT, builders.FRIEND)
DAY = AdvocateDay(ADVOCATE, builders.PLACED_AT.astimezone(UTC).date())


class ConversionsContract(StoredContract):
    """Only what is QUALIFIED or COMPLETED counts, and only at its merchant."""

    async def test_a_pending_referral_holds_nobody(self, begin_with_link: Begin) -> None:
        async with begin_with_link() as tx:
            await tx.referrals.save([opened(numbered(1))])
            assert await tx.conversions.by_friends([FRIEND]) == {}
            assert dict(await tx.conversions.count([DAY])).get(DAY, 0) == 0

    async def test_a_completed_referral_holds_the_friend(self, begin_with_link: Begin) -> None:
        await _convert(begin_with_link, 1)
        foreign = CustomerKey(MerchantId("other"), builders.FRIEND)
        async with begin_with_link() as tx:
            held = await tx.conversions.by_friends([FRIEND, foreign])
        assert held == {FRIEND: numbered(1).id}

    async def test_conversions_are_counted_by_the_orders_day(self, begin_with_link: Begin) -> None:
        await _convert(begin_with_link, 1, friend="1")
        await _convert(begin_with_link, 2, friend="2")
        another_day = AdvocateDay(ADVOCATE, date(2026, 11, 21))
        another_advocate = AdvocateDay(CustomerKey(builders.MERCHANT, CustomerId("5")), DAY.day)
        async with begin_with_link() as tx:
            counts = await tx.conversions.count([DAY, another_day, another_advocate])
        assert {day: count for day, count in counts.items() if count} == {DAY: 2}

    async def test_what_was_reversed_does_not_count(self, begin_with_link: Begin) -> None:
        done = await _convert(begin_with_link, 1)
        async with begin_with_link() as tx:
            await tx.referrals.save([reversed_(done.referral)])
            assert dict(await tx.conversions.count([DAY])).get(DAY, 0) == 0

    async def test_what_was_reversed_holds_nobody(self, begin_with_link: Begin) -> None:
        done = await _convert(begin_with_link, 1)
        async with begin_with_link() as tx:
            await tx.referrals.save([reversed_(done.referral)])
            assert await tx.conversions.by_friends([FRIEND]) == {}

    async def test_asking_for_nothing_answers_nothing(self, begin: Begin) -> None:
        async with begin() as tx:
            assert await tx.conversions.by_friends([]) == {}
            assert await tx.conversions.count([]) == {}


async def _convert(begin: Begin, number: int, *, friend: str = builders.FRIEND) -> Transition:
    done = completed(numbered(number))
    referral = attrs.evolve(done.referral, referred_customer_id=CustomerId(friend))
    done = attrs.evolve(done, referral=referral)
    order = builders.order(
        facts=builders.facts(order_id=referral.order_id), referral_id=referral.id
    )
    async with begin() as tx:
        await tx.orders.lock([order.key])
        await tx.orders.save([order], at=builders.PLACED_AT)
        await tx.referrals.save([opened(numbered(number)), done])
        await tx.commit()
    return done
