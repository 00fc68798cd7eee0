"""However many processes let calls pass, together they keep to the limit, and seldom ask Redis."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from referrals_adapters.redis.client import open_redis
from referrals_adapters.redis.portion import LENT_FOR, MOST_PROCESSES
from referrals_adapters.redis.rate_limits import RedisRateLimits
from referrals_adapters.redis.settings import RedisSettings
from referrals_domain.model.limit import Limit
from tests.domain.strategies import examples
from tests.redis.fleet import AMPLE, SHOP, Fleet
from tests.tally import tried

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from referrals_sandbox.servers.valkey import Redis as Server

A_TICK: Final = 0.01
BEYOND_ITS_OWN: Final = 63  # calls, of 2,000 a second: one more than are its own at once
JUST: Final = 1e-4  # seconds less than a loan counts
ROUNDING: Final = 0.01  # of a call: the server reckons in whole microseconds

EVERYONE: Final = MOST_PROCESSES

rates: Final = st.sampled_from([1, 3, 40, 500])
processes: Final = st.sampled_from([1, 2, 5, MOST_PROCESSES])
waits: Final = st.sampled_from([0.0, 0.001, 0.1, LENT_FOR - JUST, LENT_FOR, 1.5, 5.0])
steps: Final = st.lists(
    st.tuples(waits, st.integers(0, EVERYONE), st.integers(1, 90), st.booleans()),
    min_size=1,
    max_size=30,
)


@settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(a_second=rates, number=processes, steps=steps)
def test_processes_together_never_let_more_pass_than_the_limit_in_any_time(
    runner: asyncio.Runner,
    shared: Redis,
    a_second: int,
    number: int,
    steps: list[tuple[float, int, int, bool]],
) -> None:
    fleet = Fleet.of(shared, a_second, processes=number)

    async def play() -> None:
        await shared.flushall()
        for wait, process, times, at_once in steps:
            fleet.wait(wait)
            call = fleet.call_at_once if at_once else fleet.call
            for one in range(number) if process == EVERYONE else [process % number]:
                await call(one, times)

    runner.run(play())
    tried("rate limits", what="sequences on a real server")
    assert fleet.most_at_once <= fleet.limit.at_once + ROUNDING


async def test_after_a_rest_all_together_let_no_more_pass_than_may_come_at_once(
    redis: Redis,
) -> None:
    fleet = Fleet.of(redis, 2_000, processes=MOST_PROCESSES)
    for rest in (0.0, 10.0):
        fleet.wait(rest)
        for process in range(MOST_PROCESSES):
            await fleet.call(process, 3_000)
    assert fleet.limit.at_once * 0.8 < fleet.most_at_once <= fleet.limit.at_once + ROUNDING


async def test_what_is_lent_and_kept_does_not_come_on_top(redis: Redis) -> None:
    """Twelve borrow what they can and keep it as long as it counts; then all spend all."""
    fleet = Fleet.of(redis, 2_000, processes=MOST_PROCESSES)
    borrowers = range(12)
    for process in borrowers:
        await fleet.call(process, 600)  # so that next time it borrows as much as it may
        fleet.wait(0.4)
    fleet.wait(10)
    for process in borrowers:
        await fleet.call(process, BEYOND_ITS_OWN)
    fleet.wait(LENT_FOR - JUST)
    for process in range(MOST_PROCESSES):
        await fleet.call(process, 3_000)
    assert fleet.limit.at_once * 0.8 < fleet.most_at_once <= fleet.limit.at_once + ROUNDING


async def test_what_is_lent_is_void_after_its_time(redis: Redis) -> None:
    fleet = Fleet.of(redis, 2_000, processes=1)
    await fleet.call(0, 600)
    fleet.wait(10)
    await fleet.call(0, BEYOND_ITS_OWN)
    fleet.wait(LENT_FOR)
    asked = fleet.server.asked
    assert await fleet.call(0, 17) == 17  # one more than what has come back of its own
    assert fleet.server.asked == asked + 1


async def test_one_process_gets_most_of_the_limit_while_all_others_get_a_little(
    redis: Redis,
) -> None:
    fleet = Fleet.of(redis, 320, processes=MOST_PROCESSES)
    ticks = 300
    for tick in range(ticks):
        fleet.wait(A_TICK)
        await fleet.call(0, 10)  # 1,000 a second
        await fleet.call(1 + tick % (MOST_PROCESSES - 1))  # 6.7 a second: more than their own 5
    seconds = ticks * A_TICK
    of_the_first = [process for _, process in fleet.passed].count(0)
    assert of_the_first >= 0.5 * 320 * seconds
    others = len(fleet.passed) - of_the_first
    assert others >= 0.7 * ticks


async def test_nobody_starves_while_all_want_more_than_there_is(redis: Redis) -> None:
    fleet = Fleet.of(redis, 320, processes=4)
    ticks = 200
    for tick in range(ticks):
        fleet.wait(A_TICK)
        for turn in range(4):
            await fleet.call((tick + turn) % 4, 3)  # 1,200 a second
    passed = [process for _, process in fleet.passed]
    fair = 320 * ticks * A_TICK / 4
    assert min(passed.count(process) for process in range(4)) >= 0.5 * fair
    assert len(passed) >= 0.8 * 4 * fair


async def test_a_process_finds_what_others_do_not_need(redis: Redis) -> None:
    fleet = Fleet.of(redis, 320, processes=MOST_PROCESSES)
    for tick in range(600):
        fleet.wait(0.0075)
        await fleet.call(1 + tick % (MOST_PROCESSES - 1))  # 8.9 a second; 5 are its own
    assert await fleet.call(0, 1_000) >= 0.5 * fleet.limit.at_once


async def test_who_calls_seldom_costs_redis_nothing(redis: Redis) -> None:
    fleet = Fleet.of(redis, 640, processes=1)
    for _ in range(100):
        fleet.wait(0.1)  # 10 a second are a 64th of the limit
        assert await fleet.call(0) == 1
    assert fleet.server.asked == 0


async def test_of_many_calls_few_ask_redis(redis: Redis) -> None:
    fleet = Fleet.of(redis, 2_000, processes=2)
    for _ in range(1_000):
        fleet.wait(A_TICK)
        assert await fleet.call(0, 5) + await fleet.call(1, 5) == 10  # 1,000 a second
    assert fleet.server.asked <= 0.04 * len(fleet.passed)


async def test_of_many_who_call_at_once_one_asks_redis_for_all(redis: Redis) -> None:
    fleet = Fleet.of(redis, 2_000, processes=1)
    await fleet.call_at_once(0, 300)
    assert len(fleet.passed) == 300
    assert fleet.server.asked <= 10


async def test_redis_lends_no_more_than_is_left(redis: Redis) -> None:
    lend = Fleet.of(redis, 1, processes=1).processes[0]._lend  # noqa: SLF001 - the script
    terms = [1e6, 10, 8]  # a call a second, 10 out, 8 wanted
    assert await lend(["a"], terms) == [8]
    assert await lend(["a"], terms) == [2]
    assert await lend(["a", "b"], [*terms, *terms]) == [-1_000_000, 0]
    assert await lend(["b"], terms) == [8]


async def test_who_is_refused_does_not_ask_redis_each_time(redis: Redis) -> None:
    fleet = Fleet.of(redis, 100, processes=1)
    await fleet.call(0, 1_000)
    asked = fleet.server.asked
    assert await fleet.call(0, 1_000) == 0
    assert fleet.server.asked == asked


async def test_while_redis_is_away_each_process_has_a_part_of_the_limit(redis: Redis) -> None:
    fleet = Fleet.of(redis, 320, processes=MOST_PROCESSES)
    fleet.server.away = True
    ticks = 200
    for _ in range(ticks):
        fleet.wait(A_TICK)
        for process in range(MOST_PROCESSES):
            await fleet.call(process, 2)
    assert fleet.most_at_once <= fleet.limit.at_once
    assert len(fleet.passed) >= 0.8 * 320 * ticks * A_TICK
    assert fleet.server.asked <= MOST_PROCESSES * (3 + 2 * ticks * A_TICK + 1)


async def test_when_redis_is_back_it_lends_again(redis: Redis) -> None:
    fleet = Fleet.of(redis, 100, processes=1)
    fleet.server.away = True
    for _ in range(10):
        await fleet.call(0)
    assert fleet.processes[0].breaker.is_open
    fleet.server.away = False
    fleet.wait(0.5)  # as long as nobody asks who did not answer
    await fleet.call(0, 60)
    assert not fleet.processes[0].breaker.is_open
    assert len(fleet.passed) > 60


async def test_nobody_waits_for_a_redis_that_does_not_answer(redis: Redis) -> None:
    fleet = Fleet.of(redis, 1, processes=1)  # nothing of so little is a process's own
    limits = fleet.processes[0]
    for _ in range(3):
        limits.breaker.failed()
    async with limits._borrowing:  # noqa: SLF001 - as if a probe were under way
        assert not await asyncio.wait_for(limits.take("caller", SHOP), 1)


async def test_a_clock_that_was_set_back_holds_up_nobody_for_long(redis: Redis) -> None:
    fleet = Fleet.of(redis, 100, processes=1)
    await fleet.call(0, 200)
    script = fleet.processes[0]._lend  # noqa: SLF001 - asked by the server's clock, not ours
    fleet.server.time -= 3_600
    (answer,) = await script(["rate_limit:caller:caller"], [1e6 / 75, 112.5, 1])
    assert -2e6 <= answer < 0


async def test_in_real_time_on_several_connections(server: Server, redis: Redis) -> None:
    limit, passed = Limit(200), 0

    async def as_much_as_passes(until: float) -> None:
        nonlocal passed
        settings = RedisSettings(host=server.host, port=server.port)
        async with open_redis(settings) as client:
            limits = RedisRateLimits(
                redis=client, caller=limit, merchant=Limit(100_000), within=AMPLE
            )
            while time.monotonic() < until:
                passed += await limits.take("caller", SHOP)
                await asyncio.sleep(0.001)

    await redis.flushall()
    began = time.monotonic()
    await asyncio.gather(*(as_much_as_passes(began + 0.5) for _ in range(4)))
    took = time.monotonic() - began
    assert limit.at_once / 2 <= passed <= limit.at_once + limit.a_second * took


@pytest.mark.parametrize("key", ["rate_limit:caller:caller", "rate_limit:merchant:shop"])
async def test_redis_forgets_a_limit_of_which_nothing_is_out(redis: Redis, key: str) -> None:
    limits = RedisRateLimits(redis=redis, caller=Limit(1), merchant=Limit(1), within=AMPLE)
    assert await limits.take("caller", SHOP)
    assert 0 < await redis.pttl(key) <= 1_334  # as long as one call takes to come back
