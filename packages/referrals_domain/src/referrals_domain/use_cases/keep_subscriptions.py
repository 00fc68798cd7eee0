"""Have Shopify post what it should."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from referrals_domain.model.delivery import Topic
from referrals_domain.model.privacy import PrivacyTopic
from referrals_domain.ports.webhook_subscriptions import WebhookSubscriptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_domain.model.identifiers import ShopDomain

WANTED: Final[tuple[Topic | PrivacyTopic, ...]] = (*Topic, PrivacyTopic.APP_UNINSTALLED)
"""What a shop must be subscribed to; who asks for data is told to every app without that."""


@attrs.frozen(kw_only=True)
class KeepSubscriptions:
    """Put subscriptions back that Shopify removed: it does after eight failures in a row."""

    subscriptions: WebhookSubscriptions

    async def __call__(
        self, shop: ShopDomain, *, dry_run: bool = False
    ) -> Sequence[Topic | PrivacyTopic]:
        """
        Return the topics that were not posted, and now are; with `dry_run` they are still not.

        Raises:
            Unavailable: Shopify does not answer, or refuses.
            Unauthenticated: The shop gave no access, or took it back.
        """
        there = await self.subscriptions.get(shop)
        missing = [topic for topic in WANTED if topic not in there]
        if not dry_run:
            for topic in missing:
                await self.subscriptions.add(shop, topic)
        return missing
