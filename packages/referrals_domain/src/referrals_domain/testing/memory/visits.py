"""The visits in memory."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import attrs

from referrals_domain.model.identifiers import ReferralKey
from referrals_domain.ports.visits import Visits
from referrals_domain.testing.memory.state import State

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from referrals_domain.model.visit import Visit


@attrs.frozen
class InMemoryVisits(Visits):
    """The visits in memory."""

    state: State

    async def add(self, numbers: Mapping[Visit, int]) -> None:
        """Add so many of each."""
        for visit, number in numbers.items():
            kept = visit if self._is_of_the_link(visit) else visit._replace(share=None)
            self.state.visits[kept] = self.state.visits.get(kept, 0) + number

    async def of_shares(self, keys: Collection[ReferralKey]) -> Mapping[ReferralKey, int]:
        """Return how many came by each share."""
        found: Counter[ReferralKey] = Counter()
        for visit, number in self.state.visits.items():
            if visit.share and (key := ReferralKey(visit.link.merchant_id, visit.share)) in keys:
                found[key] += number
        return found

    def _is_of_the_link(self, visit: Visit) -> bool:
        if visit.share is None:
            return False
        referral = self.state.referrals.get(ReferralKey(visit.link.merchant_id, visit.share))
        return referral is not None and referral.referral_link_id == visit.link.link_id
