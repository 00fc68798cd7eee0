"""What Shopify posts, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_domain.errors import Unauthenticated
from referrals_domain.model.delivery import Topic
from referrals_domain.model.identifiers import ShopDomain
from referrals_domain.model.privacy import PrivacyTopic
from referrals_domain.ports.webhook_subscriptions import WebhookSubscriptions

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet


@attrs.frozen
class InMemoryWebhookSubscriptions(WebhookSubscriptions):
    """
    What Shopify posts, in memory.

    Args:
        topics: The topics of each shop that gave access.
    """

    topics: dict[ShopDomain, set[Topic | PrivacyTopic]] = attrs.field(factory=dict)

    async def get(self, shop: ShopDomain) -> AbstractSet[Topic | PrivacyTopic]:
        """Return the topics of a shop."""
        return self._of(shop).copy()

    async def add(self, shop: ShopDomain, topic: Topic | PrivacyTopic) -> None:
        """Add a topic."""
        self._of(shop).add(topic)

    def _of(self, shop: ShopDomain) -> set[Topic | PrivacyTopic]:
        if shop not in self.topics:
            raise Unauthenticated("the shop gave no access")
        return self.topics[shop]
