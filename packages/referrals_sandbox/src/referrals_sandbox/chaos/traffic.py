"""
The traffic: friends who order, and Shopify, which tells of it and does not let go.

Every delivery stands in the ledger before it is posted. Whatever is answered but 200, or nothing,
has it posted again, as Shopify would, on a faster clock.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import attrs

from referrals_domain.model.delivery import Topic
from referrals_domain.model.identifiers import MerchantId, OrderId, ReferralId
from referrals_sandbox.chaos.ledger import POSTED, Ledger, Line
from referrals_sandbox.chaos.lossy_shop import LossyShop
from referrals_sandbox.composition.shops import Link
from referrals_sandbox.neighbours.poster import Answer, NoAnswer, Poster
from referrals_sandbox.neighbours.shopify import Delivery
from referrals_sandbox.neighbours.shopify_order import PlacedOrder, full_refund

_OK: Final = 200
_RATE: Final = 75.0  # orders a second
_MOST_ORDERS: Final = 400  # under way; then friends wait
WITHIN: Final = 2.0  # seconds for an answer: Shopify waits 5
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 1.5  # seconds; Shopify's are minutes
_SPREADS: Final = (0.0, 0.1, 2.0)  # seconds over which an order's deliveries come
_SHARED, _PAID, _UNDONE, _AGAIN, _AT_ONCE = 0.5, 0.6, 0.15, 0.1, 0.01
_TIMES_AT_ONCE: Final = 20
_UNDOINGS: Final = (
    [Topic.ORDERS_CANCELLED],
    [Topic.REFUNDS_CREATE],
    [Topic.ORDERS_CANCELLED, Topic.REFUNDS_CREATE],  # Shopify's own way to cancel
)
_LIFE: Final = (
    *(Topic.ORDERS_CREATE, Topic.ORDERS_PAID),
    *(Topic.ORDERS_CANCELLED, Topic.REFUNDS_CREATE),
)
_LOOKED: Final = 0.3  # seconds after a delivery, somebody asks for the status
_STATUS: Final = "/referrals.v1.ReferralsService/GetReferralStatus"
_SHARE: Final = "/referrals.v1.ReferralsService/ShareLink"


@attrs.frozen(kw_only=True)
class Plan:
    """
    What will be told of an order: the seed decides it, and nothing else.

    Args:
        link: The link that the friend came by.
        is_shared: Whether the order names a share, and not only the code.
        topics: What is told, in this order.
        pauses: How long after the order each is told, in seconds.
        times: How often each is posted at the same instant.
        again: Which are posted again later.
    """

    link: Link
    is_shared: bool
    topics: Sequence[Topic]
    pauses: Sequence[float]
    times: Sequence[int]
    again: Sequence[bool]

    @classmethod
    def draw(cls, chance: random.Random, links: Sequence[Link]) -> Plan:
        """Draw a plan."""
        topics = [Topic.ORDERS_CREATE]
        if chance.random() < _PAID:
            topics.append(Topic.ORDERS_PAID)
        if chance.random() < _UNDONE:
            topics += chance.choice(_UNDOINGS)
        chance.shuffle(topics)
        return cls(
            link=chance.choice(links),
            is_shared=chance.random() < _SHARED,
            topics=topics,
            pauses=[chance.choice(_SPREADS) * chance.random() for _ in topics],
            times=[_TIMES_AT_ONCE if chance.random() < _AT_ONCE else 1 for _ in topics],
            again=[chance.random() < _AGAIN for _ in topics],
        )


@attrs.define(kw_only=True)
class Traffic:
    """
    Friends who order at a steady pace.

    Args:
        gateway: Takes what is posted.
        secret: Signs webhooks.
        token: May act for all merchants of the links.
        ledger: Where every delivery stands before it is posted.
        links: Which links friends come by.
        shop: Where friends of one of the merchants order; of the others all is told in the end.
        seed: Decides what they do, and when.
    """

    gateway: Poster
    secret: str = attrs.field(repr=False)
    token: str = attrs.field(repr=False)
    ledger: Ledger
    links: Sequence[Link]
    shop: LossyShop
    seed: int
    posts: int = attrs.field(default=0, init=False)
    reads: int = attrs.field(default=0, init=False)
    last_read: datetime = attrs.field(default=datetime.min.replace(tzinfo=UTC), init=False)
    """When the last call of the gRPC service began that was answered."""

    async def flow(self, seconds: float) -> None:
        """Have friends order for so long; return when all that is to be told was acknowledged."""
        loop, chance = asyncio.get_running_loop(), random.Random(self.seed)  # noqa: S311 - repeatable
        room = asyncio.Semaphore(_MOST_ORDERS)
        end = loop.time() + seconds
        due = loop.time()
        async with asyncio.TaskGroup() as orders:
            while loop.time() < end:
                await room.acquire()
                task = orders.create_task(self._order(Plan.draw(chance, self.links)))
                task.add_done_callback(lambda _: room.release())
                due = max(due + 1 / _RATE, loop.time() - 1)
                await asyncio.sleep(max(0, due - loop.time()))

    async def _order(self, plan: Plan) -> None:
        merchant_id = plan.link.merchant_id
        share = await self._share(plan.link) if plan.is_shared else None
        if share:
            await self._read(merchant_id, share)
        now = datetime.now(UTC)
        signals = {"ref": plan.link.code, "share": share} if share else {"ref": plan.link.code}
        order = PlacedOrder(
            placed_at=now,
            attributes=signals,
            discount=None,
            landing_site=f"/?ref={plan.link.code}",
            is_paid=False,
        )
        referral_id = share or ReferralId.of_order(
            MerchantId(merchant_id), OrderId(str(order.order_id))
        )
        is_lossy = merchant_id == self.shop.merchant_id
        async with asyncio.TaskGroup() as group:
            group.create_task((self._happen if is_lossy else self._told)(plan, order))
            for pause in plan.pauses:
                group.create_task(self._read(merchant_id, referral_id, after=pause + _LOOKED))

    async def _happen(self, plan: Plan, order: PlacedOrder) -> None:
        """Have an order placed, and then what follows; Shopify tells of it as it does."""
        order = attrs.evolve(order, is_paid=_is_paid_at_once(plan.topics))
        passed = 0.0
        for topic, pause in zip(_as_they_happen(plan.topics), sorted(plan.pauses), strict=True):
            await asyncio.sleep(pause - passed)
            passed = pause
            line = _line(plan.link, order, topic)
            await self.ledger.write(line)
            await self.shop.happen(topic, order)
            await self.ledger.write(line.acknowledged())

    async def _told(self, plan: Plan, order: PlacedOrder) -> None:
        """Have all that there is to tell of an order told, until it is acknowledged."""
        async with asyncio.TaskGroup() as tellings:
            for topic, pause, times, again in zip(
                plan.topics, plan.pauses, plan.times, plan.again, strict=True
            ):
                delivery = Delivery(
                    topic=topic,
                    shop_domain=plan.link.shop_domain,
                    body=_body(order, topic),
                    secret=self.secret,
                )
                tell = partial(self._tell, delivery, _line(plan.link, order, topic))
                tellings.create_task(tell(after=pause, times=times))
                if again:
                    tellings.create_task(tell(after=pause + 1, times=1))

    async def _tell(self, delivery: Delivery, line: Line, *, after: float, times: int) -> None:
        """Post a delivery until it is acknowledged."""
        await asyncio.sleep(after)
        await self.ledger.write(line)
        async with asyncio.TaskGroup() as group:
            for _ in range(times):
                group.create_task(self._post(delivery))
        await self.ledger.write(line.acknowledged())

    async def _post(self, delivery: Delivery) -> None:
        pause = _FIRST_PAUSE
        while not await self._is_accepted(delivery):
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _is_accepted(self, delivery: Delivery) -> bool:
        self.posts += 1
        try:
            answer = await self.gateway.post(
                f"/{delivery.topic}", delivery.body, delivery.headers()
            )
        except NoAnswer:
            return False
        finally:
            self.posts -= 1
        return answer.status == _OK

    async def _share(self, link: Link) -> str | None:
        """Share a link, and return the referral that this opened; None if nobody answers."""
        answer = await self._ask(
            _SHARE,
            {
                "merchant_id": link.merchant_id,
                "referral_link_id": link.id,
                "channel": "CHANNEL_SMS",
            },
        )
        return str(json.loads(answer.body)["referral"]["id"]) if answer else None

    async def _read(self, merchant_id: str, referral_id: str, *, after: float = 0) -> None:
        """Ask for a status, so that it is cached."""
        await asyncio.sleep(after)
        await self._ask(_STATUS, {"merchant_id": merchant_id, "referral_id": referral_id})

    async def _ask(self, path: str, question: dict[str, str]) -> Answer | None:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        self.reads += 1
        begun = datetime.now(UTC)
        try:
            answer = await self.gateway.post(path, json.dumps(question).encode(), headers)
        except NoAnswer:
            return None
        finally:
            self.reads -= 1
        if answer.status != _OK:
            return None
        self.last_read = max(self.last_read, begun)
        return answer


def _as_they_happen(topics: Sequence[Topic]) -> Sequence[Topic]:
    """Return topics in the order in which what they tell of happens to an order."""
    return [topic for topic in _LIFE if topic in topics]


def _is_paid_at_once(topics: Sequence[Topic]) -> bool:
    """Tell whether an order must be paid when it is placed, because it is paid back later."""
    return Topic.REFUNDS_CREATE in topics and Topic.ORDERS_PAID not in topics


def _line(link: Link, order: PlacedOrder, topic: Topic) -> Line:
    """Return the line that has what a topic tells of an order in the ledger, before it is told."""
    return Line(
        kind=POSTED,
        merchant_id=link.merchant_id,
        order_id=str(order.order_id),
        friend_id=str(order.customer_id),
        topic=topic,
    )


def _body(order: PlacedOrder, topic: Topic) -> bytes:
    """Return what a topic tells of an order: each what no other does."""
    later = order.placed_at + timedelta(seconds=1)
    match topic:
        case Topic.ORDERS_CREATE:
            return order.body()
        case Topic.ORDERS_PAID:
            return attrs.evolve(order, is_paid=True, updated_at=later).body()
        case Topic.ORDERS_CANCELLED:
            return attrs.evolve(order, cancelled_at=later, updated_at=later).body()
        case Topic.REFUNDS_CREATE:
            return full_refund(order.order_id, later)
