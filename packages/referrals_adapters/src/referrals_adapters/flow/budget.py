"""
What may be asked of another side that counts requests and points, so that it never has to refuse.

A budget is two purses, which fill all the time. Who cannot wait spends from the urgent one, which
gets three quarters of the rate; who can has a quarter for themselves, so that nobody starves, and
spends from the urgent one too while that is more than half full.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from math import ceil, inf
from typing import Final, Protocol, Self

import attrs
from attrs import validators

URGENT: Final = 0.75
"""The part of the rate that fills the urgent purse."""

KEPT: Final = 0.5
"""The part of what the urgent purse can hold that stays in it for who cannot wait."""

_FEWEST: Final = 4.0  # with fewer at once, who can wait could never spend what is urgent
_AN_INSTANT: Final = 1e-6  # seconds, lest who waited as long as told lacks a rounding error


@attrs.frozen(kw_only=True)
class Allowance:
    """
    What the other side allows, and what has gathered when nothing was asked for a while.

    In any time of t seconds no more is spent than what gathers, and t times the rates.

    Args:
        requests: How many requests a second.
        points: How many points a second.
        requests_gathered: The most requests at once.
        points_gathered: The most points at once; one request costs half of
            them at the most.
    """

    requests: float = attrs.field(validator=validators.gt(0))
    points: float = attrs.field(validator=validators.gt(0))
    requests_gathered: float = attrs.field(validator=validators.ge(_FEWEST))
    points_gathered: float = attrs.field(validator=validators.gt(0))

    def part(self, part: float) -> Allowance:
        """Return a part of it."""
        return Allowance(
            requests=self.requests * part,
            points=self.points * part,
            requests_gathered=max(self.requests_gathered * part, _FEWEST),
            points_gathered=self.points_gathered * part,
        )


class Budget(Protocol):
    """What may be asked of somebody, by name."""

    async def spend(
        self, name: str, allowance: Allowance, points: float, *, urgent: bool
    ) -> timedelta:
        """
        Spend one request of so many points; or spend nothing, and return how long to wait.

        Returns:
            Zero if it was spent; else after how long to try again.
        """

    async def correct(self, name: str, allowance: Allowance, left: float) -> None:
        """Note that the other side has no more than so many points left for us."""


@attrs.define
class Purse:
    """
    What has gathered, of which no more than half of everything is in one purse.

    Args:
        requests: How many requests.
        points: How many points.
    """

    requests: float
    points: float

    def fill(self, allowance: Allowance, seconds: float, part: float) -> None:
        """Gather a part of what is allowed for so many seconds."""
        self.requests += allowance.requests * part * seconds
        self.points += allowance.points * part * seconds
        self.keep_below(allowance.requests_gathered / 2, allowance.points_gathered / 2)

    def keep_below(self, requests: float, points: float) -> None:
        """Drop what is beyond."""
        self.requests = min(self.requests, requests)
        self.points = min(self.points, points)

    def lacks(self, allowance: Allowance, points: float, part: float, keep: float) -> float:
        """Return for how many seconds it must gather to pay for a request, and to keep so much."""
        most_requests, most_points = allowance.requests_gathered / 2, allowance.points_gathered / 2
        requests, points = 1 + keep * most_requests, points + keep * most_points
        if requests > most_requests or points > most_points:
            return inf
        return max(
            (requests - self.requests) / (allowance.requests * part),
            (points - self.points) / (allowance.points * part),
        )


@attrs.define
class Purses:
    """
    Both purses of a budget.

    Args:
        urgent: That of requests that cannot wait.
        patient: That of those that can.
        filled_at: Up to when they were filled, in seconds.
    """

    urgent: Purse
    patient: Purse
    filled_at: float

    @classmethod
    def full(cls, allowance: Allowance, now: float) -> Self:
        """Return both as they are when nothing was asked for a while."""
        half = (allowance.requests_gathered / 2, allowance.points_gathered / 2)
        return cls(Purse(*half), Purse(*half), now)

    def fill(self, allowance: Allowance, now: float) -> None:
        """Let them gather until now; a clock that went back stands still."""
        seconds = max(now - self.filled_at, 0.0)
        self.urgent.fill(allowance, seconds, URGENT)
        self.patient.fill(allowance, seconds, 1 - URGENT)
        self.filled_at = max(now, self.filled_at)

    def spend(self, allowance: Allowance, points: float, *, urgent: bool) -> timedelta:
        """Spend a request of so many points and return zero; or tell when to try again."""
        points = min(points, allowance.points_gathered / 2)
        keep = 0 if urgent else KEPT
        offers = [(self.urgent.lacks(allowance, points, URGENT, keep), self.urgent)]
        if not urgent:
            patience = self.patient.lacks(allowance, points, 1 - URGENT, 0)
            offers.append((patience, self.patient))
        wait, purse = min(offers, key=lambda offer: offer[0])
        if wait > _AN_INSTANT:
            return timedelta(milliseconds=ceil(wait * 1000))
        purse.requests -= 1
        purse.points -= points
        return timedelta(0)

    def correct(self, left: float) -> None:
        """Hold no more points than the other side says are left."""
        for purse in (self.urgent, self.patient):
            purse.keep_below(purse.requests, left / 2)


@attrs.define(kw_only=True)
class LocalBudget(Budget):
    """
    Budgets of this process alone.

    Args:
        elapsed: A clock in seconds that only moves forward.
    """

    elapsed: Callable[[], float] = time.monotonic
    _purses: dict[str, Purses] = attrs.field(factory=dict, init=False)

    async def spend(
        self, name: str, allowance: Allowance, points: float, *, urgent: bool
    ) -> timedelta:
        """Spend, or tell when to try again."""
        return self._filled(name, allowance).spend(allowance, points, urgent=urgent)

    async def correct(self, name: str, allowance: Allowance, left: float) -> None:
        """Hold no more than is left."""
        self._filled(name, allowance).correct(left)

    def _filled(self, name: str, allowance: Allowance) -> Purses:
        now = self.elapsed()
        purses = self._purses.setdefault(name, Purses.full(allowance, now))
        purses.fill(allowance, now)
        return purses
