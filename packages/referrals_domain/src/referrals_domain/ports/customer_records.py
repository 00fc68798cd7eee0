"""What is kept of one customer, wherever it is."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from referrals_domain.model.identifiers import CustomerId, CustomerKey, ReferralKey
    from referrals_domain.model.privacy import CustomerRecord


class Touched(NamedTuple):
    """
    What a redaction met.

    Args:
        rows: How many rows of each table; tables without any are left out.
        versions: The referrals among them, with versions below which no cache may answer.
    """

    rows: Mapping[str, int]
    versions: Mapping[ReferralKey, int]


class CustomerRecords(Protocol):
    """What is kept of one customer, wherever it is."""

    @abstractmethod
    async def of(self, customer: CustomerKey) -> CustomerRecord:
        """Return what is kept of a customer; it may be nothing."""

    @abstractmethod
    async def redact(
        self, customer: CustomerKey, tombstone: CustomerId, *, at: datetime
    ) -> Touched:
        """
        Put a tombstone in place of a customer's id wherever it is kept, in whatever role.

        Their link is revoked, and of their orders the address is forgotten. The transaction must
        have seized the merchant. Done again, it finds nothing.
        """
