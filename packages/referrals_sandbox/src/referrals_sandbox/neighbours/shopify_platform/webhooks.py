"""
Webhooks, posted until they are answered.

https://shopify.dev/docs/apps/build/webhooks/deliver-over-https (November 2026): 1 second to
connect, 5 in all, any 2xx is success; else 8 retries over 4 hours, further and further apart, with
the body and the ids that it had. When all were in vain, the subscription is removed, which it is
in Shopify if the Admin API made it. By how much the retries drift apart is not told.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import attrs

from referrals_sandbox.neighbours.poster import NoAnswer, Poster
from referrals_sandbox.neighbours.shopify import Delivery
from referrals_sandbox.neighbours.shopify_platform.circumstances import Circumstances
from referrals_sandbox.neighbours.shopify_platform.faults import happens, one_of

if TYPE_CHECKING:
    from referrals_sandbox.neighbours.shopify_platform.order import Document
    from referrals_sandbox.neighbours.shopify_platform.shop import Shop, Subscription

RETRIES: Final = 8
_HOURS: Final = 4
GAPS: Final = tuple(_HOURS * 3600 * 2**number / (2**RETRIES - 1) for number in range(RETRIES))
_CONNECTED_WITHIN: Final = 1.0  # seconds
_ANSWERED_WITHIN: Final = 5.0  # seconds
_AT_ONCE: Final = 64  # posts; else a backlog after an outage opens a connection for each webhook
_SUCCESS: Final = range(200, 300)


@attrs.define
class Posted:
    """
    What became of the webhooks of a shop.

    Args:
        answered: How many were answered 2xx; a copy counts by itself, here and below.
        dropped: How many were never sent.
        doubled: How many were sent twice.
        in_vain: How many posts failed.
        pending: How many are still on their way.
        given_up: How many were given up: all retries were in vain, or nobody subscribes any more.
        slowest: After how many seconds the one was answered that took longest; real ones.
    """

    answered: int = 0
    dropped: int = 0
    doubled: int = 0
    in_vain: int = 0
    pending: int = 0
    given_up: int = 0
    slowest: float = 0.0


@attrs.define(eq=False)
class Webhooks:
    """
    Posts webhooks, many at once and in no order.

    Args:
        circumstances: What goes for all of them.
    """

    circumstances: Circumstances
    posted: dict[str, Posted] = attrs.field(factory=lambda: defaultdict(Posted), init=False)
    _posters: dict[str, Poster] = attrs.field(factory=dict, init=False)
    _at_once: asyncio.Semaphore = attrs.field(
        factory=lambda: asyncio.Semaphore(_AT_ONCE), init=False
    )
    _under_way: set[asyncio.Task[None]] = attrs.field(factory=set, init=False)

    def send(self, shop: Shop, topic: str, document: Document) -> None:
        """Tell all who subscribed to a topic, unless it is lost."""
        faults, posted = self.circumstances.faults, self.posted[shop.terms.domain]
        for subscription in shop.subscriptions:
            if subscription.topic != topic:
                continue
            if happens(faults.dropped):
                posted.dropped += 1
                continue
            delivery = Delivery(
                topic=topic,
                shop_domain=shop.terms.domain,
                body=json.dumps(document).encode(),
                secret=one_of(shop.terms.secrets),
                triggered_at=self.circumstances.now(),
                api_version=shop.terms.api_version,
            )
            copies = 1 + happens(faults.doubled)
            posted.doubled += copies - 1
            for _ in range(copies):
                self._begin(shop, subscription, delivery)

    async def settle(self) -> None:
        """Wait until nothing is on its way."""
        await asyncio.gather(*self._under_way)

    async def close(self) -> None:
        """Give up whatever is on its way."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        for poster in self._posters.values():
            poster.close()

    def _begin(self, shop: Shop, subscription: Subscription, delivery: Delivery) -> None:
        self.posted[shop.terms.domain].pending += 1
        task = asyncio.create_task(self._deliver(shop, subscription, delivery))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _deliver(self, shop: Shop, subscription: Subscription, delivery: Delivery) -> None:
        posted = self.posted[shop.terms.domain]
        try:
            for gap in (self.circumstances.faults.delay(), *GAPS):
                await self.circumstances.pause(gap)
                if subscription not in shop.subscriptions:
                    posted.given_up += 1
                    return
                signed = attrs.evolve(delivery, secret=one_of(shop.terms.secrets))
                if await self._post(subscription, signed, posted):
                    posted.answered += 1
                    return
                posted.in_vain += 1
            if subscription in shop.subscriptions:
                shop.subscriptions.remove(subscription)
            posted.given_up += 1
        finally:
            posted.pending -= 1

    async def _post(self, subscription: Subscription, delivery: Delivery, posted: Posted) -> bool:
        """Post once, as soon as Shopify is there, and tell whether it was taken."""
        url = urlsplit(subscription.uri)
        poster = self._posters.setdefault(
            url.netloc,
            Poster(address=url.netloc, within=_ANSWERED_WITHIN, connect_within=_CONNECTED_WITHIN),
        )
        try:
            async with self._at_once:
                await self.circumstances.back()
                begun = asyncio.get_running_loop().time()
                answer = await poster.post(url.path, delivery.body, delivery.headers())
                taken = asyncio.get_running_loop().time() - begun
                posted.slowest = max(posted.slowest, taken)
        except NoAnswer:
            return False
        return answer.status in _SUCCESS
