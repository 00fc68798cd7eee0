"""Forget what was kept for long enough."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from referrals_domain.model.retention import Kept
from referrals_domain.ports.clock import Clock
from referrals_domain.ports.status_cache import StatusCache
from referrals_domain.ports.transaction import Transaction
from referrals_domain.use_cases.record import telling


@attrs.frozen(kw_only=True)
class ForgetOld:
    """Delete what was kept for long enough; the cache forgets it too."""

    begin: Callable[[], Transaction]
    cache: StatusCache
    clock: Clock

    async def __call__(self, limit: int) -> int:
        """
        Delete up to `limit` of each kind, each in a transaction of its own.

        Returns:
            How many were deleted; there may be more if it is any.

        Raises:
            Unavailable: The database is away.
        """
        at = self.clock.now()
        forgotten = 0
        for kept in Kept:
            async with self.begin() as tx:
                forgotten += await tx.retention.forget(kept, limit, at=at)
                await tx.commit()
        async with telling(self.cache) as versions, self.begin() as tx:
            gone = await tx.retention.forget_referrals(limit, at=at)
            # One more than the last: a cached value of that version is to go as well.
            versions.update({key: version + 1 for key, version in gone.items()})
            await tx.stale_statuses.add(versions)
            await tx.commit()
        return forgotten + len(gone)
