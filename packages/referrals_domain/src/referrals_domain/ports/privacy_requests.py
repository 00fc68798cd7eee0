"""What persons and shops asked of those who keep their data."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from referrals_domain.model.identifiers import CustomerKey, MerchantId
    from referrals_domain.model.privacy import PrivacyCall, PrivacyRequest


class PrivacyRequests(Protocol):
    """What persons and shops asked for, and the receipts of what was done."""

    @abstractmethod
    async def add(
        self,
        merchant_id: MerchantId,
        call: PrivacyCall,
        *,
        key: str,
        touched: Mapping[str, int],
    ) -> bool:
        """
        Store what a call asks for; answer whether it was new: of each kind and key there is one.

        Args:
            merchant_id: The merchant.
            call: The call; its orders and contacts are not kept.
            key: What tells a repetition from another request.
            touched: What was done about it already.
        """

    @abstractmethod
    async def all(self) -> Sequence[PrivacyRequest]:
        """Return them, those that came first first."""

    @abstractmethod
    async def answer(
        self, customer: CustomerKey, *, at: datetime, touched: Mapping[str, int]
    ) -> int:
        """Note that the open data requests of a customer are done; return how many they were."""
