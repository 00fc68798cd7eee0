"""The stale statuses in memory."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import attrs

from referrals_domain.ports.stale_statuses import StaleStatuses
from referrals_domain.testing.memory.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from referrals_domain.model.identifiers import ReferralKey


@attrs.frozen
class InMemoryStaleStatuses(StaleStatuses):
    """The stale statuses in memory."""

    state: State

    async def add(self, versions: Mapping[ReferralKey, int]) -> None:
        """Add referrals with their new versions."""
        for key, version in versions.items():
            known = self.state.stale_statuses.get(key, 0)
            self.state.stale_statuses[key] = max(known, version)

    async def first(self, limit: int) -> Mapping[ReferralKey, int]:
        """Return up to `limit` of them, oldest first."""
        return dict(islice(self.state.stale_statuses.items(), limit))

    async def delete(self, versions: Mapping[ReferralKey, int]) -> None:
        """Forget those whose version has not grown."""
        for key, version in versions.items():
            if self.state.stale_statuses.get(key, version + 1) <= version:
                del self.state.stale_statuses[key]
