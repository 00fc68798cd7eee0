"""How far the sweep of each shop has come."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from referrals_domain.model.identifiers import MerchantId


class Watermarks(Protocol):
    """Until when the orders of each merchant's shop were held against Shopify's."""

    @abstractmethod
    async def get(self, merchant_id: MerchantId) -> datetime | None:
        """Return until when; None: it never was."""

    @abstractmethod
    async def advance(self, merchant_id: MerchantId, to: datetime) -> None:
        """Note that it was until then; what was reached before is never taken back."""
