"""The status cache in memory: the protocol without a server."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import attrs

from referrals_domain.model.referral import StatusView
from referrals_domain.ports.cache_server import CacheServer
from referrals_domain.ports.cached_statuses import CachedStatuses
from referrals_domain.ports.status_cache import Hit, Miss, Reading, StatusCache

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from referrals_domain.model.identifiers import ReferralKey


@attrs.frozen
class _Value:
    version: int
    view: StatusView | None


@attrs.frozen
class _Floor:
    version: int
    lease: str | None


class InMemoryStatusCache(StatusCache, CachedStatuses, CacheServer):
    """The status cache in memory; nothing in it grows old, but another may take its place."""

    def __init__(self) -> None:
        self._servers = 1
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

    async def look(self, keys: Collection[ReferralKey]) -> Mapping[ReferralKey, StatusView | None]:
        """Return the values of those that have one."""
        found = {key: self._entries.get(key) for key in keys}
        return {key: entry.view for key, entry in found.items() if isinstance(entry, _Value)}

    async def drop(self, views: Mapping[ReferralKey, StatusView | None]) -> None:
        """Forget values that have not changed since they were seen."""
        for key, view in views.items():
            entry = self._entries.get(key)
            if isinstance(entry, _Value) and entry.view == view:
                del self._entries[key]

    async def identity(self) -> str:
        """Return a name that each server has for itself."""
        return f"server-{self._servers}"

    def put(self, key: ReferralKey, view: StatusView | None) -> None:
        """Corrupt an entry: put a value in, past the protocol."""
        self._entries[key] = _Value(view.version if view else 0, view)

    def copy(self) -> InMemoryStatusCache:
        """Return a replica, which hears of nothing from now on."""
        replica = InMemoryStatusCache()
        replica._entries = dict(self._entries)
        return replica

    def fail_over(self, to: InMemoryStatusCache) -> None:
        """Have a replica, or an empty cache, take the place of what is remembered."""
        self._servers += 1
        self._entries = dict(to._entries)
