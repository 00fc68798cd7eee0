"""Auth, asked about merchants."""

from __future__ import annotations

from abc import abstractmethod
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from referrals_domain.model.identifiers import MerchantId


class Verdict(StrEnum):
    """What Auth says of a merchant to the caller who asks."""

    VALID = "valid"
    INVALID = "invalid"
    DENIED = "denied"
    """The caller may not act for the merchant; whether it is valid, Auth does not say."""


class MerchantValidator(Protocol):
    """Auth, asked in the name of one caller."""

    @abstractmethod
    async def validate(self, merchant_ids: Collection[MerchantId]) -> Mapping[MerchantId, Verdict]:
        """
        Return Auth's verdict on each merchant; those that it did not answer are left out.

        Raises:
            Unauthenticated: Auth does not accept the caller's token.
        """
