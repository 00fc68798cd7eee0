"""Tell how a referral stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_domain.errors import NotFound, Unavailable
from referrals_domain.ports.status_cache import Hit, StatusCache
from referrals_domain.ports.statuses import Statuses

if TYPE_CHECKING:
    from referrals_domain.model.identifiers import ReferralKey
    from referrals_domain.model.referral import StatusView


@attrs.frozen(kw_only=True)
class GetReferralStatus:
    """Tell how a referral stands, from the cache if it knows, else from the database."""

    statuses: Statuses
    cache: StatusCache

    async def __call__(self, key: ReferralKey) -> StatusView:
        """
        Return the status; a stale one only while the primary is away.

        Raises:
            NotFound: The merchant has no such referral.
            Unavailable: The primary is away, and no replica has the referral. One that lacks it
                may just lag behind, so the referral is not known to be absent.
        """
        reading = await self.cache.read(key)
        if isinstance(reading, Hit):
            view = reading.view
        else:
            view = await self._look_up(key, reading.lease)
        if view is None:
            raise NotFound("the merchant has no such referral")
        return view

    async def _look_up(self, key: ReferralKey, lease: str | None) -> StatusView | None:
        """Read after the lease was given, and fill only with what the primary says."""
        found = await self.statuses.read([key])
        if key not in found:
            raise Unavailable("the primary is away, and the replica has no such referral")
        view = found[key]
        if lease and not (view and view.stale):
            await self.cache.fill(key, lease, view)
        return view
