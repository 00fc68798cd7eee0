"""Shopify: posts signed webhooks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

import attrs
import httpx

from referrals_adapters.shopify.signature import sign
from referrals_sandbox.servers.errors import SandboxError

ORDERS_CREATE = "orders/create"
API_VERSION = "2026-10"
"""The version of the bodies that are read here; Shopify serves each for a year at least."""

_WITHIN = 5.0  # seconds, as Shopify waits


@attrs.frozen(kw_only=True)
class Delivery:
    """
    One webhook call, however often it is made.

    Args:
        topic: What it reports, as `orders/create`; also the path of its URL.
        shop_domain: Whose shop it is about.
        body: The bytes that are signed.
        secret: Signs them.
        id: The delivery's id.
        event_id: The id of what happened, which other deliveries may report, too.
        triggered_at: When it happened.
        api_version: The version of the body.
    """

    topic: str
    shop_domain: str
    body: bytes = attrs.field(repr=False)
    secret: str = attrs.field(repr=False)
    id: str = attrs.field(factory=lambda: str(uuid4()))
    event_id: str = attrs.field(factory=lambda: str(uuid4()))
    triggered_at: datetime = attrs.field(factory=lambda: datetime.now(UTC))
    api_version: str = API_VERSION

    def headers(self) -> dict[str, str]:
        """Return the headers that Shopify sends."""
        return {
            "Content-Type": "application/json",
            "X-Shopify-Topic": self.topic,
            "X-Shopify-Shop-Domain": self.shop_domain,
            "X-Shopify-Hmac-SHA256": sign(self.body, self.secret).decode(),
            "X-Shopify-API-Version": self.api_version,
            "X-Shopify-Webhook-Id": self.id,
            "X-Shopify-Event-Id": self.event_id,
            "X-Shopify-Triggered-At": self.triggered_at.isoformat(),
        }


def deliver(gateway: str, delivery: Delivery, *, times: int = 1) -> list[httpx.Response]:
    """
    Post a delivery, as often as wished, all at once, and return the answers.

    Args:
        gateway: The URL below which the topics are.
        delivery: What to post.
        times: How often.

    Raises:
        SandboxError: The service does not answer.
    """
    url = f"{gateway}/{delivery.topic}"
    headers = delivery.headers()
    limits = httpx.Limits(max_connections=times)
    with (
        httpx.Client(limits=limits, timeout=_WITHIN, trust_env=False) as client,
        ThreadPoolExecutor(times) as threads,
    ):
        try:
            return list(
                threads.map(
                    lambda _: client.post(url, content=delivery.body, headers=headers),
                    range(times),
                )
            )
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise SandboxError(f"POST {url!r} failed: {error!r}") from error
