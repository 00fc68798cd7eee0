"""The arithmetic: slices of a run, and how they compare with the base between them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, median
from typing import Final

import attrs

_MICROSECONDS: Final = 1e6


@attrs.frozen(kw_only=True)
class Slice:
    """
    What was done without a pause.

    Args:
        done: How many requests, transactions or conversions.
        seconds: How long it took.
        latencies: How long each took, in seconds; nothing where nobody noted it.
        latencies_at_part: The same where only a part as many were asked for a second.
        cpu: CPU seconds by process.
    """

    done: int
    seconds: float
    latencies: Sequence[float] = ()
    latencies_at_part: Sequence[float] = ()
    cpu: Mapping[str, float] = attrs.field(factory=dict)

    @property
    def rate(self) -> float:
        """How many a second."""
        return self.done / self.seconds


@attrs.frozen(kw_only=True)
class Alternated:
    """
    Slices of what is measured, each between two slices of its base.

    So that what else the machine does, and does not do evenly, weighs on both.

    Args:
        bases: One more than slices.
        slices: What is measured.
    """

    bases: Sequence[Slice]
    slices: Sequence[Slice] = attrs.field()

    @slices.validator
    def _stand_between_bases(self, _: object, slices: Sequence[Slice]) -> None:
        if not 0 < len(slices) == len(self.bases) - 1:
            raise ValueError("each slice stands between two of its base")

    @property
    def ratios(self) -> list[float]:
        """Each slice's rate as a multiple of the mean rate of the two bases beside it."""
        beside = zip(self.bases, self.bases[1:], strict=False)
        return [
            one.rate / fmean((before.rate, after.rate))
            for one, (before, after) in zip(self.slices, beside, strict=True)
        ]

    @property
    def ratio(self) -> float:
        """The median of the ratios."""
        return median(self.ratios)

    @property
    def base_rate(self) -> float:
        """The median of the base's rates."""
        return median_rate(self.bases)

    @property
    def rate(self) -> float:
        """The median of the rates."""
        return median_rate(self.slices)

    @property
    def spread(self) -> tuple[float, float]:
        """The lowest ratio and the highest."""
        return min(self.ratios), max(self.ratios)

    def latency(self, share: float) -> float | None:
        """Return the median, over the slices, of a percentile of their latencies, in seconds."""
        return _median(_percentiles([one.latencies for one in self.slices], share))

    def latency_at_part(self, share: float) -> float | None:
        """Return the same where only a part as many were asked for."""
        return _median(latencies_at_part(self.slices, share))


def latencies_at_part(slices: Sequence[Slice], share: float) -> Sequence[float]:
    """
    Return a percentile of each slice's latencies where only a part was asked for, in seconds.

    It is nothing where nobody noted them.
    """
    return _percentiles([one.latencies_at_part for one in slices], share)


def median_rate(slices: Sequence[Slice]) -> float:
    """Return the median of their rates."""
    return median(one.rate for one in slices)


def cpu_each(slices: Sequence[Slice]) -> dict[str, float]:
    """Return what each process spent on one of what was done, in microseconds."""
    done = sum(one.done for one in slices)
    return {
        name: _MICROSECONDS * sum(one.cpu[name] for one in slices) / done for name in slices[0].cpu
    }


def cpu_shares(slices: Sequence[Slice]) -> dict[str, float]:
    """Return how much of one CPU each process used."""
    seconds = sum(one.seconds for one in slices)
    return {name: sum(one.cpu[name] for one in slices) / seconds for name in slices[0].cpu}


def percentile(values: Sequence[float], share: float) -> float:
    """
    Return the smallest value that this share of all does not exceed (nearest rank).

    >>> percentile([4, 1, 3, 2], 0.5), percentile([4, 1, 3, 2], 0.99)
    (2, 4)
    """
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def _percentiles(noted: Sequence[Sequence[float]], share: float) -> Sequence[float]:
    return [percentile(one, share) for one in noted] if all(noted) else []


def _median(values: Sequence[float]) -> float | None:
    return median(values) if values else None
