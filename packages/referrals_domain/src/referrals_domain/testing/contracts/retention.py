"""The laws of `Retention`."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from referrals_domain.model.decision import Transition, opened
from referrals_domain.model.delivery import Outcome
from referrals_domain.model.identifiers import MerchantId, OrderId, OrderKey, RequestId, ShopDomain
from referrals_domain.model.order import OrderFacts
from referrals_domain.model.referral import Cause, Referral, ReferralStatus
from referrals_domain.model.retention import LONGEST, SHORTEST, TERMS, Kept
from referrals_domain.ports.status_cache import Hit
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract
from referrals_domain.testing.contracts.referrals import completed, numbered, reversed_, save
from referrals_domain.testing.contracts.visits import VISIT
from referrals_domain.testing.memory.status_cache import InMemoryStatusCache
from referrals_domain.testing.time_and_chance import FixedClock
from referrals_domain.use_cases.forget_old import ForgetOld

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from referrals_domain.model.identifiers import ReferralKey
    from referrals_domain.ports.transaction import Transaction

BEGAN = builders.PLACED_AT
SECOND = timedelta(seconds=1)
OTHER = MerchantId("other")
MANY = 9


class RetentionContract(StoredContract):
    """Each term ends to the second, and what waits or is used is never forgotten."""

    @pytest.mark.parametrize("kept", Kept)
    async def test_a_term_ends_to_the_second(self, begin: Begin, kept: Kept) -> None:
        since = await _keep(begin, kept, 1)
        clock = FixedClock(since + TERMS[kept] - SECOND)
        assert await _forget_old(begin, clock) == 0
        clock.advance(SECOND)
        assert await _forget_old(begin, clock) == 1
        assert await _forget_old(begin, clock) == 0

    @pytest.mark.parametrize("kept", Kept)
    async def test_a_page_is_no_larger_than_it_may_be(self, begin: Begin, kept: Kept) -> None:
        since = await _keep(begin, kept, 5)
        at = since + TERMS[kept]
        assert [await _forget(begin, kept, 2, at) for _ in range(4)] == [2, 2, 1, 0]

    @pytest.mark.parametrize("kept", Kept)
    async def test_two_who_forget_at_once_forget_once(self, begin: Begin, kept: Kept) -> None:
        since = await _keep(begin, kept, MANY)
        at = since + TERMS[kept]
        both = await asyncio.gather(*(_forget(begin, kept, MANY, at) for _ in range(2)))
        assert sum(both) + await _forget(begin, kept, MANY, at) == MANY

    @pytest.mark.parametrize("kept", Kept)
    async def test_what_was_rolled_back_is_still_there(self, begin: Begin, kept: Kept) -> None:
        at = await _keep(begin, kept, 1) + TERMS[kept]
        async with begin() as tx:
            assert await tx.retention.forget(kept, 1, at=at) == 1
        assert await _forget(begin, kept, 1, at) == 1

    @pytest.mark.parametrize("outcome", [None, Outcome.HELD])
    async def test_a_delivery_that_waits_is_kept_and_its_order_too(
        self, begin: Begin, outcome: Outcome | None
    ) -> None:
        await _keep(begin, Kept.ORDERS, 1)
        async with begin() as tx:
            await tx.deliveries.add([_delivery(1)])
            await tx.commit()
        if outcome:
            await _finish(begin, outcome)
        assert await _forget_old(begin, FixedClock(BEGAN + LONGEST)) == 0

        await _finish(begin, Outcome.SETTLED)
        assert await _forget_old(begin, FixedClock(BEGAN + LONGEST)) == 2

    async def test_an_order_is_kept_while_it_is_heard_of(self, begin: Begin) -> None:
        for days in (0, 29, 58):
            await _keep(begin, Kept.ORDERS, 1, at=BEGAN + timedelta(days=days))
        assert await _forget(begin, Kept.ORDERS, 1, BEGAN + timedelta(days=87)) == 0

    async def test_an_order_that_has_a_referral_is_kept(self, begin: Begin) -> None:
        await _bind(begin, builders.order(referral_id=builders.REFERRAL))
        assert await _forget(begin, Kept.ORDERS, 1, BEGAN + LONGEST) == 0

    async def test_an_order_that_was_forgotten_may_come_again(self, begin: Begin) -> None:
        since = await _keep(begin, Kept.ORDERS, 1)
        await _forget(begin, Kept.ORDERS, 1, since + TERMS[Kept.ORDERS])
        async with begin() as tx:
            (order,) = (await tx.orders.lock([_order_key(1)])).values()
        assert order.facts == OrderFacts(order_id=order.facts.order_id)

    async def test_without_a_retention_referrals_are_kept_for_ever(self, begin: Begin) -> None:
        await _put(begin, retention=None)
        await _complete(begin, 1)
        assert await _forget_old(begin, FixedClock(BEGAN + LONGEST)) == 0

    @pytest.mark.parametrize("retention", [SHORTEST, LONGEST])
    async def test_a_referral_is_kept_to_the_second(
        self, begin: Begin, retention: timedelta
    ) -> None:
        await _put(begin, retention=retention)
        done = await _complete(begin, 1)
        clock = FixedClock(done.updated_at + retention - SECOND)
        assert await _forget_old(begin, clock) == 0
        clock.advance(SECOND)
        assert await _forget_old(begin, clock) == 1
        async with begin() as tx:
            assert await tx.referrals.get([done.key]) == {}
            assert await tx.orders.get([_order_key(1)]) == {}
            assert await tx.history.changed(after=BEGAN - LONGEST, until=BEGAN + LONGEST) == {}

    async def test_the_cache_forgets_with_it(self, begin: Begin) -> None:
        await _put(begin, retention=SHORTEST)
        done = await _complete(begin, 1)
        cache = InMemoryStatusCache()
        cache.put(done.key, done.view)
        await _forget_old(begin, FixedClock(BEGAN + SHORTEST), cache)
        assert not isinstance(await cache.read(done.key), Hit)
        async with begin() as tx:
            assert await tx.stale_statuses.first(9) == {done.key: done.version + 1}

    async def test_a_change_begins_the_term_anew(self, begin: Begin) -> None:
        await _put(begin, retention=SHORTEST)
        done = await _complete(begin, 1)
        undone = reversed_(done)
        later = attrs.evolve(undone.referral, updated_at=BEGAN + SECOND)
        await save(begin, attrs.evolve(undone, referral=later))
        assert await _forget_referrals(begin, BEGAN + SHORTEST) == {}
        assert await _forget_referrals(begin, BEGAN + SHORTEST + SECOND) == {done.key: 3}

    @pytest.mark.parametrize(
        ("status", "number"),
        [
            (ReferralStatus.PENDING, 0),
            (ReferralStatus.QUALIFIED, 0),
            (ReferralStatus.COMPLETED, 1),
            (ReferralStatus.EXPIRED, 1),
            (ReferralStatus.REJECTED, 1),
            (ReferralStatus.REVERSED, 1),
        ],
    )
    async def test_only_what_is_at_rest_is_forgotten(
        self, begin: Begin, status: ReferralStatus, number: int
    ) -> None:
        await _put(begin, retention=SHORTEST)
        share = numbered(1)
        moved = attrs.evolve(share, status=status, version=2, cause=Cause.NO_ORDER)
        await save(begin, opened(share), Transition(referral=moved, from_status=share.status))
        assert len(await _forget_referrals(begin, BEGAN + LONGEST)) == number

    async def test_every_program_has_a_retention_of_its_own(self, begin: Begin) -> None:
        await _put(begin, retention=SHORTEST)
        await _put(begin, retention=None, merchant_id=OTHER)
        mine, theirs = numbered(1), attrs.evolve(numbered(2), merchant_id=OTHER)
        for share in (mine, theirs):
            await save(begin, opened(share), completed(share))
            await _bind(
                begin,
                builders.order(
                    merchant_id=share.merchant_id,
                    facts=builders.facts(order_id=completed(share).referral.order_id),
                    referral_id=share.id,
                ),
            )
        assert await _forget_referrals(begin, BEGAN + LONGEST) == {mine.key: 2}

    async def test_what_kafka_does_not_have_yet_is_kept(self, begin: Begin) -> None:
        await _put(begin, retention=SHORTEST)
        done = await _complete(begin, 1)
        async with begin() as tx:
            await tx.outbox.add([builders.referral_completed(referral_id=done.id)])
            await tx.commit()
        assert await _forget_referrals(begin, BEGAN + LONGEST) == {}
        async with begin() as tx:
            await tx.outbox.delete(await tx.outbox.first(1))
            await tx.commit()
        assert await _forget_referrals(begin, BEGAN + LONGEST) == {done.key: 2}

    async def test_what_the_cache_was_not_told_of_yet_is_kept(self, begin: Begin) -> None:
        await _put(begin, retention=SHORTEST)
        done = await _complete(begin, 1)
        async with begin() as tx:
            await tx.stale_statuses.add({done.key: 2})
            await tx.commit()
        assert await _forget_referrals(begin, BEGAN + LONGEST) == {}

    async def test_what_a_delivery_is_about_is_kept(self, begin: Begin) -> None:
        await _put(begin, retention=SHORTEST)
        done = await _complete(begin, 1)
        async with begin() as tx:
            await tx.deliveries.add([_delivery(1)])
            await tx.commit()
        assert await _forget_referrals(begin, BEGAN + LONGEST) == {}
        await _finish(begin, Outcome.SETTLED)
        assert await _forget_referrals(begin, BEGAN + LONGEST) == {done.key: 2}

    async def test_referrals_go_page_by_page_and_of_two_at_once_each_goes_once(
        self, begin: Begin
    ) -> None:
        await _put(begin, retention=SHORTEST)
        done = [(await _complete(begin, number)).key for number in range(5)]
        at = BEGAN + LONGEST
        first, second = await asyncio.gather(
            *(_forget_referrals(begin, at, limit=2) for _ in range(2))
        )
        assert len(first) <= 2
        assert len(second) <= 2
        rest = await _forget_referrals(begin, at, limit=5)
        assert sorted([*first, *second, *rest]) == sorted(done)

    async def test_a_friend_whose_referral_was_forgotten_may_be_referred_again(
        self, begin: Begin
    ) -> None:
        await _put(begin, retention=SHORTEST)
        await _complete(begin, 1, friend=builders.FRIEND)
        await _forget_referrals(begin, BEGAN + SHORTEST)
        again = await _complete(begin, 2, friend=builders.FRIEND)
        async with begin() as tx:
            assert list(await tx.referrals.get([again.key])) == [again.key]


async def _keep(begin: Begin, kept: Kept, number: int, *, at: datetime = BEGAN) -> datetime:
    """Keep so many of a kind; return when their term begins."""
    async with begin() as tx:
        began = await _KEEP[kept](tx, range(number), at)
        await tx.commit()
    if kept is Kept.DELIVERIES:
        await _finish(begin, Outcome.SETTLED)
    return began


async def _keep_deliveries(tx: Transaction, numbers: range, at: datetime) -> datetime:
    await tx.deliveries.add([_delivery(number) for number in numbers])
    return at


async def _keep_bodies(tx: Transaction, numbers: range, at: datetime) -> datetime:
    await tx.quarantine.add([builders.unreadable_body(body=bytes([one])) for one in numbers])
    return at


async def _keep_orders(tx: Transaction, numbers: range, at: datetime) -> datetime:
    locked = await tx.orders.lock([_order_key(number + 1) for number in numbers])
    await tx.orders.save(locked.values(), at=at)
    return at


async def _keep_requests(tx: Transaction, numbers: range, at: datetime) -> datetime:
    ids = [RequestId(f"66666666-6666-4666-8666-6666666666{number:02}") for number in numbers]
    await tx.requests.add([builders.request(id=id_, created_at=at) for id_ in ids])
    return at


async def _keep_visits(tx: Transaction, numbers: range, at: datetime) -> datetime:
    links = (MerchantId(f"merchant-{number}") for number in numbers)
    await tx.visits.add(
        {
            VISIT._replace(link=VISIT.link._replace(merchant_id=merchant), day=at.date()): 1
            for merchant in links
        }
    )
    return datetime.combine(at.date() + timedelta(days=1), time(), UTC)


_KEEP: Mapping[Kept, Callable[[Transaction, range, datetime], Awaitable[datetime]]] = {
    Kept.DELIVERIES: _keep_deliveries,
    Kept.QUARANTINE: _keep_bodies,
    Kept.ORDERS: _keep_orders,
    Kept.REQUESTS: _keep_requests,
    Kept.VISITS: _keep_visits,
}


def _order_key(number: int) -> OrderKey:
    return OrderKey(builders.MERCHANT, OrderId(str(number + 1)))


def _delivery(number: int) -> Any:
    facts = builders.facts(order_id=_order_key(number).order_id)
    return builders.accepted_delivery(facts=facts, received_at=BEGAN)


async def _finish(begin: Begin, outcome: Outcome) -> None:
    """Give every delivery an outcome, those too that were held."""
    async with begin() as tx:
        await tx.held.release([one.id for one in await tx.held.all()], due_at=BEGAN)
        claimed = await tx.deliveries.claim(MANY, at=BEGAN, until=BEGAN)
        await tx.deliveries.finish({one.id: outcome for one in claimed})
        await tx.commit()


async def _put(begin: Begin, **changes: Any) -> None:
    program = builders.program(**changes)
    if program.merchant_id != builders.MERCHANT:
        shop = ShopDomain(f"{program.merchant_id}.myshopify.com")
        program = attrs.evolve(program, shop_domain=shop)
    async with begin() as tx:
        await tx.programs.save(program)
        await tx.commit()


async def _bind(begin: Begin, order: Any) -> None:
    async with begin() as tx:
        await tx.orders.lock([order.key])
        await tx.orders.save([order], at=BEGAN)
        await tx.commit()


async def _complete(begin: Begin, number: int, **changes: Any) -> Referral:
    """Complete a referral of a friend of its own; its order's id is one more than the number."""
    share = numbered(number)
    friend = changes.get("friend", f"80{number}")
    done = completed(share)
    done = attrs.evolve(done, referral=attrs.evolve(done.referral, referred_customer_id=friend))
    await save(begin, opened(share), done)
    facts = builders.facts(order_id=_order_key(number).order_id)
    await _bind(begin, builders.order(facts=facts, referral_id=share.id))
    return done.referral


async def _forget(begin: Begin, kept: Kept, limit: int, at: datetime) -> int:
    async with begin() as tx:
        number = await tx.retention.forget(kept, limit, at=at)
        await tx.commit()
    return number


async def _forget_referrals(
    begin: Begin, at: datetime, *, limit: int = MANY
) -> Mapping[ReferralKey, int]:
    async with begin() as tx:
        gone = await tx.retention.forget_referrals(limit, at=at)
        await tx.commit()
    return gone


async def _forget_old(
    begin: Begin, clock: FixedClock, cache: InMemoryStatusCache | None = None
) -> int:
    """Do what the janitor does, at the time of a clock."""
    forget_old = ForgetOld(begin=begin, cache=cache or InMemoryStatusCache(), clock=clock)
    return await forget_old(MANY)
