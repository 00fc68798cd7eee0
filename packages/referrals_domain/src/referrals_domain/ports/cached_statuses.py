"""What lies in the status cache, for who watches over it."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from referrals_domain.model.identifiers import ReferralKey
    from referrals_domain.model.referral import StatusView


class CachedStatuses(Protocol):
    """
    What lies in the status cache, for who watches over it.

    To look takes no lease and leaves no trace. Where `StatusCache` is silent while the cache is
    away, this is not: who watches must not take silence for an answer.
    """

    @abstractmethod
    async def look(self, keys: Collection[ReferralKey]) -> Mapping[ReferralKey, StatusView | None]:
        """
        Return the values of those that have one; None: the referral is known to be absent.

        Raises:
            Unavailable: The cache is away.
        """

    @abstractmethod
    async def drop(self, views: Mapping[ReferralKey, StatusView | None]) -> None:
        """
        Forget values that were seen, as if their time had come; what has changed since stays.

        Raises:
            Unavailable: The cache is away; some may be forgotten.
        """
