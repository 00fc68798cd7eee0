"""The durable list of cache entries to invalidate."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from referrals_domain.model.identifiers import ReferralKey


class StaleStatuses(Protocol):
    """The referrals whose cached status may be older than the version named."""

    @abstractmethod
    async def add(self, versions: Mapping[ReferralKey, int]) -> None:
        """Add referrals with their new versions; of two versions the larger counts."""

    @abstractmethod
    async def first(self, limit: int) -> Mapping[ReferralKey, int]:
        """Return up to `limit` of them, oldest first."""

    @abstractmethod
    async def delete(self, versions: Mapping[ReferralKey, int]) -> None:
        """Forget those whose version has not grown since it was read."""
