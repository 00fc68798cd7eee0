"""One shop: its orders, who subscribed to what happens to them, and how much was asked of it."""

from __future__ import annotations

from collections import deque
from typing import Final

import attrs

from referrals_sandbox.neighbours.shopify import API_VERSION
from referrals_sandbox.neighbours.shopify_platform.limits import Bucket, Plan
from referrals_sandbox.neighbours.shopify_platform.order import Order

VERSIONS: Final = ("2025-10", "2026-01", "2026-04", "2026-07", "2026-10")
"""The versions of the API that are there in November 2026; each lives for a year."""

UNINSTALLED: Final = "app/uninstalled"
FIRST_TOPICS: Final = ("orders/create", "orders/paid", "orders/cancelled", "refunds/create")


@attrs.frozen(kw_only=True)
class Terms:
    """
    What was agreed with a shop that has the app.

    Args:
        domain: The shop's, as `acme.myshopify.com`.
        plan: What the shop pays for.
        token: With it the app may ask the Admin API.
        gateway: The URL below which it takes webhooks.
        secrets: Sign webhooks: the newest, and while it takes over the one before it, too.
        api_version: The version of the webhooks' bodies.
    """

    domain: str
    plan: Plan = Plan.STANDARD
    token: str = attrs.field(repr=False)
    gateway: str
    secrets: tuple[str, ...] = attrs.field(repr=False)
    api_version: str = attrs.field(default=API_VERSION, validator=attrs.validators.in_(VERSIONS))


@attrs.frozen
class Subscription:
    """
    Where what happens is posted to.

    Args:
        id: Its number.
        topic: What happens, as `orders/create`.
        uri: Where to.
    """

    id: int
    topic: str
    uri: str


@attrs.define
class Calls:
    """
    What the app asked of the Admin API.

    Args:
        plan: What it may ask.
        at: The time at which it begins, of a clock that never goes back.
    """

    plan: Plan
    at: float
    requests: Bucket = attrs.field(init=False)
    points: Bucket = attrs.field(init=False)
    asked: int = attrs.field(default=0, init=False)
    throttled: int = attrs.field(default=0, init=False)
    too_many: int = attrs.field(default=0, init=False)
    troubled: int = attrs.field(default=0, init=False)
    busiest_second: int = attrs.field(default=0, init=False)
    _latest: deque[float] = attrs.field(factory=deque, init=False)

    def __attrs_post_init__(self) -> None:
        """Fill the buckets."""
        self.requests = Bucket(self.plan.rate.requests, self.at)
        self.points = Bucket(self.plan.rate.points, self.at)

    def count(self, now: float) -> None:
        """Count a call, and restore what is due by now."""
        self.asked += 1
        self._latest.append(now)
        while self._latest[0] <= now - 1:
            self._latest.popleft()
        self.busiest_second = max(self.busiest_second, len(self._latest))
        self.requests.restore(now)
        self.points.restore(now)


@attrs.define(kw_only=True)
class Shop:
    """
    A shop.

    Args:
        terms: What was agreed.
        calls: What was asked of it.
        orders: Its orders, by number.
        subscriptions: Who is told of them.
        has_app: Whether the app is installed.
    """

    terms: Terms
    calls: Calls
    orders: dict[int, Order] = attrs.field(factory=dict)
    subscriptions: list[Subscription] = attrs.field(factory=list)
    has_app: bool = True
    _numbers: int = attrs.field(default=1_000_000_000_000, init=False)

    def subscribe(self, topic: str, uri: str) -> Subscription | None:
        """Subscribe; None: the address has this topic already."""
        if any(one.topic == topic and one.uri == uri for one in self.subscriptions):
            return None
        self._numbers += 1
        subscription = Subscription(self._numbers, topic, uri)
        self.subscriptions.append(subscription)
        return subscription


def opened(terms: Terms, at: float) -> Shop:
    """Return a shop that has just installed the app, which subscribes to what it must know."""
    shop = Shop(terms=terms, calls=Calls(terms.plan, at))
    for topic in FIRST_TOPICS:
        shop.subscribe(topic, f"{terms.gateway}/{topic}")
    return shop
