"""What other services hear of."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import attrs

from referrals_domain.model.code import ReferralCode
from referrals_domain.model.identifiers import (
    CustomerId,
    EventId,
    LinkId,
    MerchantId,
    OrderId,
    ReferralId,
)
from referrals_domain.model.link import Channel
from referrals_domain.model.money import Money
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_domain.model.signals import Source


@attrs.frozen
class EventAttribution:
    """The signal that won and the code of the link it named."""

    signal: Source
    code: ReferralCode


@attrs.frozen(kw_only=True)
class ReferralEvent:
    """
    A change of a referral: ids only, and enough for an audit line.

    Args:
        referral_id: The referral, and the key that orders its events.
        merchant_id: The merchant.
        customer_id: The advocate.
        referred_customer_id: The friend.
        referral_link_id: The link.
        channel: How the link was shared, if known.
        order_id: The order.
        order_total: The order's total when this happened.
        from_status: The status before.
        status: The status now.
        version: The referral's version now.
        occurred_at: When it happened.
        attribution: Why the order is owed to the link.
        cause: Why it happened.
    """

    type: ClassVar[str]

    referral_id: ReferralId
    merchant_id: MerchantId
    customer_id: CustomerId
    referred_customer_id: CustomerId
    referral_link_id: LinkId
    channel: Channel | None
    order_id: OrderId
    order_total: Money
    from_status: ReferralStatus
    status: ReferralStatus
    version: int
    occurred_at: datetime
    attribution: EventAttribution
    cause: Cause

    @property
    def id(self) -> EventId:
        """The same for the same change, however often it is made."""
        return EventId.of_change(self.referral_id, self.type, self.version)


@attrs.frozen(kw_only=True)
class ReferralCompleted(ReferralEvent):
    """The friend's order counts; Points rewards it."""

    type: ClassVar[str] = "referral.completed"


@attrs.frozen(kw_only=True)
class ReferralReversed(ReferralEvent):
    """A completed referral no longer counts; Points takes the reward back."""

    type: ClassVar[str] = "referral.reversed"
