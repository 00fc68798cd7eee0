"""What lies in Redis, for who watches over it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import attrs
from redis.asyncio import Redis

from referrals_adapters.redis.asked import answered
from referrals_adapters.redis.entry import from_entry, name_of, to_entry
from referrals_adapters.redis.scripts import Scripts
from referrals_domain.ports.cached_statuses import CachedStatuses

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from referrals_domain.model.identifiers import ReferralKey
    from referrals_domain.model.referral import StatusView


@attrs.frozen(kw_only=True)
class RedisCachedStatuses(CachedStatuses):
    """
    What lies in Redis; what readers cannot read, and replace, counts as no value.

    Args:
        redis: The client.
        within: How long a look may take; then Redis counts as away.
    """

    redis: Redis
    within: timedelta = timedelta(milliseconds=250)

    async def look(self, keys: Collection[ReferralKey]) -> Mapping[ReferralKey, StatusView | None]:
        """Read them all at one moment."""
        names = [name_of(key) for key in keys]
        async with answered(self.within):
            held = await self.redis.mget(names) if names else []
        found = zip(keys, held, strict=True)
        hits = {key: from_entry(one) for key, one in found if isinstance(one, bytes)}
        return {key: hit.view for key, hit in hits.items() if hit}

    async def drop(self, views: Mapping[ReferralKey, StatusView | None]) -> None:
        """Delete those that still read as they did."""
        names = [name_of(key) for key in views]
        async with answered(self.within):
            if names:
                await Scripts.of(self.redis).drop(names, list(map(to_entry, views.values())))
