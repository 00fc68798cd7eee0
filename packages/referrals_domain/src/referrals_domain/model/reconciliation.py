"""What Shopify has, held against what it delivered."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import attrs

from referrals_domain.model.identifiers import OrderId, ShopDomain

if TYPE_CHECKING:
    from referrals_domain.model.order import OrderFacts

FIRST_OVERLAP: Final = timedelta(hours=26)
"""How far back a shop's first sweep looks: Shopify's webhooks come up to a day late."""

OVERLAP: Final = timedelta(hours=1)
"""How far before the last sweep's end the next one begins, for clocks that differ and for orders
that Shopify shows a while after their change."""

ON_THEIR_WAY: Final = timedelta(minutes=10)
"""For how long after a change nobody can tell that its webhook is lost, and not just late."""

MOST_IN_A_PART: Final = 20_000
"""
In a time in which more orders changed, a sweep has several parts.

Shopify shows the first 25,000 of a question, page by page, and no more.
https://shopify.dev/docs/api/usage/limits#pagination-limits
"""

SHORTEST: Final = timedelta(seconds=1)
"""What the times of orders are told to."""


class Lack(StrEnum):
    """What of an order had not come; of several, the first of these."""

    ORDER = "order"
    """Nothing of it had come, or a refund only."""

    CANCELLATION = "cancellation"
    """It was known, but not that it was cancelled."""

    REFUND = "refund"
    """It was known, but not all that went back."""

    PAYMENT = "payment"
    """It was known, but not that it was paid."""

    CHANGE = "change"
    """It was known, but not what else changed: its total, its friend, its signals."""

    @classmethod
    def of(cls, facts: OrderFacts, known: OrderFacts) -> Lack | None:
        """
        Return what of an order's facts is not known; None: everything is.

        >>> from referrals_domain.testing import builders
        >>> Lack.of(builders.facts(), known=builders.facts(paid_at=None))
        <Lack.PAYMENT: 'payment'>
        """
        if known.snapshot is None:
            return cls.ORDER
        if not facts.tells_more_than(known):
            return None
        if facts.cancelled_at and not known.cancelled_at:
            return cls.CANCELLATION
        if known.merge(facts).refunds != known.refunds:
            return cls.REFUND
        if facts.paid_at and not known.paid_at:
            return cls.PAYMENT
        return cls.CHANGE


@attrs.frozen(kw_only=True)
class MissingOrder:
    """
    An order that points to a referral, of which something had not come.

    Args:
        order_id: The order.
        lack: What had not come.
    """

    order_id: OrderId
    lack: Lack


@attrs.frozen(kw_only=True)
class Drift:
    """
    How far what came of a shop's orders is from what Shopify has.

    Args:
        shop_domain: The shop.
        since: From when on changes were looked at.
        until: Up to when; what changed later, the next sweep finds.
        counted: How many orders Shopify says it has that changed then; other than those found, if
            some changed again meanwhile.
        found: How many it showed.
        without_signal: Those of them that point to no referral, and are none of ours.
        known: Those of which everything had come.
        missing: Those of which something had not come.
        unreadable: Those that Shopify tells in a way that nobody can read.
    """

    shop_domain: ShopDomain
    since: datetime
    until: datetime
    counted: int = 0
    found: int = 0
    without_signal: int = 0
    known: int = 0
    missing: tuple[MissingOrder, ...] = ()
    unreadable: tuple[OrderId, ...] = ()
