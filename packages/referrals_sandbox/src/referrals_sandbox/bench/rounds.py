"""Rounds: what is measured and its base in turns, with each slice told as it ends."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from referrals_sandbox.bench.figures import Alternated, Slice

Measure: TypeAlias = Callable[[], Awaitable[Slice]]
"""Measures one slice."""


async def alternated(rounds: int, **measures: Measure) -> Alternated:
    """
    Measure so many rounds.

    Args:
        rounds: How many.
        measures: The base and what is measured, in this order, by their letters.
    """
    (base, measure_base), (letter, measure) = measures.items()
    bases = [await _told(f"{base}  of {letter}", measure_base)]
    slices = []
    for number in range(1, rounds + 1):
        slices.append(await _told(f"{letter}  round {number} of {rounds}", measure))
        bases.append(await _told(f"{base}  of {letter}", measure_base))
    return Alternated(bases=bases, slices=slices)


async def repeated(rounds: int, what: str, measure: Measure) -> Sequence[Slice]:
    """Measure so many rounds of what has no base."""
    return [
        await _told(f"{what}  round {number} of {rounds}", measure)
        for number in range(1, rounds + 1)
    ]


async def _told(what: str, measure: Measure) -> Slice:
    measured = await measure()
    print(f"{what:16} {measured.rate:8,.0f}/s", file=sys.stderr, flush=True)
    return measured
