"""The program of each merchant."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from referrals_domain.model.identifiers import MerchantId, ShopDomain
    from referrals_domain.model.program import ReferralProgram


class Programs(Protocol):
    """The program of each merchant; one a merchant, one a shop."""

    @abstractmethod
    async def get(
        self, merchant_ids: Collection[MerchantId]
    ) -> Mapping[MerchantId, ReferralProgram]:
        """Return the programs that exist."""

    @abstractmethod
    async def by_shops(
        self, domains: Collection[ShopDomain]
    ) -> Mapping[ShopDomain, ReferralProgram]:
        """Return the programs of these shops that exist."""

    @abstractmethod
    async def save(self, program: ReferralProgram) -> None:
        """
        Save the first version, or the version after the one that is stored.

        Raises:
            Stale: The stored version is not the one before.
            ShopTaken: The shop belongs to another merchant's program.
        """
