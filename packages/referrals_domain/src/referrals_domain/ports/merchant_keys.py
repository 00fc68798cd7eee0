"""The key of each merchant, and who may redact its customers meanwhile."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from referrals_domain.model.identifiers import MerchantId
    from referrals_domain.model.merchant_key import MerchantKey


class MerchantKeys(Protocol):
    """
    The keys of the merchants that have a program; None where no key was needed yet.

    Whoever writes a customer's id holds the merchant first, before any lock. So what they find in
    `Redactions` afterwards is true until they have committed.
    """

    @abstractmethod
    async def get(
        self, merchant_ids: Collection[MerchantId]
    ) -> Mapping[MerchantId, MerchantKey | None]:
        """Return the keys of those among the merchants that have a program."""

    @abstractmethod
    async def hold(
        self, merchant_ids: Collection[MerchantId]
    ) -> Mapping[MerchantId, MerchantKey | None]:
        """Return the same; nobody seizes these merchants before the transaction ends."""

    @abstractmethod
    async def seize(self, merchant_id: MerchantId) -> MerchantKey | None:
        """Wait for all who hold the merchant, and let nobody hold it before the end."""

    @abstractmethod
    async def add(self, merchant_id: MerchantId, key: MerchantKey) -> MerchantKey:
        """Give a merchant a key, and return it; or return the one that it has already."""
