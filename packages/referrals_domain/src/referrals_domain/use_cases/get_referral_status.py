"""Tell how a referral stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from referrals_domain.errors import NotFound
from referrals_domain.ports.status_cache import Hit, StatusCache
from referrals_domain.ports.transaction import Transaction

if TYPE_CHECKING:
    from referrals_domain.model.identifiers import ReferralKey
    from referrals_domain.model.referral import StatusView


@attrs.frozen(kw_only=True)
class GetReferralStatus:
    """Tell how a referral stands, from the cache if it knows, else from the primary."""

    begin: Callable[[], Transaction]
    cache: StatusCache

    async def __call__(self, key: ReferralKey) -> StatusView:
        """
        Return the status.

        Raises:
            NotFound: The merchant has no such referral.
        """
        reading = await self.cache.read(key)
        if isinstance(reading, Hit):
            view = reading.view
        else:
            view = await self._from_primary(key)
            if reading.lease:
                await self.cache.fill(key, reading.lease, view)
        if view is None:
            raise NotFound("the merchant has no such referral")
        return view

    async def _from_primary(self, key: ReferralKey) -> StatusView | None:
        async with self.begin() as tx:
            referral = (await tx.referrals.get([key])).get(key)
        return referral.view if referral else None
