"""Check that the cache says what the database does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import attrs

from referrals_domain.errors import Unavailable
from referrals_domain.model.consistency import Consistency, compare
from referrals_domain.model.identifiers import ReferralKey
from referrals_domain.ports.cached_statuses import CachedStatuses
from referrals_domain.ports.clock import Clock
from referrals_domain.ports.statuses import Statuses
from referrals_domain.ports.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from referrals_domain.model.referral import StatusView

LAGS: Final = (timedelta(seconds=1), timedelta(seconds=10), timedelta(seconds=60))
"""How long after a change the cache is looked at."""

_LATE: Final = timedelta(seconds=2)
"""How much later than its lag a change may be looked at, and count for it."""


@attrs.frozen
class Finding:
    """
    What was found of one referral.

    Args:
        key: The referral.
        lag: How long before it had changed.
        consistency: What the cache held.
    """

    key: ReferralKey
    lag: timedelta
    consistency: Consistency

    @property
    def is_wrong(self) -> bool:
        """Whether a reader would have been told what was no longer, or never, true."""
        return self.consistency in {Consistency.STALE, Consistency.CORRUPT}

    @property
    def needs_mending(self) -> bool:
        """Whether nobody else mends it: what was missed, the janitor repeats within the time."""
        return self.consistency is Consistency.CORRUPT or (self.is_wrong and self.lag == LAGS[-1])


@attrs.define(kw_only=True)
class CheckStatuses:
    """
    Compare cache and database some time after changes, whoever made them, and drop what is wrong.

    Each call goes on where the last one ended, so that a change is looked at once for each lag.
    """

    begin: Callable[[], Transaction]
    statuses: Statuses
    cached: CachedStatuses
    clock: Clock
    _since: datetime = attrs.field(init=False)

    @_since.default
    def _now(self) -> datetime:
        return self.clock.now()

    async def __call__(self, limit: int) -> Sequence[Finding]:
        """
        Look at up to `limit` changes for each lag.

        Raises:
            Unavailable: The database is away, or the cache.
        """
        committed = await self._sample(limit)
        keys = {key for versions in committed.values() for key in versions}
        cached = await self.cached.look(keys) if keys else {}
        primary = await self._primary(cached)  # after the cache: see `compare`
        findings = [
            Finding(
                key,
                lag,
                compare(cached[key], primary[key], committed=version)
                if key in cached
                else Consistency.EMPTY,
            )
            for lag, versions in committed.items()
            for key, version in versions.items()
        ]
        wrong = {one.key: cached[one.key] for one in findings if one.needs_mending}
        if wrong:
            await self.cached.drop(wrong)
        return findings

    async def _sample(self, limit: int) -> Mapping[timedelta, Mapping[ReferralKey, int]]:
        """Return what has changed each lag ago, since the last call."""
        now = self.clock.now()
        since, self._since = max(self._since, now - _LATE), now
        async with self.begin() as tx:
            return {
                lag: await tx.history.changed(after=since - lag, until=now - lag, limit=limit)
                for lag in LAGS
            }

    async def _primary(
        self, keys: Collection[ReferralKey]
    ) -> Mapping[ReferralKey, StatusView | None]:
        found = await self.statuses.read(keys) if keys else {}
        if len(found) < len(keys) or any(view and view.stale for view in found.values()):
            raise Unavailable("the primary is away, and a replica proves nothing")
        return found
