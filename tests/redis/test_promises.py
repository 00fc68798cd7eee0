"""
What `GetReferralStatus`, `record` and `DrainStaleStatuses` promise with a cache that they share.

The database is in memory. The cache is the real one, on a server that is killed, flushed, frozen.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from datetime import timedelta
from enum import Enum, auto
from functools import partial
from typing import TYPE_CHECKING, Final

import attrs
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from referrals_adapters.flow.breaker import Breaker
from referrals_adapters.postgres.coalesced import CoalescedStatuses
from referrals_adapters.redis.commands import PooledCommands
from referrals_adapters.redis.entry import from_entry
from referrals_adapters.redis.pipelined import open_commands
from referrals_adapters.redis.settings import RedisSettings
from referrals_adapters.redis.status_cache import RedisStatusCache
from referrals_domain.errors import NotFound
from referrals_domain.model.decision import Transition, opened
from referrals_domain.model.referral import ReferralStatus
from referrals_domain.testing import builders
from referrals_domain.testing.memory.statuses import InMemoryStatuses
from referrals_domain.testing.memory.store import InMemoryStore
from referrals_domain.use_cases.drain_stale_statuses import DrainStaleStatuses
from referrals_domain.use_cases.get_referral_status import GetReferralStatus
from referrals_domain.use_cases.record import record, telling
from tests.redis.machines import ServerMachine, play
from tests.redis.watched import (
    AnnouncedStatuses,
    HeldStatuses,
    Look,
    OvertakenCache,
    WitnessedCache,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from redis.asyncio import Redis

    from referrals_adapters.redis.commands import Commands
    from referrals_domain.ports.status_cache import StatusCache
    from referrals_sandbox.servers.child import Child
    from referrals_sandbox.servers.valkey import Redis as Server

KEY: Final = builders.referral().key
NAME: Final = f"referral:{KEY.merchant_id}:{KEY.referral_id}"
AMPLE: Final = timedelta(seconds=10)
SOON: Final = timedelta(milliseconds=10)

numbers = st.integers(0, 3)


class Until(Enum):
    """How far a reader gets at once."""

    WAITS = auto()
    READ = auto()
    ANSWERED = auto()


class Fate(Enum):
    """What becomes of an invalidation."""

    SENT = auto()
    CUT_OFF = auto()
    CRASHED_BEFORE = auto()
    OVERTAKEN = auto()


class Loss(Enum):
    """How the server may lose what it holds."""

    EXPIRY = auto()
    FLUSH = auto()
    KILL = auto()


class WriterCrashed(Exception):
    """The process of a writer ended between its commit and its invalidation."""


class Promises(ServerMachine):
    """Readers, writers, the janitor and whoever ends servers act on one referral."""

    def __init__(
        self,
        runner: asyncio.Runner,
        redis: Redis,
        commands: Commands,
        nowhere: Redis,
        process: Child,
    ) -> None:
        super().__init__(runner)
        self.redis, self.process = redis, process
        self.cache_that_answers = RedisStatusCache(
            redis=redis,
            commands=commands,
            read_within=AMPLE,
            invalidate_within=AMPLE,
            breaker=Breaker(rest=timedelta(0)),  # it asks in vain rather than not at all
        )
        self.frozen_cache = attrs.evolve(
            self.cache_that_answers, read_within=SOON, invalidate_within=SOON
        )
        self.cut_off_cache = attrs.evolve(
            self.cache_that_answers, redis=nowhere, commands=PooledCommands(nowhere)
        )
        self.cache = WitnessedCache(self.cache_that_answers)
        self.store = InMemoryStore()
        self.held = HeldStatuses(InMemoryStatuses(self.store.begin))
        self.coalesced = CoalescedStatuses(statuses=self.held, at_once=2, limit=9, room=99)
        self.statuses = AnnouncedStatuses(self.coalesced)
        self.get_referral_status = GetReferralStatus(statuses=self.statuses, cache=self.cache)
        self.reads: set[asyncio.Task[None]] = set()
        self.broken: list[str] = []
        self.run(redis.flushall())

    @rule(until=st.sampled_from(Until))
    def a_reader_asks(self, until: Until) -> None:
        self.run(self._ask())
        waiting = [look for look in self.held.looks if not look.begins.is_set()]
        if until is Until.READ and waiting:
            self.run(self._go_on(waiting[-1]))
        if until is Until.ANSWERED:
            self.run(self._answer_everybody())

    @rule(number=numbers)
    def the_database_goes_on(self, number: int) -> None:
        """Have one read begin, or answer."""
        if self.held.looks:
            self.run(self._go_on(self.held.looks[number % len(self.held.looks)]))

    @rule(fate=st.sampled_from([Fate.SENT, Fate.CUT_OFF, Fate.CRASHED_BEFORE]))
    def a_writer_commits(self, fate: Fate) -> None:
        self.run(self._commit(fate))

    @rule(fate=st.sampled_from([Fate.SENT, Fate.CUT_OFF, Fate.OVERTAKEN]))
    def the_janitor_drains(self, fate: Fate) -> None:
        cache = self._cache_for(fate)
        self.run(DrainStaleStatuses(begin=self.store.begin, cache=cache)(10))

    @rule(how=st.sampled_from(Loss))
    def data_is_lost(self, how: Loss) -> None:
        self.the_server_freezes(freezes=False)
        match how:
            case Loss.EXPIRY:
                self.run(self.redis.delete(NAME))
            case Loss.FLUSH:
                self.run(self.redis.flushall())
                self.cache.lost_its_data()
            case Loss.KILL:
                self.process.kill()
                self.run(self.redis.connection_pool.disconnect())  # as yet it saw nothing
                self.process.start()
                self.cache.lost_its_data()

    @rule(freezes=st.booleans())
    def the_server_freezes(self, *, freezes: bool) -> None:
        self.process.signal(signal.SIGSTOP if freezes else signal.SIGCONT)
        self.cache.cache = self.frozen_cache if freezes else self.cache_that_answers

    @invariant()
    def no_read_returned_less_than_was_promised(self) -> None:
        assert not self.broken

    @invariant()
    def what_is_cached_is_true_while_nothing_is_listed(self) -> None:
        is_frozen = self.cache.cache is self.frozen_cache
        if is_frozen or self.store.state.stale_statuses:
            return
        held = self.run(self.redis.get(NAME))
        hit = from_entry(held) if isinstance(held, bytes) else None
        now = self.store.state.referrals.get(KEY)
        assert hit is None or hit.view == (now.view if now else None)

    def teardown(self) -> None:
        """Let everything settle, late readers last, and look at what is left."""
        self.the_server_freezes(freezes=False)
        self.the_janitor_drains(Fate.SENT)
        assert not self.store.state.stale_statuses
        self.run(self._answer_everybody())
        self.run(self.coalesced.aclose())
        self.what_is_cached_is_true_while_nothing_is_listed()
        self.no_read_returned_less_than_was_promised()

    def _cache_for(self, fate: Fate) -> StatusCache:
        if fate is Fate.CUT_OFF:
            return self.cut_off_cache
        if fate is Fate.OVERTAKEN:
            return OvertakenCache(self.cache, partial(self._commit, Fate.CRASHED_BEFORE))
        return self.cache

    async def _ask(self) -> None:
        """Begin a read, and go on until it is done or waits for the database."""
        read = asyncio.create_task(self._read())
        self.reads.add(read)
        self.statuses.asked.clear()
        asked = asyncio.create_task(self.statuses.asked.wait())
        await asyncio.wait({read, asked}, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()

    async def _read(self) -> None:
        promised, losses = self.cache.told, self.cache.losses
        version = 0
        with suppress(NotFound):
            version = (await self.get_referral_status(KEY)).version
        if losses == self.cache.losses and version < promised:
            self.broken.append(f"{version} was read after {promised} had been told")

    async def _go_on(self, look: Look) -> None:
        """Have a read begin; or have it answer, and go on until one that waited for it is done."""
        if not look.found.is_set():
            look.begins.set()
            await look.found.wait()
            return
        look.answers.set()
        reading = {read for read in self.reads if not read.done()}
        await asyncio.wait(reading, return_when=asyncio.FIRST_COMPLETED)

    async def _commit(self, fate: Fate) -> None:
        with suppress(WriterCrashed):
            async with telling(self._cache_for(fate)) as versions:
                async with self.store.begin() as tx:
                    versions.update(await record(tx, [self._next()]))
                    await tx.commit()
                if fate is Fate.CRASHED_BEFORE:
                    raise WriterCrashed

    def _next(self) -> Transition:
        """Return the next transition: the referral is opened, and then changes to and fro."""
        now = self.store.state.referrals.get(KEY)
        if now is None:
            return opened(builders.referral())
        pending = now.status is ReferralStatus.PENDING
        status = ReferralStatus.COMPLETED if pending else ReferralStatus.PENDING
        after = attrs.evolve(now, status=status, version=now.version + 1)
        return Transition(referral=after, from_status=now.status)

    async def _answer_everybody(self) -> None:
        while any(not read.done() for read in self.reads):
            for look in self.held.looks:
                look.begins.set()
                look.answers.set()
            await asyncio.sleep(0)
        await asyncio.gather(*self.reads)


@pytest.fixture(params=["pooled", "pipelined"])
def commands(
    request: pytest.FixtureRequest, runner: asyncio.Runner, shared: Redis, server: Server
) -> Iterator[Commands]:
    """Both ways to read, on the loop that runs only while it is told to."""
    opening = open_commands(RedisSettings(host=server.host, port=server.port))
    pipelined = runner.run(opening.__aenter__())
    yield pipelined if request.param == "pipelined" else PooledCommands(shared)
    runner.run(opening.__aexit__(None, None, None))


@pytest.mark.timeout(900)  # of the profile `thorough`
def test_the_promises_are_kept(
    runner: asyncio.Runner, shared: Redis, commands: Commands, nowhere: Redis, process: Child
) -> None:
    def promises() -> Promises:
        return Promises(runner, shared, commands, nowhere, process)

    play(promises, few=25, steps=40)
