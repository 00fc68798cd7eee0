"""The protocol with one thing left out or done otherwise."""

from __future__ import annotations

from typing import ClassVar, Final

from tests.cache_model.protocol import NO_LEASE, NOTHING, CacheProtocol, Entry

_COUNTED: Final = 2  # enough for a number to come again; more would make the model endless


class NoLease(CacheProtocol):
    """Whoever found no value may fill it, at any time, but not below the floor."""

    def lease(self, entry: Entry, new: int) -> Entry:  # noqa: ARG002 - none is needed
        """Let everybody fill."""
        return entry

    def fill(self, entry: Entry, lease: int, version: int) -> Entry:  # noqa: ARG002 - not asked for
        """Take a value from anybody."""
        return super().fill(entry, entry.lease, version)


class LeaseFromACounter(CacheProtocol):
    """The cache numbers its leases, and begins anew when it restarts."""

    leases_recur: ClassVar = True

    def lease(self, entry: Entry, new: int) -> Entry | None:
        """Give the next number."""
        return None if new > _COUNTED else super().lease(entry, new)


class FillFromAReplica(CacheProtocol):
    """Readers fill what a replica says, or a read that had begun before they got the lease."""

    def read(self, primary: int) -> tuple[int, ...]:
        """Lag one commit behind, or not."""
        return (max(0, primary - 1), primary)


class NoDurableInvalidation(CacheProtocol):
    """Only the writer tells the cache, after its commit, if it still can."""

    durable: ClassVar = False


class PlainCacheAside(CacheProtocol):
    """Readers set what they read, writers delete."""

    def lease(self, entry: Entry, new: int) -> Entry:  # noqa: ARG002 - none is needed
        """Let everybody fill."""
        return entry

    def fill(self, entry: Entry, lease: int, version: int) -> Entry:  # noqa: ARG002 - not asked for
        """Set."""
        return Entry(version, filled=True)

    def invalidate(self, entry: Entry, version: int) -> Entry:  # noqa: ARG002 - all goes
        """Delete."""
        return NOTHING


class WriteThrough(CacheProtocol):
    """Writers set what they committed; readers fill with a lease."""

    def invalidate(self, entry: Entry, version: int) -> Entry:  # noqa: ARG002 - whatever it holds
        """Set."""
        return Entry(version, filled=True)


class CompareAndSet(CacheProtocol):
    """Readers and writers set what is newer than what the key holds."""

    def lease(self, entry: Entry, new: int) -> Entry:  # noqa: ARG002 - none is needed
        """Let everybody fill."""
        return entry

    def fill(self, entry: Entry, lease: int, version: int) -> Entry:  # noqa: ARG002 - not asked for
        """Set what is newer."""
        newer = not entry.filled or version > entry.version
        return Entry(version, filled=True) if newer else entry

    def invalidate(self, entry: Entry, version: int) -> Entry:
        """Set what is newer."""
        return self.fill(entry, NO_LEASE, version)


class ListForgetsWhatHasGrown(CacheProtocol):
    """The janitor deletes what it told, though the referral was listed again meanwhile."""

    def told(self, listed: int, version: int) -> int:  # noqa: ARG002 - not compared
        """Delete."""
        return 0


class ListForgetsWhatWasNotTold(CacheProtocol):
    """The janitor deletes what it read, though the cache did not answer."""

    def not_told(self, listed: int, version: int) -> int:
        """Delete."""
        return self.told(listed, version)


class NeitherFloorNorVoidLease(CacheProtocol):
    """An invalidation takes the value away, and neither leaves a floor nor takes the lease."""

    def invalidate(self, entry: Entry, version: int) -> Entry:
        """Take away an older value."""
        return NOTHING if entry.filled and entry.version < version else entry


class NoFloor(CacheProtocol):
    """An invalidation takes value and lease away, and leaves no floor."""

    def invalidate(self, entry: Entry, version: int) -> Entry:
        """Take away what is older."""
        return entry if entry.filled and entry.version >= version else NOTHING


class FloorLeavesTheLease(CacheProtocol):
    """An invalidation leaves a floor, and the lease with it."""

    def invalidate(self, entry: Entry, version: int) -> Entry:
        """Put a floor beside the lease."""
        return (
            super()
            .invalidate(entry, version)
            ._replace(lease=NO_LEASE if entry.filled else entry.lease)
        )


MUTANTS: Final[tuple[type[CacheProtocol], ...]] = tuple(CacheProtocol.__subclasses__())
