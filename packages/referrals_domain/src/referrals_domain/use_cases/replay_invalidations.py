"""Tell the cache again what it may have lost when another server took over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

import attrs

from referrals_domain.errors import Unavailable
from referrals_domain.ports.cache_server import CacheServer
from referrals_domain.ports.clock import Clock
from referrals_domain.ports.status_cache import StatusCache
from referrals_domain.ports.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from referrals_domain.model.identifiers import ReferralKey

_STRETCH: Final = timedelta(minutes=1)
"""How much of the history is read at once."""


@attrs.define(kw_only=True)
class ReplayInvalidations:
    """
    Invalidate whatever changed lately, when the cache has another server than it had.

    That one may be a replica which lacks the last invalidations, or a copy from earlier. The
    first server counts as another one, too: it may have come while nobody watched.

    Args:
        begin: Begins a transaction.
        cache: The cache.
        server: Who keeps it.
        clock: The time.
        reach: How far back. A value that the new server has was filled before whatever it lacks,
            and ends a lifetime after that.
    """

    begin: Callable[[], Transaction]
    cache: StatusCache
    server: CacheServer
    clock: Clock
    reach: timedelta
    _told: str | None = attrs.field(default=None, init=False)

    async def __call__(self, limit: int) -> int:
        """
        Invalidate all of it, `limit` at a time, unless the server is known.

        Returns:
            How many statuses were invalidated.

        Raises:
            Unavailable: The cache is away, or the database; the next call begins anew.
        """
        server = await self.server.identity()
        if server == self._told:
            return 0
        count = 0
        for after, until in self._stretches():
            async with self.begin() as tx:
                changed = await tx.history.changed(after=after, until=until)
            for versions in _parts(changed, limit):
                if not await self.cache.invalidate(versions):
                    raise Unavailable("the cache could not be told again what is stale")
                count += len(versions)
        self._told = server
        return count

    def _stretches(self) -> Iterator[tuple[datetime, datetime]]:
        now = self.clock.now()
        after = now - self.reach
        while after < now:
            until = min(after + _STRETCH, now)
            yield after, until
            after = until


def _parts(versions: Mapping[ReferralKey, int], limit: int) -> Iterator[Mapping[ReferralKey, int]]:
    rest = iter(versions.items())
    while some := dict(islice(rest, limit)):
        yield some
