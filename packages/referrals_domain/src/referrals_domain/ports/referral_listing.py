"""The referrals of a merchant, a page at a time."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

import attrs

from referrals_domain.model.identifiers import CustomerId, LinkId, MerchantId
from referrals_domain.model.referral import ReferralStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_domain.model.referral import Place, Referral


@attrs.frozen(kw_only=True)
class Selection:
    """
    Which referrals of a merchant are wanted: those that fit all that is given.

    Args:
        merchant_id: The merchant.
        status: Where they stand.
        referral_link_id: The link that was shared.
        customer_id: The advocate.
    """

    merchant_id: MerchantId
    status: ReferralStatus | None = None
    referral_link_id: LinkId | None = None
    customer_id: CustomerId | None = None


class ReferralListing(Protocol):
    """The referrals of a merchant, newest first."""

    @abstractmethod
    async def page(
        self, selection: Selection, *, after: Place | None, limit: int
    ) -> Sequence[Referral]:
        """
        Return the first `limit` of them, or the first behind a place.

        What is opened meanwhile moves nothing from one page to another.
        """
