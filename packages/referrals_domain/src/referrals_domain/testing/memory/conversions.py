"""The conversions in memory."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import attrs

from referrals_domain.model.identifiers import CustomerKey, OrderKey, ReferralId
from referrals_domain.ports.conversions import AdvocateDay, Conversions
from referrals_domain.testing.memory.state import State

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from referrals_domain.model.referral import Referral


@attrs.frozen
class InMemoryConversions(Conversions):
    """The conversions in memory."""

    state: State

    async def by_friends(
        self, friends: Collection[CustomerKey]
    ) -> Mapping[CustomerKey, ReferralId]:
        """Return which referral holds each friend."""
        return {
            one.friend: one.id
            for one in self.state.referrals.values()
            if one.holds_the_friend and one.friend in friends and one.friend
        }

    async def count(self, days: Collection[AdvocateDay]) -> Mapping[AdvocateDay, int]:
        """Return how many each advocate has with an order of that day."""
        held = [self._day(one) for one in self.state.referrals.values() if one.holds_the_friend]
        return {day: held.count(day) for day in days}

    def _day(self, referral: Referral) -> AdvocateDay | None:
        if referral.order_id is None:
            return None
        order = self.state.orders.get(OrderKey(referral.merchant_id, referral.order_id))
        if order is None or order.facts.placed_at is None:
            return None
        return AdvocateDay(referral.advocate, order.facts.placed_at.astimezone(UTC).date())
