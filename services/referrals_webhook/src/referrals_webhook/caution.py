"""While a neighbour fails, orders are left alone but for a probe now and then."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import attrs

from referrals_adapters.flow.breaker import Breaker


@attrs.frozen(kw_only=True)
class Caution:
    """
    A step of work that needs the answers of neighbours.

    While one of them fails, what is due is not even claimed: it could only wait again, longer
    each time. One delivery goes as the probe; as soon as it is answered, all follow.

    Args:
        work: Works off up to so many, and returns how many it found.
        breakers: Those of the neighbours.
        most: How many at a time while nobody fails.
    """

    work: Callable[[int], Awaitable[int]]
    breakers: Sequence[Breaker]
    most: int

    async def __call__(self) -> int:
        """Work, as soon as it is of use; return how many were found."""
        rest = max(breaker.rests_for for breaker in self.breakers)
        await asyncio.sleep(rest.total_seconds())
        probing = any(breaker.is_open for breaker in self.breakers)
        return await self.work(1 if probing else self.most)
