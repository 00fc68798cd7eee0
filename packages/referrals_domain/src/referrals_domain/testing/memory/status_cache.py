"""The status cache in memory: the protocol without a server."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import attrs

from referrals_domain.model.referral import StatusView
from referrals_domain.ports.status_cache import Hit, Miss, Reading, StatusCache

if TYPE_CHECKING:
    from collections.abc import Mapping

    from referrals_domain.model.identifiers import ReferralKey


@attrs.frozen
class _Value:
    version: int
    view: StatusView | None


@attrs.frozen
class _Floor:
    version: int
    lease: str | None


class InMemoryStatusCache(StatusCache):
    """The status cache in memory; nothing in it grows old."""

    def __init__(self) -> None:
        self._entries: dict[ReferralKey, _Value | _Floor] = {}
        self._leases = itertools.count(1)

    async def read(self, key: ReferralKey) -> Reading:
        """Return what is cached; on a miss, the first reader gets a lease."""
        entry = self._entries.get(key, _Floor(0, None))
        if isinstance(entry, _Value):
            return Hit(entry.view)
        if entry.lease:
            return Miss(None)
        lease = f"lease-{next(self._leases)}"
        self._entries[key] = _Floor(entry.version, lease)
        return Miss(lease)

    async def fill(self, key: ReferralKey, lease: str, view: StatusView | None) -> None:
        """Cache what the holder of the lease read, if it is not below the floor."""
        entry = self._entries.get(key)
        version = view.version if view else 0
        if isinstance(entry, _Floor) and entry.lease == lease and version >= entry.version:
            self._entries[key] = _Value(version, view)

    async def invalidate(self, versions: Mapping[ReferralKey, int]) -> bool:
        """Forget whatever is older than these versions."""
        for key, version in versions.items():
            entry = self._entries.get(key, _Floor(0, None))
            if not (isinstance(entry, _Value) and entry.version >= version):
                self._entries[key] = _Floor(max(entry.version, version), None)
        return True
