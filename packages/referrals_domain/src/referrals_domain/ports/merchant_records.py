"""All that is kept of one merchant."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from referrals_domain.model.identifiers import MerchantId
    from referrals_domain.ports.customer_records import Touched


class MerchantRecords(Protocol):
    """All that is kept of one merchant."""

    @abstractmethod
    async def erase(self, merchant_id: MerchantId, *, limit: int) -> Touched:
        """
        Delete up to `limit` rows of each table, the program and the key first; none is the end.

        History goes with its referrals.

        Privacy requests stay: see `PrivacyWork.clear`. The transaction must have seized the
        merchant: without its program nobody writes for it any more.
        """
