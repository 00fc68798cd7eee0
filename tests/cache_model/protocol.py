"""The protocol of the cache, as pure functions on what a key holds."""

from __future__ import annotations

from typing import ClassVar, Final, NamedTuple

NO_LEASE: Final = 0
FIRST_LEASE: Final = 1
VOID_LEASE: Final = -1
"""A lease that the cache does not hold, and never will again."""


class Entry(NamedTuple):
    """
    What a key holds: a value, or no value and a floor.

    Args:
        version: The value's version, 0 for "absent"; or the floor, 0 where there is none.
        filled: Whether it is a value.
        lease: The lease that is out to fill it.
    """

    version: int
    filled: bool = False
    lease: int = NO_LEASE

    def __str__(self) -> str:
        """Return it much as Redis would hold it."""
        return f"v|{self.version}" if self.filled else f"f|{self.version}|{self.lease or ''}"


NOTHING: Final = Entry(0)


class CacheProtocol:
    """What the scripts do, and the promises of those who call them."""

    durable: ClassVar = True
    """Whether a commit also writes to `stale_statuses`."""

    leases_recur: ClassVar = False
    """Whether a lease that was given once may be given again: a random one never is."""

    def lease(self, entry: Entry, new: int) -> Entry | None:
        """Give a reader who found no value a lease; None: another one is out."""
        return None if entry.lease else entry._replace(lease=new)

    def fill(self, entry: Entry, lease: int, version: int) -> Entry:
        """Take a value from the holder of the lease, but not below the floor."""
        if entry.filled or entry.lease != lease or version < entry.version:
            return entry
        return Entry(version, filled=True)

    def invalidate(self, entry: Entry, version: int) -> Entry:
        """Put a floor in place of an older value and of a lease."""
        if entry.filled and entry.version >= version:
            return entry
        return Entry(max(entry.version, version))

    def lease_ends(self, entry: Entry) -> Entry:
        """Let the lease's time be over; a floor stays."""
        return entry._replace(lease=NO_LEASE)

    def read(self, primary: int) -> tuple[int, ...]:
        """Return what the database may answer to a reader: what was committed before it asked."""
        return (primary,)

    def told(self, listed: int, version: int) -> int:
        """Take a version that the cache was told of from the list, unless it has grown."""
        return 0 if listed <= version else listed

    def not_told(self, listed: int, version: int) -> int:  # noqa: ARG002 - a mutant's
        """Leave a version on the list that the cache was not told of."""
        return listed
