"""What Shopify posts to us."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from referrals_domain.model.delivery import Topic
    from referrals_domain.model.identifiers import ShopDomain
    from referrals_domain.model.privacy import PrivacyTopic


class WebhookSubscriptions(Protocol):
    """What Shopify posts to us, of each shop that gave access."""

    @abstractmethod
    async def get(self, shop: ShopDomain) -> AbstractSet[Topic | PrivacyTopic]:
        """
        Return the topics that it posts where we take them.

        Raises:
            Unavailable: Shopify does not answer.
            Unauthenticated: The shop gave no access, or took it back.
        """

    @abstractmethod
    async def add(self, shop: ShopDomain, topic: Topic | PrivacyTopic) -> None:
        """
        Have it post a topic; one that it posts already stays as it is.

        Raises:
            Unavailable: Shopify does not answer, or refuses.
            Unauthenticated: The shop gave no access, or took it back.
        """
