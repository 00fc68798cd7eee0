from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Final, Self

import attrs
import pytest
from sqlalchemy import text

from referrals_adapters.postgres.engine import open_engine
from referrals_adapters.postgres.leadership import PostgresLeadership
from referrals_domain.errors import Unavailable

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Awaitable, Callable, Iterator

    from sqlalchemy.ext.asyncio import AsyncEngine

    from referrals_adapters.postgres.settings import PostgresSettings
    from tests.postgres.conftest import OwnServer

_LEAD: Final = """
from referrals_adapters.postgres.leadership import PostgresLeadership
from referrals_domain.errors import Unavailable

async def lead():
    try:
        async with PostgresLeadership(settings, "relay").held():
            print("leading", flush=True)
            await asyncio.sleep(60)
    except Unavailable as error:
        print(error, flush=True)

asyncio.run(lead())
"""

_PID_OF_LEADER: Final = text("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted")
_END_LEADERS: Final = text("""
    SELECT pg_terminate_backend(pid, 1000) FROM pg_locks
    WHERE locktype = 'advisory' AND granted
""")


@pytest.fixture
def relay(database: PostgresSettings) -> PostgresLeadership:
    return PostgresLeadership(database, "relay")


async def test_one_leads_until_its_block_ends(relay: PostgresLeadership) -> None:
    async with _Leader(relay) as first:
        await first.leads_within(2)
        async with _Leader(relay) as second:
            assert not await second.leads_after(1)
            await first.resign()
            await second.leads_within(2)


async def test_leaders_of_different_things_do_not_meet(
    relay: PostgresLeadership, database: PostgresSettings
) -> None:
    async with _Leader(relay) as first, _Leader(PostgresLeadership(database, "x")) as other:
        await first.leads_within(2)
        await other.leads_within(2)


async def test_who_loses_the_connection_stops_at_once_and_another_takes_over(
    database: PostgresSettings, engine: AsyncEngine
) -> None:
    async with AsyncExitStack() as tasks:
        leaderships = [PostgresLeadership(database, f"relay {number}") for number in range(5)]
        leaders = []
        for leadership in leaderships:
            leaders.append(await tasks.enter_async_context(_Leader(leadership)))
            await leaders[-1].leads_within(2)
            await asyncio.sleep(0.1)  # their pings come at different times
        heir = await tasks.enter_async_context(_Leader(leaderships[0]))
        await _end_leaders(engine)
        stopped, still_lead = await asyncio.wait({one.task for one in leaders}, timeout=0.15)
        assert not still_lead
        assert {str(task.exception()) for task in stopped} == {"leadership was lost"}
        await heir.leads_within(2)


async def test_a_frozen_leader_is_replaced_within_three_seconds_and_told_when_it_wakes(
    relay: PostgresLeadership,
    database: PostgresSettings,
    elsewhere: Callable[[str, PostgresSettings], Awaitable[Process]],
) -> None:
    frozen = await elsewhere(_LEAD, database)
    assert frozen.stdout
    assert await frozen.stdout.readline() == b"leading\n"
    frozen.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    async with _Leader(relay) as heir:
        await heir.leads_within(3)
        assert time.monotonic() - began > 1
        frozen.send_signal(signal.SIGCONT)
        assert await asyncio.wait_for(frozen.stdout.readline(), 1) == b"leadership was lost\n"


async def test_a_leader_that_the_server_does_not_answer_stops_before_another_may_lead(
    own_server: OwnServer,
) -> None:
    relay = PostgresLeadership(own_server.settings, "relay")
    async with open_engine(own_server.settings) as engine, _Leader(relay) as leader:
        await leader.leads_within(2)
        with _frozen(await _pid_of_leader(engine)), pytest.raises(Unavailable, match="was lost"):
            await asyncio.wait_for(leader.task, 1.9)


async def test_a_leader_that_is_busy_for_long_keeps_the_lead(relay: PostgresLeadership) -> None:
    async with _Leader(relay) as first:
        await first.leads_within(2)
        await asyncio.sleep(2.5)
        assert not first.task.done()


async def test_what_goes_wrong_in_the_block_comes_out_as_it_is(relay: PostgresLeadership) -> None:
    for error in (ZeroDivisionError(), TimeoutError(), OSError()):
        with pytest.raises(type(error)) as raised:
            async with relay.held():
                raise error
        assert raised.value is error


async def test_cancellation_from_outside_stays_cancellation(relay: PostgresLeadership) -> None:
    async with _Leader(relay) as first:
        await first.leads_within(2)
        first.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first.task


async def test_nobody_leads_while_the_database_is_away(database: PostgresSettings) -> None:
    away = PostgresLeadership(attrs.evolve(database, port=1), "relay")
    with pytest.raises(Unavailable):
        async with away.held():
            pytest.fail("nobody granted this")


class _Leader:
    """A task that leads, once it may, until it is told to resign."""

    def __init__(self, leadership: PostgresLeadership) -> None:
        self._leadership = leadership
        self._leads = asyncio.Event()
        self._resigns = asyncio.Event()

    async def __aenter__(self) -> Self:
        self.task = asyncio.create_task(self._lead())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError, Unavailable):
            await self.task

    async def leads_within(self, seconds: float) -> None:
        await asyncio.wait_for(self._leads.wait(), seconds)

    async def leads_after(self, seconds: float) -> bool:
        await asyncio.sleep(seconds)
        return self._leads.is_set()

    async def resign(self) -> None:
        self._resigns.set()
        await self.task

    async def _lead(self) -> None:
        async with self._leadership.held():
            self._leads.set()
            await self._resigns.wait()


async def _pid_of_leader(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return int((await connection.execute(_PID_OF_LEADER)).scalar_one())


async def _end_leaders(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await connection.execute(_END_LEADERS)


@contextmanager
def _frozen(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
