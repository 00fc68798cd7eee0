"""The broker is lost again and again while events come: it gets them all, in order."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING

import asyncpg
import pytest

from tests.waiting import until
from tests.webhook.course import Course

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_sandbox.servers.running import Servers
    from tests.webhook.program import Program
    from tests.webhook.stage import Stage

LOSSES = 3
COURSES = 4


@pytest.mark.timeout(120)  # a real broker takes its time to come back
async def test_a_broker_that_is_lost_under_load_gets_every_event_in_order(
    program: Program, stage: Stage, servers: Servers, migrated: PostgresSettings
) -> None:
    newest = partial(_newest, migrated)
    relay = program.start("run", "--role", "relay")
    await relay.says("^referrals-webhook relay leading$")
    courses = [Course(stage) for _ in range(COURSES)]
    async with AsyncExitStack() as stack:
        for course in courses:
            await stack.enter_async_context(course.going_on())
        for _ in range(LOSSES):
            await until(partial(is_published, stage, await newest()), within=60)
            await asyncio.to_thread(servers.kafka.down)
            lost_at = await newest()
            await until(partial(happens_after, newest, lost_at))
            await asyncio.to_thread(servers.kafka.up)
    await until(partial(is_published, stage, await newest()), within=60)
    relay.send(signal.SIGTERM)
    assert await relay.exit_code() == 0
    for course in courses:
        await course.assert_published()
        assert course.referrals > LOSSES


async def _newest(owner: PostgresSettings) -> int:
    """Return the number of the newest event, which only the owner is told once it is gone."""
    connection = await asyncpg.connect(
        host=owner.host,
        port=owner.port,
        user=owner.user,
        password=owner.password.revealed(),
        database=owner.name,
    )
    try:
        newest: int = await connection.fetchval("SELECT last_value FROM outbox_seq_seq")
    finally:
        await connection.close()
    return newest


async def is_published(stage: Stage, newest: int) -> bool:
    return not await stage.rows(f"outbox WHERE seq <= {newest}", "seq")


async def happens_after(newest: Callable[[], Awaitable[int]], lost_at: int) -> bool:
    return await newest() > lost_at + COURSES
