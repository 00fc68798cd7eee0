"""What goes wrong between Shopify and the service."""

from __future__ import annotations

import random
from enum import Enum

import attrs

_CHANCE = random.Random()  # noqa: S311 - decides what is lost, hides nothing


class Answered(Enum):
    """What the Admin API answers instead of what was asked for."""

    TOO_MANY = "429"
    UNAVAILABLE = "503"
    THROTTLED = "THROTTLED"
    HALF = "half"
    """The connection ends within the body."""


@attrs.define(kw_only=True)
class Trouble:
    """
    A wrong answer.

    Args:
        answered: Which.
        share: How many of the calls it befalls, 0 to 1.
        times: How many calls it can still befall; None: any number.
    """

    answered: Answered
    share: float = 1.0
    times: int | None = None

    def befalls(self) -> bool:
        """Tell whether it befalls a call, which then counts."""
        if self.times == 0 or not happens(self.share):
            return False
        if self.times is not None:
            self.times -= 1
        return True


@attrs.frozen(kw_only=True)
class Faults:
    """
    Everything that goes wrong, until it is told otherwise.

    Args:
        dropped: The share of webhooks that are never sent, 0 to 1.
        doubled: The share of those sent that are sent twice, at once.
        late: The share that are sent later, and so in another order.
        lateness: By how much later at most, in seconds of Shopify's.
        skew: By how many seconds Shopify's clock is ahead.
        troubles: What befalls calls of the Admin API; the first that does counts.
    """

    dropped: float = 0.0
    doubled: float = 0.0
    late: float = 0.0
    lateness: float = 0.0
    skew: float = 0.0
    troubles: list[Trouble] = attrs.field(factory=list)

    def delay(self) -> float:
        """Return how many seconds of Shopify's a webhook waits before it is first sent."""
        return _CHANCE.uniform(0, self.lateness) if happens(self.late) else 0.0

    def answered(self) -> Answered | None:
        """Return what a call is answered instead of what it asks for, if anything."""
        return next((one.answered for one in self.troubles if one.befalls()), None)


def happens(share: float) -> bool:
    """Tell whether that happens which happens in such a share of cases."""
    return _CHANCE.random() < share


def one_of(secrets: tuple[str, ...]) -> str:
    """Return any of them."""
    return _CHANCE.choice(secrets)
