"""The laws of `Deliveries`."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from referrals_domain.model.delivery import AcceptedDelivery, ClaimedDelivery, Outcome
from referrals_domain.model.identifiers import MerchantId, OrderId, OrderKey
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = builders.accepted_delivery().received_at
LATER = NOW + timedelta(seconds=30)
BIG = MerchantId("big")
ORDER = OrderKey(builders.MERCHANT, builders.ORDER)


class DeliveriesContract(StoredContract):
    """Stored once, claimed by one, and never lost."""

    async def test_a_delivery_is_stored_once(self, begin: Begin) -> None:
        assert await _add(begin, [_numbered(1)]) == [True]
        again = builders.accepted_delivery(
            facts=_numbered(1).facts, received_at=NOW + timedelta(hours=1)
        )
        assert await _add(begin, [again]) == [False]
        assert len(await _claim(begin)) == 1

    async def test_within_one_call_too(self, begin: Begin) -> None:
        deliveries = [_numbered(1), _numbered(2), _numbered(1)]
        assert await _add(begin, deliveries) == [True, True, False]

    async def test_of_many_in_one_call_each_is_stored(self, begin: Begin) -> None:
        numbers = {str(number) for number in range(40)}
        assert await _add(begin, [_numbered(int(one)) for one in numbers]) == [True] * 40
        assert {one.facts.order_id for one in await _claim(begin)} == numbers

    async def test_other_facts_of_the_same_order_are_another_delivery(self, begin: Begin) -> None:
        await _add(begin, [_numbered(1)])
        changed = builders.accepted_delivery(
            facts=builders.facts(order_id=OrderId("1"), cancelled_at=NOW)
        )
        assert await _add(begin, [changed]) == [True]

    async def test_merchants_do_not_share_deliveries(self, begin: Begin) -> None:
        await _add(begin, [_numbered(1)])
        foreign = builders.accepted_delivery(
            merchant_id=MerchantId("other"), facts=_numbered(1).facts
        )
        assert await _add(begin, [foreign]) == [True]

    async def test_twenty_who_store_it_at_once_store_it_once(self, begin: Begin) -> None:
        answers = await asyncio.gather(*(_add(begin, [_numbered(1)]) for _ in range(20)))
        assert sum(new for answer in answers for new in answer) == 1
        assert len(await _claim(begin)) == 1

    async def test_what_came_of_an_order_is_found_waiting_or_done(self, begin: Begin) -> None:
        waits = builders.accepted_delivery()
        done = builders.accepted_delivery(
            facts=builders.facts(cancelled_at=NOW), received_at=NOW - timedelta(hours=1)
        )
        await _add(begin, [waits, done, _numbered(1)])
        (claimed,) = await _claim(begin, limit=1)
        assert claimed.facts == done.facts
        unknown = OrderKey(builders.MERCHANT, OrderId("2"))
        async with begin() as tx:
            await tx.deliveries.finish({claimed.id: Outcome.SETTLED})
            found = await tx.deliveries.facts_of([ORDER, unknown])
            theirs = await tx.deliveries.facts_of([ORDER._replace(merchant_id=BIG)])
        assert found.keys() == {ORDER}
        assert set(found[ORDER]) == {waits.facts, done.facts}
        assert theirs == {}

    async def test_a_claimed_delivery_is_what_was_stored(self, begin: Begin) -> None:
        await _add(begin, [_numbered(1)])
        (claimed,) = await _claim(begin)
        assert (claimed.merchant_id, claimed.facts) == (builders.MERCHANT, _numbered(1).facts)
        assert claimed.attempts == 1

    async def test_nobody_else_gets_a_claimed_delivery(self, begin: Begin) -> None:
        await _add(begin, [_numbered(number) for number in range(40)])
        batches = await asyncio.gather(*(_claim(begin, limit=5) for _ in range(8)))
        claimed = [delivery.id for batch in batches for delivery in batch]
        assert len(claimed) == len(set(claimed))

    async def test_the_oldest_come_first_and_no_more_than_the_limit(self, begin: Begin) -> None:
        await _add(begin, [_numbered(number) for number in range(3)])
        first, second = await _claim(begin, limit=2)
        assert [first.facts.order_id, second.facts.order_id] == ["0", "1"]

    async def test_what_is_due_longest_comes_first_however_late_it_was_stored(
        self, begin: Begin
    ) -> None:
        ages = (1, 3, 2, 4)
        await _add(begin, [_numbered(age, received_at=NOW - timedelta(hours=age)) for age in ages])
        claimed = await _claim(begin, limit=3)
        assert [delivery.facts.order_id for delivery in claimed] == ["4", "3", "2"]

    async def test_merchants_have_equal_shares_however_much_one_of_them_sends(
        self, begin: Begin
    ) -> None:
        await _add(begin, [_numbered(number, merchant_id=BIG) for number in range(9)])
        await _add(begin, [_numbered(number, received_at=LATER) for number in range(3)])
        claimed = await _claim(begin, limit=6, at=LATER)
        assert [(one.merchant_id, one.facts.order_id) for one in claimed] == [
            *((BIG, str(number)) for number in range(3)),
            *((builders.MERCHANT, str(number)) for number in range(3)),
        ]

    async def test_of_more_merchants_than_the_limit_those_go_first_who_wait_longest(
        self, begin: Begin
    ) -> None:
        ages = (1, 3, 2)
        await _add(
            begin,
            [
                _numbered(
                    number,
                    merchant_id=MerchantId(f"shop-{age}"),
                    received_at=NOW - timedelta(hours=age, seconds=number),
                )
                for age in ages
                for number in range(4)
            ],
        )
        claimed = await _claim(begin, limit=2)
        assert [(one.merchant_id, one.facts.order_id) for one in claimed] == [
            ("shop-3", "3"),
            ("shop-2", "3"),
        ]

    async def test_a_merchant_whose_deliveries_are_not_due_has_no_share(
        self, begin: Begin
    ) -> None:
        await _add(begin, [_numbered(number, merchant_id=BIG) for number in range(4)])
        await _add(begin, [_numbered(1, received_at=LATER)])
        assert [one.merchant_id for one in await _claim(begin, limit=4)] == [BIG] * 4

    async def test_a_lease_that_ran_out_frees_the_delivery(self, begin: Begin) -> None:
        await _add(begin, [_numbered(1)])
        await _claim(begin)
        assert await _claim(begin, at=LATER - timedelta(milliseconds=1)) == []
        (again,) = await _claim(begin, at=LATER, until=LATER + timedelta(seconds=30))
        assert again.attempts == 2

    async def test_a_finished_delivery_is_never_claimed_again(self, begin: Begin) -> None:
        await _add(begin, [_numbered(1)])
        (claimed,) = await _claim(begin)
        async with begin() as tx:
            await tx.deliveries.finish({claimed.id: Outcome.SETTLED})
            await tx.commit()
        assert await _claim(begin, at=LATER + timedelta(days=1)) == []
        assert await _add(begin, [_numbered(1)]) == [False]

    async def test_a_deferred_delivery_waits_for_its_time(self, begin: Begin) -> None:
        await _add(begin, [_numbered(1)])
        (claimed,) = await _claim(begin)
        due = NOW + timedelta(minutes=5)
        async with begin() as tx:
            await tx.deliveries.defer({claimed.id: due})
            await tx.commit()
        assert await _claim(begin, at=due - timedelta(milliseconds=1)) == []
        assert len(await _claim(begin, at=due, until=due + timedelta(seconds=30))) == 1

    async def test_nothing_to_do_is_nothing_done(self, begin: Begin) -> None:
        async with begin() as tx:
            assert list(await tx.deliveries.add([])) == []
            await tx.deliveries.finish({})
            await tx.deliveries.defer({})
            assert await tx.deliveries.claim(5, at=NOW, until=LATER) == []


def _numbered(
    number: int, *, received_at: datetime = NOW, merchant_id: MerchantId = builders.MERCHANT
) -> AcceptedDelivery:
    return builders.accepted_delivery(
        merchant_id=merchant_id,
        facts=builders.facts(order_id=OrderId(str(number))),
        received_at=received_at,
    )


async def _add(begin: Begin, deliveries: Sequence[AcceptedDelivery]) -> Sequence[bool]:
    async with begin() as tx:
        added = list(await tx.deliveries.add(deliveries))
        await tx.commit()
    return added


async def _claim(
    begin: Begin, *, limit: int = 100, at: datetime = NOW, until: datetime = LATER
) -> Sequence[ClaimedDelivery]:
    async with begin() as tx:
        claimed = list(await tx.deliveries.claim(limit, at=at, until=until))
        await tx.commit()
    return claimed
