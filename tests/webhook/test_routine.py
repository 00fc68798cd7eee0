"""A routine goes on whatever happens, and neither spins nor sleeps on."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import attrs
import pytest

from referrals_domain.errors import Unauthenticated, Unavailable
from referrals_webhook import routine as module
from referrals_webhook.routine import WHEN_AWAY, WHEN_IDLE, Routine
from referrals_webhook.worker import Worker
from tests.logged import written
from tests.waiting import until

NO_TIME = timedelta(0)


@attrs.define
class Script:
    """A step that does one thing after another, and stops the routine with the last."""

    results: list[int | Exception]
    stop: asyncio.Event = attrs.field(factory=asyncio.Event)

    async def __call__(self) -> int:
        result = self.results.pop(0)
        if not self.results:
            self.stop.set()
        if isinstance(result, Exception):
            raise result
        return result


@attrs.define
class Waits:
    """Notes after how many it is asked to wait; a wait takes no time."""

    asked: list[int] = attrs.field(factory=list)

    def __call__(self, attempt: int) -> timedelta:
        self.asked.append(attempt)
        return NO_TIME


@attrs.frozen
class Ran:
    idle: list[int]
    away: list[int]


async def run(*results: int | Exception) -> Ran:
    script, idle, away = Script([*results]), Waits(), Waits()
    routine = Routine(name="work", step=script, when_idle=idle, when_away=away)
    await asyncio.wait_for(routine.run(script.stop), 5)
    assert not script.results
    return Ran(idle.asked, away.asked)


async def test_work_is_done_back_to_back() -> None:
    assert await run(1, 5, 100) == Ran(idle=[], away=[])


async def test_the_pause_grows_while_there_is_nothing_and_ends_with_work() -> None:
    assert await run(0, 0, 0, 1, 0) == Ran(idle=[1, 2, 3, 1], away=[])


async def test_a_server_that_is_away_is_named_once_and_once_when_it_is_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    away = Unavailable("PostgreSQL: gone")
    assert await run(away, away, away, 1) == Ran(idle=[], away=[1, 2, 3])
    waits = {"event": "it waits, and tries again", "reason": "PostgreSQL: gone"}
    assert written(caplog.records) == [
        {"level": "warning", "routine": "work", **waits},
        {"level": "info", "routine": "work", "event": "it goes on", "attempts": 3},
    ]
    assert not any(record.exc_info for record in caplog.records)


async def test_what_nobody_foresaw_is_logged_with_its_trace_and_survived(
    caplog: pytest.LogCaptureFixture,
) -> None:
    group = ExceptionGroup("some orders could not be settled", [KeyError("x")])
    assert await run(RuntimeError("a bug"), group, 1) == Ran(idle=[], away=[1, 2])
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]
    assert all(record.exc_info for record in caplog.records)


async def test_a_refused_token_is_an_alarm_and_a_long_pause(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert timedelta(seconds=10) < module.REFUSED_PAUSE
    monkeypatch.setattr(module, "REFUSED_PAUSE", NO_TIME)
    assert await run(Unauthenticated("the token"), 1) == Ran(idle=[], away=[])
    assert written(caplog.records) == [
        {"level": "error", "event": "it is stuck", "routine": "work", "reason": "the token"}
    ]


async def test_so_many_steps_are_under_way_at_a_time() -> None:
    stop = asyncio.Event()
    under_way, most = 0, []

    async def slow() -> int:
        nonlocal under_way
        under_way += 1
        most.append(under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        return 1

    async def several_came() -> bool:
        return len(most) > 5

    running = asyncio.create_task(Routine(name="work", step=slow, at_once=2).run(stop))
    await until(several_came, within=5)
    stop.set()
    await running
    assert under_way == 0
    assert most[:3] == [1, 1, 2]  # the first is alone
    assert max(most) == 2


async def test_while_a_token_is_refused_all_its_steps_pause() -> None:
    stop = asyncio.Event()
    asked: list[None] = []

    async def step() -> int:
        asked.append(None)
        if len(asked) == 1:
            return 1
        if len(asked) == 2:
            raise Unauthenticated("the token")
        return 0

    def idle(_: int) -> timedelta:
        return timedelta(milliseconds=1)

    routine = Routine(name="work", step=step, when_idle=idle, at_once=2)
    running = asyncio.create_task(routine.run(stop))
    await asyncio.sleep(0.1)  # a hundred times as long as it would wait for its next step
    stop.set()
    await asyncio.wait_for(running, 1)
    assert len(asked) == 2


@pytest.mark.parametrize("pause", [WHEN_IDLE(1), WHEN_IDLE(50), WHEN_AWAY(50)])
async def test_told_to_stop_it_does_not_finish_its_pause(pause: timedelta) -> None:
    stop = asyncio.Event()
    begun = asyncio.Event()

    async def nothing() -> int:
        begun.set()
        return 0

    routine = Routine(name="work", step=nothing, when_idle=lambda _: 1000 * pause)
    running = asyncio.create_task(routine.run(stop))
    await begun.wait()
    await asyncio.sleep(0)
    stop.set()
    await asyncio.wait_for(running, 1)


async def test_told_to_stop_it_finishes_its_step() -> None:
    stop, begun, go_on, done = (asyncio.Event() for _ in range(4))

    async def slow() -> int:
        begun.set()
        await go_on.wait()
        done.set()
        return 1

    worker = Worker([Routine(name="work", step=slow)])
    running = asyncio.create_task(worker.run(stop))
    await begun.wait()
    stop.set()
    await asyncio.sleep(0.01)
    assert not running.done()
    go_on.set()
    await asyncio.wait_for(running, 1)
    assert done.is_set()
