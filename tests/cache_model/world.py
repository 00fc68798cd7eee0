"""All that can happen to one referral and its key, step by step."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

import attrs

from tests.cache_model.protocol import (
    FIRST_LEASE,
    NO_LEASE,
    NOTHING,
    VOID_LEASE,
    CacheProtocol,
    Entry,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


class Doing(IntEnum):
    """What a reader, or the janitor, is about to do."""

    NOTHING = 0
    ASK_FOR_A_LEASE = 1
    READ_THE_DATABASE = 2
    FILL = 3
    INVALIDATE = 4
    DELETE = 5


class Reader(NamedTuple):
    """
    A reader; the next read of the same one is another reader.

    Args:
        doing: What it is about to do.
        version: The least version that it may return; once it has read, what it read.
        lease: The lease that it has.
    """

    doing: Doing
    version: int = 0
    lease: int = NO_LEASE


class Janitor(NamedTuple):
    """
    The janitor.

    Args:
        doing: What it is about to do.
        version: What it found on the list.
    """

    doing: Doing
    version: int = 0


IDLE: Final = Reader(Doing.NOTHING)
RESTING: Final = Janitor(Doing.NOTHING)


class State(NamedTuple):
    """
    Where everything stands.

    Args:
        primary: The version that was last committed; 0: the referral does not exist yet.
        listed: Its version in `stale_statuses`; 0: it is not listed.
        janitor: The janitor.
        entry: What the key holds.
        counter: How many leases the cache has counted; only where it counts them.
        applied: The greatest version that an invalidation has told the cache since it lost its
            data: what no read that begins now may fall below.
        readers: The readers, sorted, because they are all alike.
    """

    primary: int
    listed: int
    janitor: Janitor
    entry: Entry
    counter: int
    applied: int
    readers: tuple[Reader, ...]

    def __str__(self) -> str:
        """Return what a person follows it by."""
        busy = [f"{one.doing.name} {one.version}" for one in self.readers if one != IDLE]
        known = f"primary {self.primary}, listed {self.listed}, key {self.entry}"
        return f"{known}, told {self.applied}, readers {busy}"

    @property
    def is_drained(self) -> bool:
        """Whether nothing is listed."""
        return not self.listed

    @property
    def is_settled(self) -> bool:
        """Whether, besides, nothing is under way."""
        busiest = self.readers[-1]
        return self.is_drained and self.janitor == RESTING and busiest == IDLE

    @property
    def is_stale(self) -> bool:
        """Whether the cache holds a value that is not the primary's."""
        return self.entry.filled and self.entry.version != self.primary


class Step(NamedTuple):
    """
    Something that happens.

    Args:
        what: What happens.
        after: Where everything stands then.
        returned: The version that a reader returned.
        least: The least that it might return.
    """

    what: str
    after: State
    returned: int = 0
    least: int = 0


@attrs.frozen(kw_only=True)
class World:
    """
    Writers, readers, a janitor, a cache that forgets and a network that delays.

    Reads, restarts and expiries may happen any number of times; only commits are counted.

    Args:
        protocol: What they have agreed on.
        commits: How many there may be.
        readers: How many may be reading at a time.
    """

    protocol: CacheProtocol
    commits: int = 2
    readers: int = 2

    def starts(self) -> Iterator[State]:
        """Return where it begins: with an empty cache, and with one that is right."""
        for entry in (NOTHING, Entry(0, filled=True)):
            yield State(0, 0, RESTING, entry, 0, 0, (IDLE,) * self.readers)

    def steps(self, state: State) -> Iterator[Step]:
        """Return all that can happen next."""
        yield from self._database(state)
        yield from self._janitor(state)
        yield from self._time(state)
        before: Reader | None = None
        for place, reader in enumerate(state.readers):
            if reader != before:  # what one can do another one like it can do as well
                others = (*state.readers[:place], *state.readers[place + 1 :])
                yield from self._reader(state, reader, others)
            before = reader

    def _database(self, state: State) -> Iterator[Step]:
        """
        Commit, and tell the cache.

        What was committed may be told never, at any time later, and any number of times: so it
        is all one whether a writer crashed, the cache was away or the network had its way.
        """
        if state.primary < self.commits:
            version = state.primary + 1
            listed = version if self.protocol.durable else 0
            yield Step("a writer commits", state._replace(primary=version, listed=listed))
        for version in range(1, state.primary + 1):
            yield Step("an invalidation arrives", self._invalidated(state, version))

    def _janitor(self, state: State) -> Iterator[Step]:
        doing, version = state.janitor
        rests = state._replace(janitor=RESTING)
        if doing is Doing.NOTHING and state.listed:
            listed = Janitor(Doing.INVALIDATE, state.listed)
            yield Step("the janitor reads the list", state._replace(janitor=listed))
        elif doing is Doing.INVALIDATE:
            told = state._replace(janitor=Janitor(Doing.DELETE, version))
            yield Step("the janitor tells the cache", self._invalidated(told, version))
            left = self.protocol.not_told(state.listed, version)
            yield Step("the janitor is not answered", rests._replace(listed=left))
        elif doing is Doing.DELETE:
            left = self.protocol.told(state.listed, version)
            yield Step("the janitor deletes", rests._replace(listed=left))
            yield Step("the janitor crashes", rests)

    def _time(self, state: State) -> Iterator[Step]:
        if state.entry != NOTHING:
            yield Step("the entry expires", self._holding(state, NOTHING))
        if state.entry.lease:
            ended = self.protocol.lease_ends(state.entry)
            yield Step("the lease expires", self._holding(state, ended))
        freed = (
            reader if reader.doing is Doing.FILL else reader._replace(version=0)
            for reader in state.readers
        )
        empty = state._replace(counter=0, applied=0, readers=tuple(sorted(freed)))
        yield Step("the cache restarts empty", self._holding(empty, NOTHING))

    def _reader(self, state: State, reader: Reader, others: tuple[Reader, ...]) -> Iterator[Step]:
        match reader.doing:
            case Doing.NOTHING:
                yield from self._get(state, others)
            case Doing.ASK_FOR_A_LEASE:
                yield from self._ask_for_a_lease(state, reader, others)
            case Doing.READ_THE_DATABASE:
                yield from self._read(state, reader, others)
            case _:
                done = _among(state, others, IDLE)
                entry = self.protocol.fill(state.entry, reader.lease, reader.version)
                yield Step("a fill arrives", self._holding(done, entry))
                yield Step("a fill is lost", done)

    def _get(self, state: State, others: tuple[Reader, ...]) -> Iterator[Step]:
        if state.entry.filled:
            yield Step("a reader hits", state, state.entry.version, state.applied)
        else:
            missed = Reader(Doing.ASK_FOR_A_LEASE, state.applied)
            yield Step("a reader misses", _among(state, others, missed))
        alone = Reader(Doing.READ_THE_DATABASE, state.applied)
        yield Step("a reader is not answered", _among(state, others, alone))

    def _ask_for_a_lease(
        self, state: State, reader: Reader, others: tuple[Reader, ...]
    ) -> Iterator[Step]:
        alone = reader._replace(doing=Doing.READ_THE_DATABASE)
        yield Step("a reader is not answered", _among(state, others, alone))
        if state.entry.filled:
            done = _among(state, others, IDLE)
            yield Step("a reader finds it filled", done, state.entry.version, reader.version)
            return
        counter = state.counter + self.protocol.leases_recur
        new = counter if self.protocol.leases_recur else FIRST_LEASE
        entry = self.protocol.lease(state.entry, new)
        if entry is None:
            return  # as if it was not answered
        given = state._replace(entry=entry, counter=counter)
        yield Step("a reader gets a lease", _among(given, others, alone._replace(lease=new)))
        yield Step("a lease is lost on its way", _among(given, others, alone))

    def _read(self, state: State, reader: Reader, others: tuple[Reader, ...]) -> Iterator[Step]:
        done = _among(state, others, IDLE)
        for found in self.protocol.read(state.primary):
            fills = Reader(Doing.FILL, found, reader.lease)
            after = _among(state, others, fills) if reader.lease else done
            yield Step("a reader reads the database", after, found, reader.version)
        yield Step("a replica answers for the primary, marked stale", done)

    def _invalidated(self, state: State, version: int) -> State:
        told = state._replace(applied=max(state.applied, version))
        return self._holding(told, self.protocol.invalidate(state.entry, version))

    def _holding(self, state: State, entry: Entry) -> State:
        """Have the key hold an entry, and note which leases that makes void."""
        readers = state.readers
        if not (entry.lease or self.protocol.leases_recur):
            readers = tuple(
                sorted(
                    one._replace(lease=VOID_LEASE) if one.lease == FIRST_LEASE else one
                    for one in readers
                )
            )
        return state._replace(entry=entry, readers=readers)


def _among(state: State, others: tuple[Reader, ...], reader: Reader) -> State:
    return state._replace(readers=tuple(sorted((*others, reader))))
