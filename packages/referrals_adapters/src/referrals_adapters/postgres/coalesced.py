"""One read of the database for many who ask."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

import attrs

from referrals_adapters.flow.batcher import Batcher
from referrals_domain.model.identifiers import ReferralKey
from referrals_domain.model.referral import StatusView
from referrals_domain.ports.statuses import Statuses

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

Found: TypeAlias = Mapping[ReferralKey, StatusView | None]


@attrs.frozen(kw_only=True)
class CoalescedStatuses(Statuses):
    """
    Statuses that are read for many callers together, and a referral once for all who ask for it.

    Who asks while reads are under way is served by the next read, never by one that has begun:
    that one may have looked before a commit of which the caller, or the cache, knows already.
    Use it with `contextlib.aclosing`.

    Args:
        statuses: Who is asked.
        at_once: How many reads may be under way.
        limit: The most callers that one read serves.
        room: How many callers may wait for a read; the next one is told `Busy`.
    """

    statuses: Statuses
    at_once: int
    limit: int
    room: int
    _batcher: Batcher[ReferralKey, Found] = attrs.field(init=False)

    @_batcher.default
    def _of_reads(self) -> Batcher[ReferralKey, Found]:
        return Batcher(self._read, limit=self.limit, concurrency=self.at_once, room=self.room)

    async def read(self, keys: Collection[ReferralKey]) -> Found:
        """Return how each stands, once a read that begins after this call has told."""
        reads = await asyncio.gather(*(self._batcher.submit(key) for key in set(keys)))
        return {key: view for found in reads for key, view in found.items()}

    async def aclose(self) -> None:
        """Answer who has asked, and nobody more."""
        await self._batcher.aclose()

    async def _read(self, keys: Sequence[ReferralKey]) -> Sequence[Found]:
        found = await self.statuses.read(set(keys))
        return [{key: found[key]} if key in found else {} for key in keys]
