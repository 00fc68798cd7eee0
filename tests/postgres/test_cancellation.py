"""Whoever is cancelled leaves no half-done work and no connection behind."""

from __future__ import annotations

import asyncio
import random
from functools import partial
from typing import TYPE_CHECKING

import pytest

from referrals_adapters.postgres.migrate import migrate
from referrals_adapters.postgres.pool import open_pool
from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_adapters.postgres.uninterrupted import uninterrupted
from referrals_domain.model.decision import opened
from referrals_domain.model.identifiers import ReferralId
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.referrals import save
from tests.conftest import execute

if TYPE_CHECKING:
    from referrals_adapters.postgres.pool import Pool
    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_domain.testing.contracts.begin import Begin

_WAIT = """
    CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END'
"""
_WAIT_AT_COMMIT = """
    CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON programs
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait()
"""


async def test_a_commit_is_finished_before_the_cancellation_is_raised(
    blank_database: PostgresSettings,
) -> None:
    await migrate(blank_database)
    await execute(blank_database, _WAIT + ";" + _WAIT_AT_COMMIT)
    async with open_pool(blank_database) as pool:
        begin = partial(PostgresTransaction, pool)
        commits = asyncio.Event()

        async def put() -> None:
            async with begin() as tx:
                await tx.programs.save(builders.program())
                commits.set()
                await tx.commit()

        task = asyncio.create_task(put())
        await commits.wait()
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with begin() as tx:
            assert await tx.programs.get([builders.MERCHANT])


async def test_who_is_cancelled_while_waiting_for_a_lock_gives_a_sound_connection_back(
    begin_with_link: Begin, pool: Pool
) -> None:
    async def lock() -> None:
        async with begin_with_link() as tx:
            await tx.links.lock([builders.link().key])

    sessions = await _sessions(pool)
    async with begin_with_link() as tx:
        await tx.links.lock([builders.link().key])
        waiting = asyncio.create_task(lock())
        await asyncio.sleep(0.2)
        waiting.cancel()
        done, _ = await asyncio.wait({waiting}, timeout=0.2)
        assert not done
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await lock()
    assert _checked_out(pool) == 0
    assert sessions <= await _sessions(pool)


@pytest.mark.parametrize("steps", range(1, 12))
async def test_who_is_cancelled_on_the_way_in_takes_no_connection_along(
    begin_with_link: Begin, pool: Pool, steps: int
) -> None:
    async def read() -> None:
        async with begin_with_link() as tx:
            await tx.links.get([builders.link().key])

    coming_in = asyncio.create_task(read())
    for _ in range(steps):  # of the loop: to the pool, and through the pool to BEGIN
        await asyncio.sleep(0)
    coming_in.cancel()
    with pytest.raises(asyncio.CancelledError):
        await coming_in
    assert _checked_out(pool) == 0
    await read()


async def test_a_storm_of_cancellations_leaves_all_or_nothing_and_no_connection(
    begin_with_link: Begin, pool: Pool
) -> None:
    chance = random.Random(7)  # noqa: S311 - repeatable, and only for tests
    referrals = [
        builders.referral(id=ReferralId(f"66666666-6666-4666-8666-{number:012}"))
        for number in range(150)
    ]
    tasks = []
    for number, referral in enumerate(referrals):
        tasks.append(asyncio.create_task(save(begin_with_link, opened(referral))))
        if number % 5:  # the others are spared, so that some finish on the slowest machine too
            asyncio.get_running_loop().call_later(chance.random() * 0.2, tasks[-1].cancel)
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(result) for result in results} == {type(None), asyncio.CancelledError}
    assert _checked_out(pool) == 0
    async with begin_with_link() as tx:
        stored = await tx.referrals.get([referral.key for referral in referrals])
    finished = {r.key for r, result in zip(referrals, results, strict=True) if result is None}
    assert finished <= stored.keys()
    assert await _orphans(pool) == 0


async def test_work_is_done_to_its_end_however_often_it_is_cancelled() -> None:
    done = asyncio.Event()

    async def work() -> None:
        await asyncio.sleep(0.1)
        done.set()

    task = asyncio.create_task(uninterrupted(work()))
    for _ in range(3):
        await asyncio.sleep(0.01)
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done.is_set()


async def test_cancellation_goes_before_the_error_of_the_work() -> None:
    async def work() -> None:
        await asyncio.sleep(0.05)
        raise ZeroDivisionError

    task = asyncio.create_task(uninterrupted(work()))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def _sessions(pool: Pool) -> set[int]:
    """Return the process ids of this pool's sessions."""
    rows = await pool.fetch("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
    return {row["pid"] for row in rows}


async def _orphans(pool: Pool) -> int:
    """Return how many referrals have no history, or the other way round."""
    return int(
        await pool.fetchval(
            "SELECT count(*) FROM referrals r FULL JOIN referral_history h"
            " ON (r.merchant_id, r.id) = (h.merchant_id, h.referral_id)"
            " WHERE r.id IS NULL OR h.referral_id IS NULL"
        )
    )


def _checked_out(pool: Pool) -> int:
    return pool.get_size() - pool.get_idle_size()
