"""One call of Shopify's, on its way to be worked off."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import attrs

from referrals_domain.model.identifiers import MerchantId, OrderId, ShopDomain
from referrals_domain.model.order import OrderFacts
from referrals_domain.model.privacy import PrivacyTopic

TRIED_FOR: Final = timedelta(hours=72)
"""How long a delivery that cannot be decided is tried again before a person is asked."""


class Topic(StrEnum):
    """What Shopify reports; each has a URL of its own."""

    ORDERS_CREATE = "orders/create"
    ORDERS_PAID = "orders/paid"
    ORDERS_CANCELLED = "orders/cancelled"
    REFUNDS_CREATE = "refunds/create"


class DeliverySource(StrEnum):
    """Who brought a delivery."""

    WEBHOOK = "webhook"
    RECONCILE = "reconcile"
    """Nobody: a sweep found at Shopify what had not come."""


class Receipt(StrEnum):
    """What became of a delivery at the door."""

    STORED = "stored"
    REPEATED = "repeated"
    NO_SIGNAL = "no_signal"
    NO_PROGRAM = "no_program"
    SHOP_MISMATCH = "shop_mismatch"


class Outcome(StrEnum):
    """What became of a stored delivery."""

    SETTLED = "settled"
    NO_LINK = "no_link"
    FOREIGN_ORDER = "foreign_order"
    HELD = "held"
    """It could not be decided in all that time, and waits for a person to release it."""


@attrs.frozen(kw_only=True)
class Delivery:
    """
    A correctly signed webhook call that was understood.

    Args:
        topic: The topic of the URL that it came to.
        shop_domain: The shop that the unsigned header named.
        named_host: The host that the signed body named as its shop's, if it did.
        facts: What the body said of the order; nothing personal.
        received_at: When it came.
        source: Who brought it.
    """

    topic: Topic
    shop_domain: ShopDomain
    named_host: str | None
    facts: OrderFacts
    received_at: datetime
    source: DeliverySource = DeliverySource.WEBHOOK


@attrs.frozen(kw_only=True)
class AcceptedDelivery:
    """A delivery whose merchant is known."""

    merchant_id: MerchantId
    topic: Topic
    facts: OrderFacts
    received_at: datetime
    source: DeliverySource = DeliverySource.WEBHOOK


@attrs.frozen(kw_only=True)
class ClaimedDelivery:
    """
    A stored delivery that this worker may work off while its lease lasts.

    Args:
        id: The delivery's number.
        merchant_id: The merchant.
        facts: What it said of the order.
        received_at: When it came.
        attempts: How often it was claimed, this time included.
    """

    id: int
    merchant_id: MerchantId
    facts: OrderFacts
    received_at: datetime
    attempts: int

    def was_tried_enough(self, at: datetime) -> bool:
        """Tell whether a person is to be asked, if it cannot be decided now either."""
        return at >= self.received_at + TRIED_FOR


@attrs.frozen(kw_only=True)
class HeldDelivery:
    """
    A delivery that waits for a person.

    Args:
        id: The delivery's number.
        merchant_id: The merchant.
        order_id: The order that it is about.
        topic: What it reported.
        received_at: When it came.
        attempts: How often it was claimed.
    """

    id: int
    merchant_id: MerchantId
    order_id: OrderId
    topic: Topic
    received_at: datetime
    attempts: int


@attrs.frozen(kw_only=True)
class UnreadableBody:
    """
    A correctly signed body that could not be understood, kept for a person to look at.

    Args:
        topic: The topic of the URL that it came to.
        shop: What the unsigned header named; not checked.
        body: The bytes.
        reason: What was wrong with it, without quoting it.
        received_at: When it came.
    """

    topic: Topic | PrivacyTopic
    shop: str
    body: bytes = attrs.field(repr=lambda body: f"<{len(body)} bytes>")
    reason: str
    received_at: datetime
