"""The laws of `HeldDeliveries`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from referrals_domain.model.delivery import HeldDelivery, Outcome
from referrals_domain.model.identifiers import OrderId
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

NOW = builders.accepted_delivery().received_at
LATER = NOW + timedelta(hours=73)


class HeldDeliveriesContract(StoredContract):
    """What is held is shown, claimed by nobody, and not lost."""

    async def test_the_oldest_comes_first_with_all_that_a_person_needs(self, begin: Begin) -> None:
        young, old = await _hold(begin, ages=(1, 2))
        assert await _held(begin) == [
            HeldDelivery(
                id=id_,
                merchant_id=builders.MERCHANT,
                order_id=OrderId(str(age)),
                topic=builders.accepted_delivery().topic,
                received_at=NOW - timedelta(hours=age),
                attempts=1,
            )
            for id_, age in ((old, 2), (young, 1))
        ]

    async def test_nobody_claims_what_is_held(self, begin: Begin) -> None:
        await _hold(begin, ages=(1,))
        async with begin() as tx:
            assert await tx.deliveries.claim(5, at=LATER, until=LATER) == []

    async def test_what_is_released_is_due_and_what_is_not_stays(self, begin: Begin) -> None:
        first, second = await _hold(begin, ages=(1, 2))
        assert await _release(begin, [first]) == [first]
        assert [one.id for one in await _held(begin)] == [second]
        async with begin() as tx:
            assert await tx.deliveries.claim(5, at=LATER - timedelta(seconds=1), until=LATER) == []
            (claimed,) = await tx.deliveries.claim(5, at=LATER, until=LATER)
        assert (claimed.id, claimed.attempts) == (first, 2)
        assert claimed.facts == builders.facts(order_id=OrderId("1"))

    async def test_what_is_not_held_is_not_released(self, begin: Begin) -> None:
        held, settled = await _hold(begin, ages=(1, 2))
        await _release(begin, [settled])
        async with begin() as tx:
            await tx.deliveries.finish({settled: Outcome.SETTLED})
            await tx.commit()
        assert await _release(begin, [held, settled, settled + 1000]) == [held]
        async with begin() as tx:
            (claimed,) = await tx.deliveries.claim(5, at=LATER, until=LATER)
        assert claimed.id == held

    async def test_leaving_without_a_commit_releases_nothing(self, begin: Begin) -> None:
        ids = await _hold(begin, ages=(1,))
        async with begin() as tx:
            await tx.held.release(ids, due_at=NOW)
        assert [one.id for one in await _held(begin)] == ids

    async def test_of_an_empty_store_nothing_is_held(self, begin: Begin) -> None:
        assert await _held(begin) == []
        assert await _release(begin, []) == []


async def _hold(begin: Begin, *, ages: Sequence[int]) -> list[int]:
    """Hold one delivery of each age in hours; return their numbers in that order."""
    orders = [OrderId(str(age)) for age in ages]
    async with begin() as tx:
        await tx.deliveries.add(
            [
                builders.accepted_delivery(
                    facts=builders.facts(order_id=order), received_at=NOW - timedelta(hours=age)
                )
                for order, age in zip(orders, ages, strict=True)
            ]
        )
        claimed = await tx.deliveries.claim(len(ages), at=NOW, until=LATER)
        await tx.deliveries.finish({one.id: Outcome.HELD for one in claimed})
        await tx.commit()
    ids = {one.facts.order_id: one.id for one in claimed}
    return [ids[order] for order in orders]


async def _held(begin: Begin) -> list[HeldDelivery]:
    async with begin() as tx:
        return list(await tx.held.all())


async def _release(begin: Begin, ids: Collection[int]) -> list[int]:
    async with begin() as tx:
        released = list(await tx.held.release(ids, due_at=LATER))
        await tx.commit()
    return released
