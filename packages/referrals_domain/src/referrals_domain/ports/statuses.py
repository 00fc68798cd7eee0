"""How referrals stand, as the database says."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from referrals_domain.model.identifiers import ReferralKey
    from referrals_domain.model.referral import StatusView


class Statuses(Protocol):
    """How referrals stand, as the database says."""

    @abstractmethod
    async def read(self, keys: Collection[ReferralKey]) -> Mapping[ReferralKey, StatusView | None]:
        """
        Return how each stands, by the primary, at a moment after the call; None: it is absent.

        While the primary is away, or takes no writes, a server may answer that lags behind: its
        views are `stale`, and what it does not have is left out, because nobody knows it to be
        absent.

        Raises:
            Unavailable: Nobody answers, or too many are asking.
        """
