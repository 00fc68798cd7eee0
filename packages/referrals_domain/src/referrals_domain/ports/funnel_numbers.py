"""What the funnel is counted from."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from referrals_domain.model.funnel import Days, Followed, Opened
    from referrals_domain.model.identifiers import MerchantId


class FunnelNumbers(Protocol):
    """What the funnel of a merchant is counted from; groups of nothing are left out."""

    @abstractmethod
    async def opened(self, merchant_id: MerchantId, days: Days) -> Mapping[Opened, int]:
        """Return how many referrals were opened on these days, grouped by how they stand now."""

    @abstractmethod
    async def followed(self, merchant_id: MerchantId, days: Days) -> Mapping[Followed, int]:
        """Return how often links were followed on these days."""
