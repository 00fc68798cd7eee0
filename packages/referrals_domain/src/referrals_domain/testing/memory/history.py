"""The history of the referrals in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_domain.ports.referral_history import ReferralHistory
from referrals_domain.testing.memory.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from referrals_domain.model.identifiers import ReferralKey
    from referrals_domain.model.referral import StatusView


@attrs.frozen
class InMemoryReferralHistory(ReferralHistory):
    """The history of the referrals in memory."""

    state: State

    async def changed(
        self, *, after: datetime, until: datetime, limit: int | None = None
    ) -> Mapping[ReferralKey, int]:
        """Return what changed in a time, with its last version of that time."""
        times = {place: one.referral.updated_at for place, one in self.state.history.items()}
        found = sorted((at, place) for place, at in times.items() if after < at <= until)
        versions: dict[ReferralKey, int] = {}
        for _, (key, version) in found[:limit]:
            versions[key] = max(version, versions.get(key, 0))
        return versions

    async def of(self, key: ReferralKey) -> Sequence[StatusView]:
        """Return every version of a referral."""
        lines = sorted(
            (version, one.referral.view)
            for (of, version), one in self.state.history.items()
            if of == key
        )
        return [view for _, view in lines]
