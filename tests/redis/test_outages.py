"""Redis away, frozen or back: the cache is never in the way, and never mixes answers up."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import attrs
import pytest

from referrals_adapters.flow.breaker import Breaker
from referrals_adapters.redis.client import open_redis
from referrals_adapters.redis.commands import Commands, PooledCommands
from referrals_adapters.redis.pipelined import open_commands
from referrals_adapters.redis.settings import RedisSettings
from referrals_adapters.redis.status_cache import RedisStatusCache
from referrals_domain.model.identifiers import ReferralId, ReferralKey
from referrals_domain.model.referral import Cause, ReferralStatus, StatusView
from referrals_domain.ports.status_cache import Hit, Miss
from referrals_domain.testing import builders
from referrals_sandbox.servers.ports import free_port
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from redis.asyncio import Redis
    from redis.commands.core import AsyncScript

    from referrals_adapters.redis.commands import Answer, Argument
    from referrals_sandbox.servers.child import Child

KEY: Final = builders.referral().key
PENDING: Final = builders.referral().view
COMPLETED: Final = StatusView(ReferralStatus.COMPLETED, 2, builders.PLACED_AT, Cause.ORDER_CREATED)
FAR_BEYOND_THE_BOUND: Final = 2.0  # seconds: other work on the machine must not matter
FOR_EVER: Final = timedelta(days=1)
_TURNS: Final = 20  # of the loop: more than a question takes to be sent on an open connection


@pytest.fixture
def bounded(redis: Redis, commands: Commands) -> RedisStatusCache:
    """A cache with the bounds of production."""
    return RedisStatusCache(redis=redis, commands=commands)


@pytest.fixture
def killed(process: Child) -> Iterator[Child]:
    process.signal(signal.SIGKILL)
    process.wait(5)
    yield process
    if process.exit_code is not None:
        process.start()


@pytest.mark.parametrize("pipelined", [False, True])
async def test_nothing_listens_where_redis_should_be(*, pipelined: bool) -> None:
    settings = RedisSettings(host="127.0.0.1", port=free_port())
    async with open_redis(settings) as redis, open_commands(settings) as commands:
        cache = RedisStatusCache(
            redis=redis, commands=commands if pipelined else PooledCommands(redis)
        )
        assert await cache.read(KEY) == Miss(None)
        await cache.fill(KEY, "lease", COMPLETED)
        assert not await cache.invalidate({KEY: 2})


async def test_a_frozen_server_is_a_miss_in_time(
    bounded: RedisStatusCache, process: Child
) -> None:
    reading = await bounded.read(KEY)
    assert isinstance(reading, Miss)
    with frozen(process):
        async with asyncio.timeout(FAR_BEYOND_THE_BOUND):
            assert await bounded.read(KEY) == Miss(None)
            await bounded.fill(KEY, "lease", COMPLETED)
            assert not await bounded.invalidate({KEY: 2})


@attrs.frozen
class NothingHeld(Commands):
    """Reads find nothing, however Redis is; scripts run as they would."""

    commands: Commands

    async def get(self, name: str, within: float) -> bytes:
        """Find nothing."""
        del name, within
        return b""

    async def run(
        self, script: AsyncScript, name: str, within: float, *arguments: Argument
    ) -> Answer:
        """Run it."""
        return await self.commands.run(script, name, within, *arguments)

    async def leave(self) -> None:
        """Leave the connections."""
        await self.commands.leave()


async def test_a_server_that_freezes_between_a_read_and_its_lease_is_a_miss_in_time(
    redis: Redis, commands: Commands, process: Child
) -> None:
    cache = RedisStatusCache(redis=redis, commands=NothingHeld(commands))
    assert isinstance(await cache.read(KEY), Miss)
    with frozen(process):
        async with asyncio.timeout(FAR_BEYOND_THE_BOUND):
            assert await cache.read(KEY) == Miss(None)


async def test_an_answer_counts_that_came_while_we_were_late_ourselves(
    cache: RedisStatusCache, redis: Redis, commands: Commands, process: Child
) -> None:
    await cache.fill(KEY, await leased(cache), COMPLETED)
    hurried = RedisStatusCache(
        redis=redis, commands=commands, read_within=timedelta(milliseconds=100)
    )
    with frozen(process):
        reading = asyncio.create_task(hurried.read(KEY))
        for _ in range(_TURNS):  # a frozen server cannot tell that it was asked
            await asyncio.sleep(0)
    time.sleep(0.3)  # noqa: ASYNC251 - the loop is busy for longer than its patience, by intent
    assert await reading == Hit(COMPLETED)


async def test_who_gets_no_lease_in_time_still_reads(
    cache: RedisStatusCache, redis: Redis, commands: Commands
) -> None:
    await cache.fill(KEY, await leased(cache), COMPLETED)
    hurried = RedisStatusCache(
        redis=redis, commands=commands, read_within=timedelta(milliseconds=100)
    )
    await redis.client_pause(60_000, all=False)  # what may write waits, and reads do not
    try:
        for _ in range(10):
            assert await hurried.read(key(1)) == Miss(None)
        assert await hurried.read(KEY) == Hit(COMPLETED)
    finally:
        await redis.client_unpause()


async def test_many_reads_of_a_frozen_server_do_not_wait_for_each_other(
    bounded: RedisStatusCache, process: Child
) -> None:
    with frozen(process):
        async with asyncio.timeout(FAR_BEYOND_THE_BOUND):
            readings = await asyncio.gather(*(bounded.read(KEY) for _ in range(300)))
    assert set(readings) == {Miss(None)}


async def test_reads_and_fills_of_a_server_that_stays_frozen_do_not_wait(
    bounded: RedisStatusCache, process: Child
) -> None:
    with frozen(process):
        async with asyncio.timeout(FAR_BEYOND_THE_BOUND):  # 30 ms each would be 9 seconds
            for _ in range(150):
                assert await bounded.read(KEY) == Miss(None)
                await bounded.fill(KEY, "lease", COMPLETED)


async def test_a_server_that_answers_again_is_soon_used_again(
    cache: RedisStatusCache, bounded: RedisStatusCache, process: Child
) -> None:
    await cache.fill(KEY, await leased(cache), COMPLETED)
    with frozen(process):
        await left_alone(bounded)

    async def hits() -> bool:
        return await bounded.read(KEY) == Hit(COMPLETED)

    await until(hits, within=2 * FAR_BEYOND_THE_BOUND)


async def test_an_invalidation_is_tried_even_while_nobody_reads(
    cache: RedisStatusCache, process: Child
) -> None:
    await cache.fill(KEY, await leased(cache), PENDING)
    soon = timedelta(milliseconds=30)
    offended = attrs.evolve(cache, read_within=soon, breaker=Breaker(rest=FOR_EVER))
    with frozen(process):
        await left_alone(offended)
    assert await offended.invalidate({KEY: 2})
    assert await offended.read(KEY) == Miss(None)
    assert isinstance(await cache.read(KEY), Miss)


async def test_failed_invalidations_do_not_keep_readers_out(
    cache: RedisStatusCache, process: Child
) -> None:
    await cache.fill(KEY, await leased(cache), COMPLETED)
    hasty = attrs.evolve(cache, invalidate_within=timedelta(milliseconds=1))
    with frozen(process):
        for _ in range(10):
            assert not await hasty.invalidate({KEY: 1})
    assert await hasty.read(KEY) == Hit(COMPLETED)


async def test_after_a_freeze_everything_works_again(
    cache: RedisStatusCache, bounded: RedisStatusCache, process: Child
) -> None:
    await cache.fill(KEY, await leased(cache), COMPLETED)
    with frozen(process):
        await asyncio.gather(*(bounded.read(KEY) for _ in range(100)))
    readings = await asyncio.gather(*(cache.read(KEY) for _ in range(100)))
    assert set(readings) == {Hit(COMPLETED)}


async def test_what_a_frozen_server_does_late_breaks_no_promise(
    cache: RedisStatusCache, bounded: RedisStatusCache, process: Child
) -> None:
    lease = await leased(cache)
    with frozen(process):
        await bounded.fill(KEY, lease, PENDING)
        assert not await bounded.invalidate({KEY: 2})
    assert await cache.invalidate({KEY: 2})
    assert isinstance(await cache.read(KEY), Miss)


async def test_a_server_that_was_killed_and_started_again_is_used_again(
    cache: RedisStatusCache, killed: Child
) -> None:
    assert await cache.read(KEY) == Miss(None)
    assert not await cache.invalidate({KEY: 2})
    killed.start()
    await cache.fill(KEY, await leased(cache), COMPLETED)
    assert await cache.read(KEY) == Hit(COMPLETED)


async def test_connections_that_the_server_closed_are_replaced(
    cache: RedisStatusCache, redis: Redis
) -> None:
    await cache.fill(KEY, await leased(cache), COMPLETED)
    await asyncio.gather(*(cache.read(KEY) for _ in range(20)))
    await redis.client_kill_filter(_type="normal", skipme=True)
    readings = await asyncio.gather(*(cache.read(KEY) for _ in range(20)))
    assert set(readings) == {Hit(COMPLETED)}


async def test_an_answer_that_comes_after_its_read_was_cancelled_goes_to_nobody(
    cache: RedisStatusCache, process: Child
) -> None:
    views = {key(number): attrs.evolve(COMPLETED, version=number) for number in (1, 2)}
    for one, view in views.items():
        await cache.fill(one, await leased(cache, one), view)
    with frozen(process):
        cancelled = [asyncio.create_task(cache.read(key(1))) for _ in range(20)]
        await asyncio.wait(cancelled, timeout=0.05)
        for read in cancelled:
            read.cancel()
        await asyncio.wait(cancelled)
        reads = [asyncio.create_task(cache.read(key(2))) for _ in range(20)]
        await asyncio.wait(reads, timeout=0.05)
    assert set(await asyncio.gather(*reads)) == {Hit(views[key(2)])}


async def test_cancelled_reads_leave_no_answers_for_others(cache: RedisStatusCache) -> None:
    views = {key(number): attrs.evolve(COMPLETED, version=number) for number in range(1, 21)}
    for one, view in views.items():
        await cache.fill(one, await leased(cache, one), view)
    for number in range(600):
        one = key(number % 20 + 1)
        read = asyncio.create_task(cache.read(one))
        asyncio.get_running_loop().call_later(0.003 * number / 600, read.cancel)
        await asyncio.wait({read})
        assert read.cancelled() or read.result() == Hit(views[one])


async def test_reads_cancelled_in_a_crowd_leave_no_answers_for_others(
    cache: RedisStatusCache,
) -> None:
    views = {key(number): attrs.evolve(COMPLETED, version=number) for number in range(1, 21)}
    for one, view in views.items():
        await cache.fill(one, await leased(cache, one), view)
    reads = {}
    for number in range(600):
        one = key(number % 20 + 1)
        reads[asyncio.create_task(cache.read(one))] = one
    for number, read in enumerate(reads):
        asyncio.get_running_loop().call_later(0.003 * (number * 7 % 600) / 600, read.cancel)
    await asyncio.wait(reads)
    assert any(read.cancelled() for read in reads)
    for read, one in reads.items():
        assert read.cancelled() or read.result() == Hit(views[one])

    async def hits() -> bool:
        """Nobody gets what others asked for, though a slow machine may open the breaker."""
        again = await asyncio.gather(*(cache.read(one) for one in views for _ in range(10)))
        hits = [Hit(view) for view in views.values() for _ in range(10)]
        assert all(one in {hit, Miss(None)} for one, hit in zip(again, hits, strict=True))
        return again == hits

    await until(hits)


@contextmanager
def frozen(process: Child) -> Iterator[None]:
    process.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.signal(signal.SIGCONT)


def key(number: int) -> ReferralKey:
    return ReferralKey(KEY.merchant_id, ReferralId(f"22222222-2222-4222-8222-{number:012}"))


async def left_alone(cache: RedisStatusCache) -> None:
    """Read in vain until the cache does not ask any more."""
    for _ in range(3):
        assert await cache.read(KEY) == Miss(None)


async def leased(cache: RedisStatusCache, one: ReferralKey = KEY) -> str:
    reading = await cache.read(one)
    assert isinstance(reading, Miss)
    assert reading.lease
    return reading.lease
