"""What waits in the database, told to whoever watches."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import attrs

from referrals_adapters.flow.backoff import Backoff
from referrals_adapters.postgres.backlog import PostgresBacklog
from referrals_adapters.telemetry.metrics import Metrics
from referrals_domain.ports.clock import Clock

GAUGED_EVERY: Final = Backoff(first=timedelta(seconds=5), cap=timedelta(seconds=5))
"""How long a measure is good enough."""


@attrs.frozen
class Gauges:
    """
    Measures what waits.

    Args:
        backlog: The tables.
        clock: The time.
        metrics: Where it is told.
    """

    backlog: PostgresBacklog
    clock: Clock
    metrics: Metrics

    async def __call__(self) -> int:
        """Measure it once; as a routine's step it finds no more to do."""
        now = self.clock.now()
        for table, waiting in (await self.backlog.measure()).items():
            age = (now - waiting.since).total_seconds() if waiting.since else 0.0
            self.metrics.waiting.labels(table).set(waiting.count)
            self.metrics.oldest.labels(table).set(age)
        return 0
