"""How long things are kept."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final


class Kept(StrEnum):
    """What is kept for a time that is the same at every merchant; named as where it is stored."""

    DELIVERIES = "deliveries"
    """Those that are done, from when they came; those that wait, or are held, stay."""

    QUARANTINE = "quarantine"
    """From when a body came."""

    ORDERS = "referred_orders"
    """Those without a referral that no delivery waits for, from when they were last heard of."""

    REQUESTS = "requests"
    """From the call; after that, a repetition is a call of its own."""

    VISITS = "visits"
    """From the end (UTC) of their day."""


TERMS: Final = {
    Kept.DELIVERIES: timedelta(days=7),  # Shopify repeats a call for hours, at times a day late
    Kept.QUARANTINE: timedelta(days=30),
    Kept.ORDERS: timedelta(days=30),
    Kept.REQUESTS: timedelta(days=7),
    Kept.VISITS: timedelta(days=400),  # so that a month can be held against that of a year ago
}
"""How long each is kept: it is gone from the instant on at which its term ends."""

SHORTEST: Final = timedelta(days=60)
"""The least that a referral is kept at rest: Shopify shows apps the orders of the last 60 days, so
what it reports of an order finds the referral."""

LONGEST: Final = timedelta(days=3660)
