"""The history of the referrals, by time and by referral."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from referrals_domain.model.identifiers import ReferralKey
    from referrals_domain.model.referral import StatusView


class ReferralHistory(Protocol):
    """The history of the referrals; `Referrals.save` writes it."""

    @abstractmethod
    async def changed(
        self, *, after: datetime, until: datetime, limit: int | None = None
    ) -> Mapping[ReferralKey, int]:
        """
        Return the referrals that changed in a time, each with the last version that it got then.

        Args:
            after: The time begins behind this instant.
            until: It ends with this one.
            limit: How many changes are enough, of which the earliest are taken; None: all.
        """

    @abstractmethod
    async def of(self, key: ReferralKey) -> Sequence[StatusView]:
        """Return every version of a referral, the first one first; none of one that is unknown."""
