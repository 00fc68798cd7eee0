"""The laws of `WebhookSubscriptions`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final

import pytest

from referrals_domain.errors import Unauthenticated
from referrals_domain.model.delivery import Topic
from referrals_domain.model.identifiers import ShopDomain
from referrals_domain.model.privacy import PrivacyTopic
from referrals_domain.testing import builders

if TYPE_CHECKING:
    from referrals_domain.ports.webhook_subscriptions import WebhookSubscriptions

STRANGER: Final = ShopDomain("stranger.myshopify.com")


class WebhookSubscriptionsContract(ABC):
    """
    What was added is posted.

    Override `subscriptions` to have it test yours.
    """

    @pytest.fixture
    @abstractmethod
    def subscriptions(self) -> WebhookSubscriptions:
        """
        Return the subscriptions of the builders' shop, of which there are none yet.

        To the shop `STRANGER` they have no access.
        """

    async def test_nothing_is_posted_that_was_not_added(
        self, subscriptions: WebhookSubscriptions
    ) -> None:
        assert await subscriptions.get(builders.SHOP) == set()

    async def test_what_was_added_is_posted(self, subscriptions: WebhookSubscriptions) -> None:
        await subscriptions.add(builders.SHOP, Topic.ORDERS_PAID)
        await subscriptions.add(builders.SHOP, PrivacyTopic.APP_UNINSTALLED)
        assert await subscriptions.get(builders.SHOP) == {
            Topic.ORDERS_PAID,
            PrivacyTopic.APP_UNINSTALLED,
        }

    async def test_what_is_added_again_stays_as_it_is(
        self, subscriptions: WebhookSubscriptions
    ) -> None:
        for _ in range(2):
            await subscriptions.add(builders.SHOP, Topic.ORDERS_PAID)
        assert await subscriptions.get(builders.SHOP) == {Topic.ORDERS_PAID}

    async def test_a_shop_that_gave_no_access_is_an_error(
        self, subscriptions: WebhookSubscriptions
    ) -> None:
        with pytest.raises(Unauthenticated):
            await subscriptions.get(STRANGER)
        with pytest.raises(Unauthenticated):
            await subscriptions.add(STRANGER, Topic.ORDERS_PAID)
