"""What Shopify has, held against what it delivered."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import attrs

from referrals_domain.model.identifiers import OrderId, ShopDomain

FIRST_OVERLAP: Final = timedelta(hours=26)
"""How far back a shop's first sweep looks: Shopify's webhooks come up to a day late."""

OVERLAP: Final = timedelta(hours=1)
"""How far before the last sweep's end the next one begins, for clocks that differ and for orders
that Shopify shows a while after their change."""

ON_THEIR_WAY: Final = timedelta(minutes=10)
"""For how long after a change nobody can tell that its webhook is lost, and not just late."""


class Lack(StrEnum):
    """What of an order had not come."""

    ORDER = "order"
    """Nothing of it had come."""

    CHANGE = "change"
    """It was known, but not what happened to it since: a payment, a cancellation, a refund."""


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
        found: How many orders changed at Shopify.
        without_signal: Those of them that point to no referral, and are none of ours.
        known: Those of which everything had come.
        missing: Those of which something had not come.
        unreadable: Those that Shopify tells in a way that nobody can read.
    """

    shop_domain: ShopDomain
    since: datetime
    until: datetime
    found: int = 0
    without_signal: int = 0
    known: int = 0
    missing: tuple[MissingOrder, ...] = ()
    unreadable: tuple[OrderId, ...] = ()
