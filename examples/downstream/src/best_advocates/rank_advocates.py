"""Rank the advocates of a merchant."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import attrs

from best_advocates.standing import Standing, best
from referrals_domain.model.identifiers import MerchantId
from referrals_domain.ports.clock import Clock
from referrals_domain.ports.referral_listing import Selection
from referrals_domain.use_cases.list_referrals import ListReferrals

if TYPE_CHECKING:
    from referrals_domain.model.referral import Referral

PAGE: Final = 200  # referrals; the service gives no more at a time either


@attrs.frozen(kw_only=True)
class Ranking:
    """
    The best advocates of a merchant.

    Args:
        merchant_id: The merchant.
        since: When the first share was made that counts.
        until: When the ranking was made.
        standings: How they stand, the best first.
    """

    merchant_id: MerchantId
    since: datetime
    until: datetime
    standings: Sequence[Standing]


@attrs.frozen(kw_only=True)
class RankAdvocates:
    """Rank the advocates of a merchant by what came of their shares of late."""

    list_referrals: ListReferrals
    clock: Clock

    async def __call__(self, merchant_id: MerchantId, *, lately: timedelta) -> Ranking:
        """Return the ranking of now."""
        until = self.clock.now()
        since = until - lately
        referrals = [one async for one in self._opened_since(since, merchant_id)]
        return Ranking(
            merchant_id=merchant_id, since=since, until=until, standings=best(referrals)
        )

    async def _opened_since(
        self, since: datetime, merchant_id: MerchantId
    ) -> AsyncIterator[Referral]:
        """Yield the newest first, page by page, and stop where they are too old."""
        selection, after = Selection(merchant_id=merchant_id), None
        while True:
            page = await self.list_referrals(selection, after=after, size=PAGE)
            for referral in page.referrals:
                if referral.opened_at < since:
                    return
                yield referral
            after = page.last
            if after is None:
                return
