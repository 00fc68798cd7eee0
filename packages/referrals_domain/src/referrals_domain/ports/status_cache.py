"""The cache that answers `GetReferralStatus`."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol, TypeAlias

import attrs

from referrals_domain.model.referral import StatusView

if TYPE_CHECKING:
    from collections.abc import Mapping

    from referrals_domain.model.identifiers import ReferralKey


@attrs.frozen
class Hit:
    """
    What the cache holds.

    Args:
        view: The status; None: the referral is known to be absent.
    """

    view: StatusView | None


@attrs.frozen
class Miss:
    """
    The cache does not know.

    Args:
        lease: The right to fill; None: somebody else has it, or the cache is away.
    """

    lease: str | None


Reading: TypeAlias = Hit | Miss


class StatusCache(Protocol):
    """
    A cache that never returns less than the version it was last told of.

    It is never in the way: where it cannot answer, a read is a `Miss` without a lease, and the
    other calls do nothing. What was missed that way is made good by `StaleStatuses`.
    """

    @abstractmethod
    async def read(self, key: ReferralKey) -> Reading:
        """Return what is cached; on a miss, at most one reader at a time gets a lease."""

    @abstractmethod
    async def fill(self, key: ReferralKey, lease: str, view: StatusView | None) -> None:
        """
        Cache what the holder of a lease read from the primary after it got the lease.

        Ignored if the lease was lost, or the version lies below the one last told of.
        """

    @abstractmethod
    async def invalidate(self, versions: Mapping[ReferralKey, int]) -> bool:
        """
        Forget whatever is older than these versions, and whoever was about to fill it.

        Returns:
            Whether the cache applied all of it.
        """
