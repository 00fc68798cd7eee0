"""The subscriptions of the app at shops, by Shopify's Admin API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import msgspec

from referrals_adapters.shopify.admin_api import AdminApi, Question
from referrals_domain.errors import Unavailable
from referrals_domain.model.delivery import Topic
from referrals_domain.model.privacy import PrivacyTopic
from referrals_domain.ports.webhook_subscriptions import WebhookSubscriptions

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from referrals_domain.model.identifiers import ShopDomain

_LIST: Final = Question(
    "query Subscriptions { webhookSubscriptions(first: 100) { nodes { topic uri } } }", points=20
)
_CREATE: Final = Question(
    """
mutation Subscribe($topic: WebhookSubscriptionTopic!, $uri: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: {uri: $uri}) {
    webhookSubscription { id }
    userErrors { message }
  }
}
""",
    points=10,
)


def _name(topic: Topic | PrivacyTopic) -> str:
    """Return what GraphQL calls a topic."""
    return topic.replace("/", "_").upper()


_TOPICS: Final = {_name(topic): topic for topic in (*Topic, *PrivacyTopic)}


class _Subscription(msgspec.Struct):
    topic: str
    uri: str


class _Subscriptions(msgspec.Struct):
    nodes: list[_Subscription]


class _Listed(msgspec.Struct, rename="camel"):
    webhook_subscriptions: _Subscriptions


class _Payload(msgspec.Struct, rename="camel"):
    user_errors: list[dict[str, str]]


class _Created(msgspec.Struct, rename="camel"):
    webhook_subscription_create: _Payload


@attrs.frozen(kw_only=True)
class ShopifySubscriptions(WebhookSubscriptions):
    """
    The subscriptions of the app at shops.

    Args:
        api: The API.
        address: The URL below which we take webhooks, each topic at its own.
    """

    api: AdminApi
    address: str

    async def get(self, shop: ShopDomain) -> AbstractSet[Topic | PrivacyTopic]:
        """List those that lead here; what leads elsewhere is somebody else's."""
        listed = await self.api.ask(shop, _LIST, {}, _Listed)
        return {
            topic
            for one in listed.webhook_subscriptions.nodes
            if (topic := _TOPICS.get(one.topic)) and one.uri == self._uri(topic)
        }

    async def add(self, shop: ShopDomain, topic: Topic | PrivacyTopic) -> None:
        """Create it; Shopify refuses one that is there, as another process may have made it."""
        variables = {"topic": _name(topic), "uri": self._uri(topic)}
        created = await self.api.ask(shop, _CREATE, variables, _Created)
        if created.webhook_subscription_create.user_errors and topic not in await self.get(shop):
            raise Unavailable(f"Shopify refuses to post {topic}")

    def _uri(self, topic: Topic | PrivacyTopic) -> str:
        return f"{self.address}/{topic}"
