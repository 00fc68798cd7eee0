"""How many calls each caller may make, and how many may be made for each merchant."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from referrals_domain.model.identifiers import MerchantId


class RateLimits(Protocol):
    """What is left of the calls of a caller, and of those for a merchant, in all processes."""

    @abstractmethod
    async def take(self, caller: str, merchant_id: MerchantId) -> bool:
        """
        Take one call of both, or, if one of them has none left, of neither.

        Whoever holds the limits may be away: then each process has a part of them to itself.

        Args:
            caller: Who calls, in words that give nothing away.
            merchant_id: For whom.

        Returns:
            Whether the call may be made.
        """
