"""Ports that count what comes of their use, and otherwise do what they did."""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import attrs
from prometheus_client import Counter

from referrals_adapters.telemetry.metrics import Metrics
from referrals_domain.ports.event_publisher import Decided, EventPublisher
from referrals_domain.ports.status_cache import Hit, Miss, StatusCache

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from referrals_domain.model.identifiers import ReferralKey
    from referrals_domain.model.referral import StatusView
    from referrals_domain.ports.outbox import OutboxEntry
    from referrals_domain.ports.status_cache import Reading


@attrs.frozen
class CountedStatusCache(StatusCache):
    """A cache whose hits, misses and missed invalidations are counted."""

    cache: StatusCache
    metrics: Metrics
    _read: Callable[[str], Counter] = attrs.field(init=False, repr=False, eq=False)

    @_read.default
    def _counter_of_an_outcome(self) -> Callable[[str], Counter]:
        return cache(self.metrics.cache_reads.labels)

    async def read(self, key: ReferralKey) -> Reading:
        """Read, and count what came of it."""
        reading = await self.cache.read(key)
        self._read(_outcome(reading)).inc()
        return reading

    async def fill(self, key: ReferralKey, lease: str, view: StatusView | None) -> None:
        """Fill."""
        await self.cache.fill(key, lease, view)

    async def invalidate(self, versions: Mapping[ReferralKey, int]) -> bool:
        """Invalidate, and count what was applied and what was missed."""
        applied = await self.cache.invalidate(versions)
        outcome = "applied" if applied else "missed"
        self.metrics.invalidations.labels(outcome).inc(len(versions))
        return applied


@attrs.frozen
class CountedPublisher(EventPublisher):
    """A publisher whose events are counted by what the broker said."""

    publisher: EventPublisher
    metrics: Metrics

    async def publish(self, entries: Sequence[OutboxEntry]) -> Decided:
        """Publish, and count what was acknowledged."""
        decided = await self.publisher.publish(entries)
        for type_, number in Counts(entry.type for entry in decided.acknowledged).items():
            self.metrics.published.labels(type_).inc(number)
        return decided


def _outcome(reading: Reading) -> str:
    match reading:
        case Hit():
            return "hit"
        case Miss(lease=None):  # somebody else has it, or the cache is away
            return "miss_without_lease"
        case Miss():
            return "miss"
