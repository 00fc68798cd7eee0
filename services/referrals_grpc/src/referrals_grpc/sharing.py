"""Shares of many calls in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_domain.use_cases.share_links import ShareLinks
from referrals_grpc.admitted import admitting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_domain.errors import ReferralsError
    from referrals_domain.use_cases.share_links import Share, SharedLink


@attrs.frozen
class ShareTogether:
    """
    Shares the links of calls that came together, and acts for their merchants.

    It is done outside of all these calls, or in what is left of the first one's context.

    Args:
        share_links: Does it.
    """

    share_links: ShareLinks

    async def __call__(self, shares: Sequence[Share]) -> Sequence[SharedLink | ReferralsError]:
        """Return what came of each share, in order."""
        with admitting({share.link.merchant_id for share in shares}):
            return await self.share_links(shares)
