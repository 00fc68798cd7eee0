"""The referral: from a share to its end, with a version for every change."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import attrs

from referrals_domain.model.identifiers import (
    CustomerId,
    CustomerKey,
    LinkId,
    MerchantId,
    OrderId,
    ReferralId,
    ReferralKey,
)
from referrals_domain.model.link import Channel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from referrals_domain.model.link import ReferralLink
    from referrals_domain.model.program import ReferralProgram


class ReferralStatus(StrEnum):
    """Where a referral stands."""

    PENDING = "PENDING"
    """The link was shared, and nobody has ordered by this share."""

    QUALIFIED = "QUALIFIED"
    """No rule refuses the order; it waits for its payment, for the hold, or for a person."""

    COMPLETED = "COMPLETED"
    """The order counts, and Points rewards the advocate."""

    EXPIRED = "EXPIRED"
    """Nobody ordered within the window; an order that was, and is heard of late, lifts this."""

    REJECTED = "REJECTED"
    """A rule refused the order; what is heard of it later may lift this."""

    REVERSED = "REVERSED"
    """The order was undone: there is no reward, or it is taken back."""


AT_REST = frozenset(ReferralStatus) - {ReferralStatus.PENDING, ReferralStatus.QUALIFIED}
"""In these states a referral waits for nothing; new facts may still change it."""

HOLDS_THE_FRIEND = frozenset({ReferralStatus.QUALIFIED, ReferralStatus.COMPLETED})
"""A friend has at most one referral in one of these states at a merchant."""


class Cause(StrEnum):
    """
    Why a referral has its status: stable codes, shown to merchants and consumers.

    In groups, as they stand here: PENDING, EXPIRED, QUALIFIED, COMPLETED and REVERSED; the others
    are REJECTED, by the rules of `rules.py`.
    """

    LINK_SHARED = "link_shared"
    ORDER_PLACED = "order_placed"

    NO_ORDER = "no_order"

    IN_REVIEW = "in_review"
    AWAITS_PAYMENT = "awaits_payment"
    ON_HOLD = "on_hold"

    ORDER_CREATED = "order_created"
    ORDER_PAID = "order_paid"

    ORDER_CANCELLED = "order_cancelled"
    ORDER_REFUNDED = "order_refunded"

    TEST_ORDER = "test_order"
    FRIEND_UNKNOWN = "friend_unknown"
    SELF_REFERRAL = "self_referral"
    LINK_REVOKED = "link_revoked"
    OUTSIDE_WINDOW = "outside_window"
    BELOW_MINIMUM = "below_minimum"
    FRIEND_ALREADY_REFERRED = "friend_already_referred"
    MERCHANT_INACTIVE = "merchant_inactive"
    ADVOCATE_UNKNOWN = "advocate_unknown"
    FRIEND_NOT_NEW = "friend_not_new"
    VELOCITY_CAP = "velocity_cap"
    REVIEW_DENIED = "review_denied"


class Place(NamedTuple):
    """A referral's place in the order of time; the id decides between two of one instant."""

    opened_at: datetime
    id: ReferralId


@attrs.frozen
class StatusView:
    """
    What a frontend sees of a referral's status.

    Args:
        status: Where it stands.
        version: The version that it has there.
        updated_at: When this version came to be.
        cause: Why it stands there.
        stale: Whether a replica says so, which may lag behind, because the primary is away.
    """

    status: ReferralStatus
    version: int
    updated_at: datetime
    cause: Cause
    stale: bool = False


@attrs.frozen(kw_only=True)
class Referral:
    """
    One friend's way from a share, or from an order, to a reward.

    Args:
        id: The referral.
        merchant_id: The merchant.
        customer_id: The advocate.
        referral_link_id: The link.
        channel: How the link was shared; None where an order did not say.
        status: Where it stands.
        cause: Why it stands there.
        version: 1 when opened, one more with each change of status or cause.
        opened_at: When the share, or the order that opened it, happened.
        updated_at: When this version came to be.
        order_id: The order that it is bound to.
        referred_customer_id: The friend.
        due_at: When a QUALIFIED referral completes by itself.
    """

    id: ReferralId
    merchant_id: MerchantId
    customer_id: CustomerId
    referral_link_id: LinkId
    channel: Channel | None
    status: ReferralStatus
    cause: Cause
    version: int
    opened_at: datetime
    updated_at: datetime
    order_id: OrderId | None = None
    referred_customer_id: CustomerId | None = None
    due_at: datetime | None = None

    @classmethod
    def open(
        cls,
        link: ReferralLink,
        *,
        id: ReferralId,  # noqa: A002 - the field's name
        channel: Channel | None,
        cause: Cause,
        at: datetime,
    ) -> Referral:
        """Return the first version of a referral of a link."""
        return cls(
            id=id,
            merchant_id=link.merchant_id,
            customer_id=link.customer_id,
            referral_link_id=link.id,
            channel=channel,
            status=ReferralStatus.PENDING,
            cause=cause,
            version=1,
            opened_at=at,
            updated_at=at,
        )

    @property
    def key(self) -> ReferralKey:
        """The referral within its merchant."""
        return ReferralKey(self.merchant_id, self.id)

    @property
    def advocate(self) -> CustomerKey:
        """The advocate within the merchant."""
        return CustomerKey(self.merchant_id, self.customer_id)

    @property
    def friend(self) -> CustomerKey | None:
        """The friend within the merchant, once an order named one."""
        friend = self.referred_customer_id
        return CustomerKey(self.merchant_id, friend) if friend else None

    @property
    def holds_the_friend(self) -> bool:
        """Whether no other referral of the merchant may have the same friend."""
        return self.status in HOLDS_THE_FRIEND

    @property
    def place(self) -> Place:
        """Where it stands in lists."""
        return Place(self.opened_at, self.id)

    @property
    def view(self) -> StatusView:
        """What a frontend sees."""
        return StatusView(self.status, self.version, self.updated_at, self.cause)

    def renamed(self, names: Mapping[CustomerId, CustomerId]) -> Referral:
        """Return it with tombstones in place of customers; nothing else changes."""
        friend = self.referred_customer_id
        return attrs.evolve(
            self,
            customer_id=names.get(self.customer_id, self.customer_id),
            referred_customer_id=names.get(friend, friend) if friend else None,
        )

    def window_ends(self, program: ReferralProgram) -> datetime:
        """
        Return the end of the time in which an order must be placed to count.

        >>> from referrals_domain.testing import builders
        >>> str(builders.referral(opened_at=builders.SHARED_AT).window_ends(builders.program()))
        '2026-12-18 09:00:00+00:00'
        """
        return self.opened_at + program.window

    @property
    def awaits_an_order(self) -> bool:
        """Whether an order may still bind it: nobody bought through this share yet."""
        return self.order_id is None and self.status in {
            ReferralStatus.PENDING,
            ReferralStatus.EXPIRED,
        }
