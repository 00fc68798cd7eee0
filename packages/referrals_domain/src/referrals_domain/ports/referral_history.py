"""The history of the referrals, by time."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from referrals_domain.model.identifiers import ReferralKey


class ReferralHistory(Protocol):
    """The history of the referrals, by time; `Referrals.save` writes it."""

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
