"""How often links were followed."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from referrals_domain.model.identifiers import ReferralKey
    from referrals_domain.model.visit import Visit


class Visits(Protocol):
    """How often links were followed: numbers a day, nothing of who did."""

    @abstractmethod
    async def add(self, numbers: Mapping[Visit, int]) -> None:
        """
        Add so many of each.

        A share that is none of the link's counts as no share: whoever follows a link may write
        there what they like.
        """

    @abstractmethod
    async def of_shares(self, keys: Collection[ReferralKey]) -> Mapping[ReferralKey, int]:
        """Return how many came by each share; those that nobody came by are left out."""
