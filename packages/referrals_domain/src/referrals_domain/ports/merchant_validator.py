"""Auth, asked about merchants."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from referrals_domain.model.identifiers import MerchantId


class MerchantValidator(Protocol):
    """Auth, asked in the name of one caller."""

    @abstractmethod
    async def validate(self, merchant_ids: Collection[MerchantId]) -> Mapping[MerchantId, bool]:
        """
        Return whether each merchant is valid; those that Auth did not answer are left out.

        Raises:
            Unauthenticated: Auth does not accept the caller's token.
            PermissionDenied: The caller may not act for one of the merchants.
        """
