"""How often the cache is right, told to whoever watches."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import timedelta
from typing import Final

import attrs

from referrals_adapters.flow.backoff import Backoff
from referrals_adapters.telemetry.metrics import Metrics
from referrals_domain.use_cases.check_statuses import CheckStatuses, Finding

CHECKED_EVERY: Final = Backoff(first=timedelta(seconds=1), cap=timedelta(seconds=1))
"""How often changes are looked for that are old enough."""

_logger: Final = logging.getLogger(__name__)


@attrs.frozen
class Nines:
    """
    Has the cache checked, and counts since the process began what came of it.

    Args:
        check: Checks it.
        most: How many changes are looked at for each lag.
        metrics: Where it is told.
    """

    check: CheckStatuses
    most: int
    metrics: Metrics
    _checked: Counter[timedelta] = attrs.field(factory=Counter, init=False)
    _wrong: Counter[timedelta] = attrs.field(factory=Counter, init=False)

    async def __call__(self) -> int:
        """Check once; as a routine's step it finds no more to do."""
        for finding in await self.check(self.most):
            self._count(finding)
            if finding.needs_mending:
                _logger.error("the cache told a wrong status", extra=_about(finding))
        return 0

    def _count(self, finding: Finding) -> None:
        lag = finding.lag
        self._checked[lag] += 1
        self._wrong[lag] += finding.is_wrong
        self.metrics.cache_checked(
            lag, finding.consistency, checked=self._checked[lag], wrong=self._wrong[lag]
        )


def _about(finding: Finding) -> dict[str, object]:
    return {
        "outcome": finding.consistency.value,
        "referral_id": finding.key.referral_id,
        "seconds": finding.lag.total_seconds(),
    }
