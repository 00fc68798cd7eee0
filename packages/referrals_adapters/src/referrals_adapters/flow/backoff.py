"""How long to wait before the next attempt."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

import attrs


@attrs.frozen(kw_only=True)
class Backoff:
    """
    Waits that double with each attempt up to a cap; half of each is left to chance.

    Half ("equal jitter") spreads those who failed together, and still lets nobody come back at
    once. https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/

    Args:
        first: The longest wait after the first attempt.
        cap: The longest wait at all.
        chance: Returns a random number from 0 to 1.

    >>> backoff = Backoff(chance=lambda: 0.5)
    >>> [backoff(attempt).total_seconds() for attempt in (1, 2, 3, 7, 8, 1_000_000)]
    [0.75, 1.5, 3.0, 45.0, 45.0, 45.0]
    """

    first: timedelta = timedelta(seconds=1)
    cap: timedelta = timedelta(seconds=60)
    chance: Callable[[], float] = random.random

    def __call__(self, attempt: int) -> timedelta:
        """
        Return how long to wait after so many attempts.

        Args:
            attempt: How many attempts were made; 1 after the first.
        """
        enough = (self.cap // self.first).bit_length()
        doublings = min(max(attempt - 1, 0), enough)
        longest = min(self.cap, self.first * (1 << doublings))
        return longest * ((1 + self.chance()) / 2)
