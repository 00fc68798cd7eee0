"""What two transactions do to each other."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from functools import partial
from hashlib import sha256
from itertools import product
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from sqlalchemy import event, text

from referrals_adapters.system.ids import RandomIds
from referrals_domain.errors import FriendTaken, NotInReview, Stale
from referrals_domain.model.code import ReferralCode
from referrals_domain.model.decision import Transition, opened
from referrals_domain.model.delivery import Outcome
from referrals_domain.model.identifiers import (
    CustomerId,
    LinkId,
    MerchantId,
    OrderId,
    OrderKey,
    ReferralId,
)
from referrals_domain.model.link import Channel
from referrals_domain.model.referral import ReferralStatus
from referrals_domain.model.review import ReviewVerdict
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.referrals import completed, numbered, reversed_, save
from referrals_domain.testing.memory.status_cache import InMemoryStatusCache
from referrals_domain.testing.time_and_chance import FixedClock
from referrals_domain.use_cases.review_referral import ReviewReferral
from referrals_domain.use_cases.revoke_referral_link import RevokeReferralLink
from referrals_domain.use_cases.share_links import Share, SharedLink, ShareLinks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncEngine

    from referrals_domain.model.delivery import AcceptedDelivery
    from referrals_domain.model.identifiers import LinkKey, ReferralKey
    from referrals_domain.model.referral import Referral
    from referrals_domain.ports.transaction import Transaction
    from referrals_domain.testing.contracts.begin import Begin

    Work = Callable[[Transaction], Awaitable[Any]]
    Meanwhile = Callable[[Work], asyncio.Task[Any]]

KEY = builders.order().key
FOREIGN = OrderKey(MerchantId("other"), builders.ORDER)
NOW = builders.accepted_delivery().received_at
LATER = NOW + timedelta(seconds=30)


@pytest.fixture
async def meanwhile(begin: Begin) -> AsyncIterator[Meanwhile]:
    """Begin another transaction, which does some work and commits."""
    tasks: list[asyncio.Task[Any]] = []

    def start(work: Work) -> asyncio.Task[Any]:
        tasks.append(asyncio.create_task(_alone(begin, work)))
        return tasks[-1]

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("known", [False, True])
async def test_who_locks_a_locked_order_waits_and_then_knows_what_was_saved(
    begin: Begin, meanwhile: Meanwhile, *, known: bool
) -> None:
    if known:
        await _alone(begin, lambda tx: tx.orders.lock([KEY]))
    async with begin() as first:
        order = (await first.orders.lock([KEY]))[KEY]
        second = meanwhile(lambda tx: tx.orders.lock([KEY]))
        await _waits(second)
        learnt = order.learn(builders.facts(test=True))
        await first.orders.save([learnt], at=builders.PLACED_AT)
        await first.commit()
    assert await second == {KEY: learnt}


async def test_an_order_that_two_merchants_bring_at_once_belongs_to_the_first(
    begin: Begin, meanwhile: Meanwhile
) -> None:
    async with begin() as first:
        await first.orders.lock([KEY])
        second = meanwhile(lambda tx: tx.orders.lock([FOREIGN]))
        await _waits(second)
        await first.commit()
    assert await second == {}


async def test_an_order_whose_first_merchant_rolled_back_belongs_to_the_second(
    begin: Begin, meanwhile: Meanwhile
) -> None:
    async with begin() as first:
        await first.orders.lock([KEY])
        second = meanwhile(lambda tx: tx.orders.lock([FOREIGN]))
        await _waits(second)
    assert list(await second) == [FOREIGN]


async def test_a_locked_link_and_a_locked_referral_wait_too(
    begin_with_link: Begin, meanwhile: Meanwhile
) -> None:
    await save(begin_with_link, opened(builders.referral()))
    async with begin_with_link() as first:
        await first.links.lock([builders.link().key])
        await first.referrals.lock([builders.referral().key])
        others = [
            meanwhile(lambda tx: tx.links.lock([builders.link().key])),
            meanwhile(lambda tx: tx.referrals.lock([builders.referral().key])),
        ]
        for other in others:
            await _waits(other)
    await asyncio.gather(*others)


@pytest.mark.parametrize("what", ["new orders", "orders", "links", "referrals"])
async def test_many_who_lock_the_same_things_do_not_block_each_other(
    begin: Begin, engine: AsyncEngine, what: str
) -> None:
    links, referrals = await _store_links_and_referrals(begin, 200)
    chance = random.Random(1)  # noqa: S311 - repeatable, and only for tests
    event.listen(engine.sync_engine, "begin", _plan)

    async def lock(tx: Transaction, keys: list[Any]) -> None:
        ways: dict[str, Any] = {"links": tx.links.lock, "referrals": tx.referrals.lock}
        await ways.get(what, tx.orders.lock)(chance.sample(keys, 200))

    for number in range(3):
        prefix = number if what == "new orders" else 0
        orders = [OrderKey(builders.MERCHANT, OrderId(f"{prefix}{one}")) for one in range(200)]
        stored: dict[str, list[Any]] = {"links": links, "referrals": referrals}
        keys = stored.get(what, orders)
        await asyncio.gather(*(_alone(begin, partial(lock, keys=keys)) for _ in range(10)))


@pytest.mark.parametrize("what", ["orders", "links", "referrals"])
@pytest.mark.parametrize("joins", ["nestloop", "hashjoin"])
async def test_who_waits_for_a_lock_has_not_locked_what_comes_after_it(
    begin: Begin, engine: AsyncEngine, meanwhile: Meanwhile, what: str, joins: str
) -> None:
    links, referrals = await _store_links_and_referrals(begin, 50)
    orders = [OrderKey(builders.MERCHANT, OrderId(f"{one:02}")) for one in range(50)]
    for order in reversed(orders):
        await _alone(begin, partial(_lock, what="orders", keys=[order]))
    event.listen(engine.sync_engine, "begin", partial(_plan, joins=joins))
    every: dict[str, list[Any]] = {"orders": orders, "links": links, "referrals": referrals}
    keys = every[what]
    async with begin() as first:
        await _lock(first, what, keys[:1])
        second = meanwhile(partial(_lock, what=what, keys=keys))
        await _waits(second)
        await _lock(first, what, keys[1:])
    await second


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("what", ["deliveries", "orders", "stale statuses", "unreadable bodies"])
async def test_who_waits_to_add_something_has_not_added_what_comes_after_it(
    begin: Begin, meanwhile: Meanwhile, what: str, *, turned: bool
) -> None:
    smaller, larger = sorted((1, 2), key=lambda one: _digest(one) if "bodies" in what else one)
    both = [larger, smaller] if turned else [smaller, larger]
    async with begin() as first:
        await _add(first, what, [smaller])
        second = meanwhile(lambda tx: _add(tx, what, both))
        await _waits(second)
        await _add(first, what, [larger])
        await first.commit()
    await second


@pytest.mark.parametrize("ends", ["commit", "rollback"])
async def test_a_friend_goes_to_the_second_order_only_if_the_first_is_rolled_back(
    begin_with_link: Begin, meanwhile: Meanwhile, ends: str
) -> None:
    async with begin_with_link() as first:
        await first.referrals.save([opened(numbered(1)), completed(numbered(1))])
        second = meanwhile(
            lambda tx: tx.referrals.save([opened(numbered(2)), completed(numbered(2))])
        )
        await _waits(second)
        if ends == "commit":
            await first.commit()
    if ends == "commit":
        with pytest.raises(FriendTaken):
            await second
    else:
        await second


async def test_a_referral_that_was_saved_meanwhile_is_stale(
    begin_with_link: Begin, meanwhile: Meanwhile
) -> None:
    await save(begin_with_link, opened(numbered(1)))
    async with begin_with_link() as first:
        await first.referrals.save([completed(numbered(1))])
        second = meanwhile(lambda tx: tx.referrals.save([completed(numbered(1))]))
        await _waits(second)
        await first.commit()
    with pytest.raises(Stale):
        await second


async def test_a_version_that_leaves_one_out_is_stale(begin_with_link: Begin) -> None:
    await save(begin_with_link, opened(numbered(1)))
    unknown = completed(numbered(1)).referral
    with pytest.raises(Stale):
        await save(begin_with_link, reversed_(unknown))


async def test_a_batch_may_hand_a_friend_from_one_referral_to_another(
    begin_with_link: Begin,
) -> None:
    for giver, taker in ((1, 2), (4, 3)):
        first = completed(numbered(giver))
        await save(begin_with_link, opened(numbered(giver)), first, opened(numbered(taker)))
        second = completed(numbered(taker))
        await save(begin_with_link, second, reversed_(first.referral))
        await save(begin_with_link, reversed_(second.referral))


async def test_a_batch_may_hand_a_friend_to_a_referral_that_it_opens(
    begin_with_link: Begin,
) -> None:
    first = completed(numbered(1))
    await save(begin_with_link, opened(numbered(1)), first)
    taker = [opened(numbered(2)), completed(numbered(2))]
    await save(begin_with_link, *taker, reversed_(first.referral))


@pytest.mark.parametrize("known", list(product([False, True], repeat=2)))
@pytest.mark.parametrize("joins", ["nestloop", "hashjoin"])
async def test_who_waits_for_a_friend_has_not_taken_those_who_come_after(
    begin_with_link: Begin,
    engine: AsyncEngine,
    meanwhile: Meanwhile,
    known: tuple[bool, bool],
    joins: str,
) -> None:
    event.listen(engine.sync_engine, "begin", partial(_plan, joins=joins))
    if known[0]:
        await save(begin_with_link, opened(_referral(4)), opened(_referral(1)))
    if known[1]:
        await save(begin_with_link, opened(_referral(3)), opened(_referral(2)))
    one, other = (partial(_taking, known=is_known) for is_known in known)
    async with begin_with_link() as first:
        await first.referrals.save([one("1", _referral(1))])
        both = [one("2", _referral(4)), other("1", _referral(3))]
        second = meanwhile(lambda tx: tx.referrals.save(both))
        await _waits(second)
        await first.referrals.save([other("2", _referral(2))])
        await first.commit()
    with pytest.raises(FriendTaken):
        await second


async def test_two_workers_claim_different_deliveries_and_do_not_wait(
    begin: Begin, meanwhile: Meanwhile
) -> None:
    await _store_deliveries(begin, 10)
    async with begin() as first:
        mine = await first.deliveries.claim(5, at=NOW, until=LATER)
        theirs = await asyncio.wait_for(
            meanwhile(lambda tx: tx.deliveries.claim(10, at=NOW, until=LATER)), 2
        )
        await first.commit()
    assert len({one.id for one in [*mine, *theirs]}) == len(mine) + len(theirs) == 10


async def test_what_is_due_longest_is_claimed_first_whatever_way_it_is_looked_up(
    begin: Begin, engine: AsyncEngine
) -> None:
    event.listen(engine.sync_engine, "begin", partial(_plan, joins="hashjoin"))
    ages = (1, 3, 2, 4)
    await _alone(begin, lambda tx: tx.deliveries.add([_delivery(age, age=age) for age in ages]))
    claimed = await _alone(begin, lambda tx: tx.deliveries.claim(3, at=NOW, until=LATER))
    assert [delivery.facts.order_id for delivery in claimed] == ["4", "3", "2"]


async def test_a_claim_that_is_rolled_back_is_no_claim(begin: Begin) -> None:
    await _store_deliveries(begin, 1)
    async with begin() as tx:
        await tx.deliveries.claim(1, at=NOW, until=LATER)
    async with begin() as tx:
        (again,) = await tx.deliveries.claim(1, at=NOW, until=LATER)
    assert again.attempts == 1


async def test_a_late_worker_does_not_bring_a_finished_delivery_back(begin: Begin) -> None:
    await _store_deliveries(begin, 1)
    async with begin() as tx:
        (claimed,) = await tx.deliveries.claim(1, at=NOW, until=LATER)
        await tx.deliveries.finish({claimed.id: Outcome.SETTLED})
        await tx.deliveries.defer({claimed.id: NOW})
        assert await tx.deliveries.claim(1, at=LATER, until=LATER) == []


async def test_who_forgets_stale_statuses_does_not_wait_for_who_adds_them(
    begin: Begin, meanwhile: Meanwhile
) -> None:
    known = {numbered(number).key: 1 for number in range(3)}
    await _alone(begin, lambda tx: tx.stale_statuses.add(known))
    grown = {numbered(1).key: 2}
    async with begin() as adding:
        await adding.stale_statuses.add(grown)
        await asyncio.wait_for(meanwhile(lambda tx: tx.stale_statuses.delete(known)), 2)
        await adding.commit()
    assert await _alone(begin, lambda tx: tx.stale_statuses.first(10)) == grown


async def test_reading_does_not_wait_for_who_writes(
    begin_with_link: Begin, meanwhile: Meanwhile
) -> None:
    await save(begin_with_link, opened(builders.referral()))
    async with begin_with_link() as first:
        await first.referrals.lock([builders.referral().key])
        await first.referrals.save([completed(builders.referral())])
        read = meanwhile(lambda tx: tx.referrals.get([builders.referral().key]))
        assert await asyncio.wait_for(read, 2) == {builders.referral().key: builders.referral()}


@pytest.mark.parametrize("ends", ["commit", "rollback"])
async def test_who_repeats_a_request_meanwhile_waits_for_the_end_of_the_first(
    begin: Begin, meanwhile: Meanwhile, ends: str
) -> None:
    repeated = builders.request(resource_id="77777777-7777-4777-8777-777777777777")
    async with begin() as first:
        await first.requests.add([builders.request()])
        second = meanwhile(lambda tx: tx.requests.add([repeated]))
        await _waits(second)
        if ends == "commit":
            await first.commit()
    assert await second == {repeated.key: builders.request() if ends == "commit" else repeated}


async def test_twenty_who_share_at_once_with_one_id_open_one_referral(
    begin_with_link: Begin, engine: AsyncEngine
) -> None:
    shares = ShareLinks(begin=begin_with_link, clock=FixedClock(), ids=RandomIds())
    share = Share(link=builders.link().key, channel=Channel.SMS, request_id=builders.REQUEST)
    answers = await asyncio.gather(*(shares([share, share]) for _ in range(10)))
    shared = {answer for pair in answers for answer in pair}
    assert len(shared) == 1
    assert isinstance(shared.pop(), SharedLink)
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM referrals")) == 1


async def test_who_revokes_a_link_that_is_just_being_revoked_learns_of_the_first_time(
    begin_with_link: Begin,
) -> None:
    revoke = RevokeReferralLink(begin=begin_with_link, clock=FixedClock(LATER))
    async with begin_with_link() as first:
        link = (await first.links.lock([builders.link().key]))[builders.link().key]
        second = asyncio.create_task(revoke(link.key))
        await _waits(second)
        await first.links.save(link.revoke(NOW))
        await first.commit()
    assert (await second).revoked_at == NOW


async def test_of_twenty_who_review_a_referral_at_once_the_first_decides(
    begin: Begin,
) -> None:
    async with begin() as tx:
        await tx.programs.save(builders.program(velocity_cap=1, review=True))
        await tx.links.add(builders.link())
        marked = Transition(
            referral=builders.referral_in_review(), from_status=ReferralStatus.PENDING
        )
        await tx.referrals.save([opened(builders.referral()), marked])
        await tx.orders.lock([KEY])
        await tx.orders.save([builders.order_in_review()], at=builders.PLACED_AT)
        await tx.commit()
    review = ReviewReferral(begin=begin, cache=InMemoryStatusCache(), clock=FixedClock())
    answers = await asyncio.gather(
        *(review(builders.referral().key, verdict) for verdict in [*ReviewVerdict] * 10),
        return_exceptions=True,
    )
    told = [answer for answer in answers if not isinstance(answer, NotInReview)]
    assert len(told) == 10
    assert len(set(told)) == 1


async def _alone(begin: Begin, work: Work) -> Any:
    async with begin() as tx:
        result = await work(tx)
        await tx.commit()
    return result


def _plan(connection: Connection, *, joins: str = "nestloop") -> None:
    """Look keys up one by one, as in large tables, or join rows as they lie."""
    kept = {"nestloop": {"nestloop", "indexscan"}, "hashjoin": {"hashjoin", "seqscan"}}[joins]
    ways = {"seqscan", "indexscan", "bitmapscan", "nestloop", "hashjoin", "mergejoin"}
    for way in sorted(ways - kept):
        connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")


async def _waits(task: asyncio.Task[Any]) -> None:
    done, _ = await asyncio.wait({task}, timeout=0.2)
    assert not done


async def _store_deliveries(begin: Begin, number: int) -> None:
    deliveries = [_delivery(one) for one in range(number)]
    await _alone(begin, lambda tx: tx.deliveries.add(deliveries))


async def _lock(tx: Transaction, what: str, keys: list[Any]) -> None:
    if what == "orders":
        await tx.orders.lock(keys)
    elif what == "links":
        await tx.links.lock(keys)
    else:
        await tx.referrals.lock(keys)


async def _add(tx: Transaction, what: str, numbers: list[int]) -> None:
    if what == "deliveries":
        await tx.deliveries.add([_delivery(number) for number in numbers])
    elif what == "orders":
        await tx.orders.lock([OrderKey(builders.MERCHANT, OrderId(str(one))) for one in numbers])
    elif what == "stale statuses":
        await tx.stale_statuses.add({_referral(number).key: 1 for number in numbers})
    else:
        bodies = [builders.unreadable_body(body=bytes([number])) for number in numbers]
        await tx.quarantine.add(bodies)


def _digest(number: int) -> bytes:
    return sha256(bytes([number])).digest()


def _delivery(number: int, *, age: int = 0) -> AcceptedDelivery:
    return builders.accepted_delivery(
        facts=builders.facts(order_id=OrderId(str(number))), received_at=NOW - timedelta(hours=age)
    )


async def _store_links_and_referrals(
    begin: Begin, number: int
) -> tuple[list[LinkKey], list[ReferralKey]]:
    links = [
        builders.link(
            id=LinkId(_uuid(one)),
            customer_id=CustomerId(str(one)),
            code=ReferralCode.of_number(one),
        )
        for one in range(number)
    ]
    referrals = [_referral(one) for one in range(number)]
    async with begin() as tx:
        for link in links:
            await tx.links.add(link)
        await tx.referrals.save([opened(referral) for referral in referrals])
        await tx.commit()
    return [link.key for link in links], [referral.key for referral in referrals]


def _taking(friend: str, referral: Referral, *, known: bool) -> Transition:
    """Return the transition that completes a referral, or opens it as a completed one."""
    after = attrs.evolve(
        referral,
        status=ReferralStatus.COMPLETED,
        version=2 if known else 1,
        order_id=OrderId(referral.id[-4:]),
        referred_customer_id=CustomerId(friend),
    )
    return Transition(referral=after, from_status=referral.status if known else None)


def _referral(number: int) -> Referral:
    return builders.referral(id=ReferralId(_uuid(number)))


def _uuid(number: int) -> str:
    return f"33333333-3333-4333-8333-{number:012}"
