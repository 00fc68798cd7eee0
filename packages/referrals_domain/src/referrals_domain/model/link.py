"""Referral links and the channels they are shared by."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Self

import attrs

from referrals_domain.errors import LinkRevoked
from referrals_domain.model.code import ReferralCode
from referrals_domain.model.identifiers import (
    CustomerId,
    CustomerKey,
    LinkId,
    LinkKey,
    MerchantId,
)


class Channel(StrEnum):
    """How an advocate shares a link."""

    SMS = "sms"
    EMAIL = "email"
    WHATSAPP = "whatsapp"
    SOCIAL = "social"
    COPY = "copy"
    QR = "qr"


@attrs.frozen(kw_only=True)
class ReferralLink:
    """
    An advocate's link; an advocate has one at a merchant.

    Args:
        id: The link.
        merchant_id: The merchant whose program it belongs to.
        customer_id: The advocate.
        code: What names the link on an order; unique at the merchant.
        created_at: When it was created.
        revoked_at: When it was revoked; orders placed from then on are refused.
    """

    id: LinkId
    merchant_id: MerchantId
    customer_id: CustomerId
    code: ReferralCode
    created_at: datetime
    revoked_at: datetime | None = None

    @property
    def key(self) -> LinkKey:
        """The link within its merchant."""
        return LinkKey(self.merchant_id, self.id)

    @property
    def advocate(self) -> CustomerKey:
        """The advocate within the merchant."""
        return CustomerKey(self.merchant_id, self.customer_id)

    def revoke(self, at: datetime) -> Self:
        """Return the link as it is once it was revoked; of several times the first stays."""
        return self if self.revoked_at else attrs.evolve(self, revoked_at=at)

    def require_active(self) -> None:
        """
        Do nothing if the link may be shared.

        Raises:
            LinkRevoked: The link was revoked.
        """
        if self.revoked_at is not None:
            raise LinkRevoked("the link was revoked")
