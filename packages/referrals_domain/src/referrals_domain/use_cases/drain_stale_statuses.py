"""Tell the cache what it missed."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from referrals_domain.ports.status_cache import StatusCache
from referrals_domain.ports.transaction import Transaction


@attrs.frozen(kw_only=True)
class DrainStaleStatuses:
    """Invalidate what the durable list names, however its writer ended."""

    begin: Callable[[], Transaction]
    cache: StatusCache

    async def __call__(self, limit: int) -> int:
        """
        Invalidate up to `limit` statuses; what the cache did not apply stays on the list.

        Returns:
            How many were invalidated.
        """
        async with self.begin() as tx:
            versions = await tx.stale_statuses.first(limit)
        if not versions or not await self.cache.invalidate(versions):
            return 0
        async with self.begin() as tx:
            await tx.stale_statuses.delete(versions)
            await tx.commit()
        return len(versions)
