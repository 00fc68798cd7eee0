"""An order and a friend are rewarded for once, whatever is delivered and done at once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from referrals_domain.model.delivery import Outcome, Topic
from referrals_domain.model.identifiers import MerchantId, ReferralId, ShopDomain
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_domain.ports.merchant_validator import Verdict
from referrals_domain.testing import builders
from tests.order_path import people
from tests.order_path.path import Webhook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_domain.model.identifiers import OrderId
    from referrals_domain.model.order import OrderFacts
    from tests.order_path.path import OrderPath


ORDERS: Final = 200
COPIES: Final = 20
SENDERS: Final = 2
"""How many orders are posted at a time, each in all its copies."""

PAIRS: Final = range(20)
"""What happens to two at once happens to so many pairs."""

ORDER_TOPICS: Final = (Topic.ORDERS_CREATE, Topic.ORDERS_PAID, Topic.ORDERS_CANCELLED)
COMPLETED: Final = ReferralStatus.COMPLETED
LATER: Final = "2026-11-20T10:20:00-05:00"

OTHER: Final = MerchantId("other")
OTHER_SHOP: Final = ShopDomain("other.myshopify.com")


async def test_200_orders_that_come_20_times_at_once_complete_once_each(path: OrderPath) -> None:
    links = [people.link(number) for number in range(20)]
    shares = [people.share(number, links[number % 20]) for number in range(ORDERS)]
    await path.set_up([builders.program()], links, shares)
    path.core_knows([link.customer_id for link in links], frequency=3)
    path.core_knows(map(people.friend, range(ORDERS)), known=False)
    turns = asyncio.Semaphore(SENDERS)

    def copy(number: int, copy: int) -> Webhook:
        signals = people.signals(links[number % 20], shares[number])
        irrelevant = {"token": f"{copy}", "unknown": copy}
        updated_at = f"2026-11-20T10:15:{31 + copy % 2}-05:00"
        body = people.body(
            number, people.friend(number), signals, updated_at=updated_at, **irrelevant
        )
        return Webhook(ORDER_TOPICS[copy % 3], body)

    async def post(number: int) -> Sequence[str]:
        async with turns:
            return await path.post(*(copy(number, one) for one in range(COPIES)))

    receipts = await path.work_while(asyncio.gather(*map(post, range(ORDERS))), limit=50)
    assert Counter(one for some in receipts for one in some) == {
        "stored": ORDERS * 6,
        "repeated": ORDERS * (COPIES - 6),
    }
    assert await path.outcomes() == {Outcome.SETTLED: ORDERS * 6}
    rewarded = await path.rows("SELECT id, type, aggregateid FROM outbox")
    assert {row.type for row in rewarded} == {"referral.completed"}
    assert len({row.id for row in rewarded}) == len(rewarded) == ORDERS
    assert {row.aggregateid for row in rewarded} == {share.id for share in shares}
    history = await path.rows(
        "SELECT referral_id FROM referral_history WHERE status = 'COMPLETED'"
    )
    assert len({row.referral_id for row in history}) == len(history) == ORDERS
    assert await path.statuses() == {(COMPLETED, Cause.ORDER_CREATED): ORDERS}


async def test_of_two_orders_of_a_friend_at_once_one_completes_until_it_is_cancelled(
    path: OrderPath,
) -> None:
    links = [people.link(number) for number in range(3 * len(PAIRS))]
    shares = [people.share(number, link) for number, link in enumerate(links)]
    await path.set_up([builders.program()], links, shares)
    path.core_knows([link.customer_id for link in links], frequency=3)
    path.core_knows(map(people.friend, PAIRS), known=False)

    def order(pair: int, turn: int, topic: Topic = Topic.ORDERS_CREATE, **changes: str) -> Webhook:
        """Every other order opens a referral of its own: friends are then taken in two ways."""
        number = pair + turn * len(PAIRS)
        share = None if (pair + turn) % 2 else shares[number]
        signals = people.signals(links[number], share)
        return Webhook(topic, people.body(number, people.friend(pair), signals, **changes))

    for turn in (0, 1):
        await path.post(*(order(pair, turn) for pair in PAIRS))
    await path.work(len(PAIRS), len(PAIRS))
    await path.work_until_done()
    by_order = await _by_order(path)
    first = {pair: by_order[people.order_id(pair)] for pair in PAIRS}
    second = {pair: by_order[people.order_id(pair + len(PAIRS))] for pair in PAIRS}
    completed = (COMPLETED, Cause.ORDER_CREATED)
    rejected = (ReferralStatus.REJECTED, Cause.FRIEND_ALREADY_REFERRED)
    assert {frozenset([first[pair], second[pair]]) for pair in PAIRS} == {
        frozenset([completed, rejected])
    }
    assert await path.events() == {"referral.completed": len(PAIRS)}

    winners = [(pair, int(second[pair] == completed)) for pair in PAIRS]
    undone = {"cancelled_at": LATER, "updated_at": LATER}
    await path.post(
        *(order(pair, turn, Topic.ORDERS_CANCELLED, **undone) for pair, turn in winners)
    )
    await path.work_until_done()
    await path.post(*(order(pair, 2) for pair in PAIRS))
    await path.work_until_done()
    by_order = await _by_order(path)
    assert {by_order[people.order_id(pair + 2 * len(PAIRS))] for pair in PAIRS} == {completed}
    assert await path.events() == {
        "referral.completed": 2 * len(PAIRS),
        "referral.reversed": len(PAIRS),
    }


async def test_of_two_friends_on_a_share_at_once_one_binds_it_and_both_complete(
    path: OrderPath,
) -> None:
    links = [people.link(pair) for pair in PAIRS]
    shares = [people.share(pair, links[pair]) for pair in PAIRS]
    await path.set_up([builders.program()], links, shares)
    path.core_knows([link.customer_id for link in links], frequency=3)
    numbers = [*PAIRS, *(pair + len(PAIRS) for pair in PAIRS)]
    path.core_knows(map(people.friend, numbers), known=False)
    for turn in (0, 1):
        await path.post(
            *(
                Webhook(
                    Topic.ORDERS_CREATE,
                    people.body(
                        pair + turn * len(PAIRS),
                        people.friend(pair + turn * len(PAIRS)),
                        people.signals(links[pair], shares[pair]),
                    ),
                )
                for pair in PAIRS
            )
        )
    await path.work(len(PAIRS), len(PAIRS))
    await path.work_until_done()
    rows = await path.rows("SELECT id, order_id, status FROM referrals")
    assert {row.status for row in rows} == {COMPLETED}
    bound = {row.order_id: str(row.id) for row in rows}
    assert bound.keys() == set(map(people.order_id, numbers))
    for pair in PAIRS:
        order_ids = [people.order_id(pair), people.order_id(pair + len(PAIRS))]
        its = {id_: ReferralId.of_order(builders.MERCHANT, id_) for id_ in order_ids}
        opened = [id_ for id_ in order_ids if bound[id_] == its[id_]]
        assert len(opened) == 1
        assert shares[pair].id in {bound[id_] for id_ in order_ids}
    assert await path.events() == {"referral.completed": 2 * len(PAIRS)}


async def test_an_order_that_two_merchants_bring_at_once_rewards_for_the_first_alone(
    path: OrderPath,
) -> None:
    other_program = builders.program(
        merchant_id=OTHER, shop_domain=OTHER_SHOP, storefront_url="https://other.example"
    )
    merchants = (builders.MERCHANT, OTHER)
    links = [people.link(pair, merchant_id=one) for one in merchants for pair in PAIRS]
    shares = [people.share(number, link) for number, link in enumerate(links)]
    await path.set_up([builders.program(), other_program], links, shares)
    path.world.auth.verdicts[OTHER] = Verdict.VALID
    for merchant in merchants:
        path.core_knows(map(people.advocate, PAIRS), merchant, frequency=3)
        path.core_knows(map(people.friend, PAIRS), merchant, known=False)

    async def claim(shop: ShopDomain, topic: Topic) -> None:
        its = slice(len(PAIRS)) if shop == builders.SHOP else slice(len(PAIRS), None)
        bodies = [
            people.body(pair, people.friend(pair), people.signals(link, share))
            for pair, link, share in zip(PAIRS, links[its], shares[its], strict=True)
        ]
        await path.post(*(Webhook(topic, body, shop) for body in bodies))

    for topic in (Topic.ORDERS_CREATE, Topic.ORDERS_PAID):
        await claim(builders.SHOP, topic)
        await claim(OTHER_SHOP, topic)
        await path.work(len(PAIRS), len(PAIRS))
        await path.work_until_done()
    owned = {
        tuple(row) for row in await path.rows("SELECT merchant_id, order_id FROM referred_orders")
    }
    assert sorted(order_id for _, order_id in owned) == sorted(map(people.order_id, PAIRS))
    deliveries = await path.rows("SELECT merchant_id, order_id, outcome FROM deliveries")
    assert len(deliveries) == 4 * len(PAIRS)
    for row in deliveries:
        its_own = (row.merchant_id, row.order_id) in owned
        assert row.outcome == (Outcome.SETTLED if its_own else Outcome.FOREIGN_ORDER)
    referrals = await path.rows("SELECT merchant_id, order_id, status, version FROM referrals")
    bound = [row for row in referrals if row.version > 1]
    assert {(row.merchant_id, row.order_id) for row in bound} == owned
    assert {(row.order_id, row.status) for row in referrals if row not in bound} == {
        (None, ReferralStatus.PENDING)
    }
    assert len(referrals) == 2 * len(bound)
    assert await path.events() == {"referral.completed": len(PAIRS)}


async def test_who_refers_each_other_at_once_are_both_rewarded_and_nobody_for_themselves(
    path: OrderPath,
) -> None:
    both = [(pair, pair + len(PAIRS)) for pair in PAIRS]
    links = [people.link(number) for number in range(2 * len(PAIRS))]
    shares = [people.share(number, link) for number, link in enumerate(links)]
    await path.set_up([builders.program()], links, shares)
    path.core_knows([link.customer_id for link in links], frequency=1)

    def order(number: int, buyer: int, of: int, *, bare: bool = False) -> Webhook:
        signals = people.signals(links[of], None if bare else shares[of])
        return Webhook(Topic.ORDERS_CREATE, people.body(number, people.advocate(buyer), signals))

    for_themselves = 2 * len(PAIRS)
    await path.post(*(order(one, one, of=other) for one, other in both))
    await path.post(*(order(other, other, of=one) for one, other in reversed(both)))
    await path.post(*(order(for_themselves + one, one, of=one, bare=True) for one, _ in both))
    await path.work(len(PAIRS), len(PAIRS), len(PAIRS))
    await path.work_until_done()
    assert await path.statuses() == {
        (COMPLETED, Cause.ORDER_CREATED): 2 * len(PAIRS),
        (ReferralStatus.REJECTED, Cause.SELF_REFERRAL): len(PAIRS),
    }
    assert await path.events() == {"referral.completed": 2 * len(PAIRS)}


async def test_in_a_storm_no_order_is_lost_and_no_friend_is_rewarded_for_twice(
    path: OrderPath,
) -> None:
    chance = random.Random(5)  # noqa: S311 - repeatable, and only for tests
    links = [people.link(number) for number in range(15)]
    shares = [people.share(number, link) for number, link in enumerate(links * 3)]
    await path.set_up([builders.program(hold=timedelta(minutes=10))], links, shares)
    path.core_knows([link.customer_id for link in links], frequency=3)
    path.core_knows(map(people.friend, PAIRS), known=False)

    def life(number: int) -> list[Webhook]:
        """Return what becomes of an order of one of the friends, who all order often."""
        share = chance.choice([None, *shares])
        link = links[shares.index(share) % len(links)] if share else chance.choice(links)
        buyer = people.friend(chance.choice(PAIRS))
        body = partial(people.body, number, buyer, people.signals(link, share))
        lives = [Webhook(Topic.ORDERS_CREATE, body()), Webhook(Topic.ORDERS_PAID, body())]
        if chance.random() < 0.5:
            cancelled = body(cancelled_at=LATER, updated_at=LATER)
            lives.append(Webhook(Topic.ORDERS_CANCELLED, cancelled))
        return lives

    storm = [webhook for number in range(120) for webhook in life(number)]
    chance.shuffle(storm)

    async def post() -> None:
        for start in range(0, len(storm), 20):
            await path.post(*storm[start : start + 20])
            path.world.clock.advance(timedelta(minutes=1))
            await path.sweep()

    await path.work_while(post(), limit=20)
    await path.work_until_done()
    assert (await path.outcomes()).keys() == {Outcome.SETTLED}
    facts: dict[OrderId, OrderFacts] = {}
    for webhook in storm:
        its = webhook.facts
        facts[its.order_id] = facts.get(its.order_id, its).merge(its)
    assert {one.order_id: one for one in await path.facts()} == facts
    told = Counter(
        (row.aggregateid, row.type)
        for row in await path.rows("SELECT aggregateid, type FROM outbox")
    )
    referrals = await path.rows("SELECT * FROM referrals WHERE order_id > ''")
    assert len(referrals) == len(facts)
    for row in referrals:
        key = str(row.id)
        net_reward = told[key, "referral.completed"] - told[key, "referral.reversed"]
        assert net_reward == (row.status == COMPLETED)
    rewarded = [row.referred_customer_id for row in referrals if row.status == COMPLETED]
    assert len(set(rewarded)) == len(rewarded) > 0


async def _by_order(path: OrderPath) -> dict[str, tuple[str, str]]:
    rows = await path.rows("SELECT order_id, status, cause FROM referrals WHERE order_id > ''")
    return {row.order_id: (row.status, row.cause) for row in rows}
