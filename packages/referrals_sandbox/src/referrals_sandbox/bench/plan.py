"""How long the bench measures."""

from typing import Final

import attrs


@attrs.frozen(kw_only=True)
class Plan:
    """
    How long to measure.

    Args:
        rounds: How many slices of each letter.
        reads: How long a slice of E or R is, in seconds.
        transactions: How long one of P is.
        webhooks: How long one of W is.
        conversions: How long one of C is.
        ramp: How long before it orders already get through.
        referrals: How many referrals there are to read.
        known: How many of them are in Redis from the beginning.
        starts: How often each role is started, to see how long that takes.
        events: How many events the relay drains.
        few: How many referrals are few.
        many: How many are many.
    """

    rounds: int
    reads: float
    transactions: int
    webhooks: float
    conversions: float
    ramp: float
    referrals: int
    known: int
    starts: int
    events: int
    few: int
    many: int


QUICK: Final = Plan(
    rounds=2,
    reads=0.8,
    transactions=1,
    webhooks=0.8,
    conversions=1.0,
    ramp=0.5,
    referrals=5_000,
    known=1_000,
    starts=1,
    events=20_000,
    few=1_000,
    many=100_000,
)
FULL: Final = Plan(
    rounds=9,
    reads=2,
    transactions=2,
    webhooks=2,
    conversions=4,
    ramp=1.5,
    referrals=100_000,
    known=20_000,
    starts=5,
    events=1_000_000,
    few=10_000,
    many=10_000_000,
)
