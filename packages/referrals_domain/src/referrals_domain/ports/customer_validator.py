"""Core, asked about customers."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from referrals_domain.model.evidence import CustomerStanding
    from referrals_domain.model.identifiers import CustomerKey


class CustomerValidator(Protocol):
    """Core, asked in the name of one caller."""

    @abstractmethod
    async def standings(
        self, customers: Collection[CustomerKey]
    ) -> Mapping[CustomerKey, CustomerStanding]:
        """
        Return each customer's standing; those that Core did not answer are left out.

        Raises:
            Unauthenticated: Core does not accept the caller's token.
        """
