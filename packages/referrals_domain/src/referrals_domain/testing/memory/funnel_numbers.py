"""What the funnel is counted from, in memory."""

from __future__ import annotations

from collections import Counter
from datetime import UTC
from typing import TYPE_CHECKING

import attrs

from referrals_domain.model.funnel import Followed, Opened
from referrals_domain.ports.funnel_numbers import FunnelNumbers
from referrals_domain.testing.memory.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from referrals_domain.model.funnel import Days
    from referrals_domain.model.identifiers import MerchantId


@attrs.frozen
class InMemoryFunnelNumbers(FunnelNumbers):
    """What the funnel is counted from, in memory."""

    state: State

    async def opened(self, merchant_id: MerchantId, days: Days) -> Mapping[Opened, int]:
        """Count one referral after the other."""
        return Counter(
            Opened(
                day=one.opened_at.astimezone(UTC).date(),
                channel=one.channel,
                shared=not one.id.is_of_order,
                status=one.status,
            )
            for one in self.state.referrals.values()
            if one.merchant_id == merchant_id and days.begin <= one.opened_at <= days.end
        )

    async def followed(self, merchant_id: MerchantId, days: Days) -> Mapping[Followed, int]:
        """Add up over links and shares."""
        found: Counter[Followed] = Counter()
        for visit, number in self.state.visits.items():
            if visit.link.merchant_id == merchant_id and days.first <= visit.day <= days.last:
                found[Followed(visit.day, visit.channel)] += number
        return found
