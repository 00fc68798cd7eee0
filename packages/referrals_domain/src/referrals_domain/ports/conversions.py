"""What rules ask about other referrals."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from referrals_domain.model.identifiers import CustomerKey, ReferralId


class AdvocateDay(NamedTuple):
    """One advocate on one day (UTC)."""

    advocate: CustomerKey
    day: date


class Conversions(Protocol):
    """The referrals that are QUALIFIED or COMPLETED."""

    @abstractmethod
    async def by_friends(
        self, friends: Collection[CustomerKey]
    ) -> Mapping[CustomerKey, ReferralId]:
        """Return which referral holds each friend; free friends are left out."""

    @abstractmethod
    async def count(self, days: Collection[AdvocateDay]) -> Mapping[AdvocateDay, int]:
        """Return how many each advocate has with an order placed on that day; none is 0."""
