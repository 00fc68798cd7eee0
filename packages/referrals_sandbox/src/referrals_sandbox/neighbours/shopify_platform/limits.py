"""
How much Shopify lets an app ask of one shop.

https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits has the points a second,
https://shopify.dev/docs/api/usage/limits the requests that REST allows (November 2026).
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

import attrs

_HELD: Final = 20.0  # seconds of what is restored: 2,000 points of a shop that restores 100


class Rate(NamedTuple):
    """What is restored each second."""

    requests: float
    points: float


class Plan(Enum):
    """What a shop pays for."""

    STANDARD = "standard"
    ADVANCED = "advanced"
    PLUS = "plus"
    ENTERPRISE = "enterprise"

    @property
    def rate(self) -> Rate:
        """What an app may ask of the shop."""
        return _RATES[self]


_RATES: Final = {
    Plan.STANDARD: Rate(requests=2, points=100),
    Plan.ADVANCED: Rate(requests=4, points=200),
    Plan.PLUS: Rate(requests=20, points=1000),
    Plan.ENTERPRISE: Rate(requests=40, points=2000),
}


@attrs.define
class Bucket:
    """
    What is left of a limit; it begins full.

    Args:
        rate: What is restored each second.
        at: The time at which it begins, of a clock that never goes back.
    """

    rate: float
    at: float
    left: float = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Fill it."""
        self.left = self.holds

    @property
    def holds(self) -> float:
        """How much it can hold."""
        return self.rate * _HELD

    def restore(self, now: float) -> None:
        """Restore what is due by now."""
        self.left = min(self.holds, self.left + (now - self.at) * self.rate)
        self.at = now

    def take(self, amount: float) -> bool:
        """Take an amount, unless less is left."""
        if amount > self.left:
            return False
        self.left -= amount
        return True

    def wait(self, amount: float) -> float:
        """Return after how many seconds the amount will be there."""
        return max(0.0, amount - self.left) / self.rate
