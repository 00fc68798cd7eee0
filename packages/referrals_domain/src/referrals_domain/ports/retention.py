"""What was kept for long enough."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from referrals_domain.model.identifiers import ReferralKey
    from referrals_domain.model.retention import Kept


class Retention(Protocol):
    """
    What was kept for long enough, a page at a time.

    What somebody else is changing or forgetting at this moment is passed over: nobody waits.
    """

    @abstractmethod
    async def forget(self, kept: Kept, limit: int, *, at: datetime) -> int:
        """Delete up to `limit` whose term is over, those that came first; return how many."""

    @abstractmethod
    async def forget_referrals(self, limit: int, *, at: datetime) -> Mapping[ReferralKey, int]:
        """
        Delete up to `limit` referrals with their orders and their history.

        They are at rest, their program's retention is over since their last change, and nothing
        waits for them: no event, no stale status, no delivery.

        Returns:
            The referrals that are gone, with their last versions.
        """
