"""What a shop no longer posts is put back, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_domain.model.delivery import Topic
from referrals_domain.model.identifiers import ShopDomain
from referrals_domain.model.privacy import PrivacyTopic
from referrals_domain.ports.webhook_subscriptions import WebhookSubscriptions
from referrals_domain.testing import builders
from referrals_domain.use_cases.keep_subscriptions import WANTED, KeepSubscriptions

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet


@attrs.frozen
class InMemorySubscriptions(WebhookSubscriptions):
    """What each shop posts, in memory, in the order in which it came to."""

    posted: dict[ShopDomain, list[Topic | PrivacyTopic]]

    async def get(self, shop: ShopDomain) -> AbstractSet[Topic | PrivacyTopic]:
        """Return what a shop posts."""
        return set(self.posted[shop])

    async def add(self, shop: ShopDomain, topic: Topic | PrivacyTopic) -> None:
        """Have it post a topic."""
        self.posted[shop].append(topic)


def test_everything_about_orders_is_wanted_and_that_a_shop_leaves() -> None:
    assert set(WANTED) == {*Topic, PrivacyTopic.APP_UNINSTALLED}


async def test_what_is_missing_is_put_back() -> None:
    there: list[Topic | PrivacyTopic] = [Topic.ORDERS_PAID, PrivacyTopic.APP_UNINSTALLED]
    subscriptions = InMemorySubscriptions({builders.SHOP: list(there)})
    missing = await KeepSubscriptions(subscriptions=subscriptions)(builders.SHOP)
    assert missing == [Topic.ORDERS_CREATE, Topic.ORDERS_CANCELLED, Topic.REFUNDS_CREATE]
    assert subscriptions.posted == {builders.SHOP: [*there, *missing]}


async def test_a_dry_run_only_tells() -> None:
    subscriptions = InMemorySubscriptions({builders.SHOP: [Topic.ORDERS_CREATE]})
    keep = KeepSubscriptions(subscriptions=subscriptions)
    assert await keep(builders.SHOP, dry_run=True) == list(WANTED[1:])
    assert subscriptions.posted == {builders.SHOP: [Topic.ORDERS_CREATE]}
