"""The primary frozen or killed: a replica tells statuses, marked stale, and only as long."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import grpc
import pytest
import pytest_asyncio

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_sandbox.servers import postgres
from tests.trouble.ground import (
    AMPLE,
    Frontend,
    Ground,
    code_of,
    connected,
    frozen,
    killed,
    running_grpc,
    until_cached,
)
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractContextManager

    from referrals_sandbox.servers.child import Child
    from referrals_sandbox.servers.postgres import Database

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOBODY: Final = "99999999-9999-4999-8999-999999999999"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def replica(ground: Ground) -> Database:
    return postgres.start_replica(ground.supervisor, ground.database)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def frontend(ground: Ground, replica: Database) -> AsyncIterator[Frontend]:
    async with running_grpc(
        ground,
        REFERRALS_DB_REPLICA_HOST=replica.host,
        REFERRALS_DB_REPLICA_PORT=str(replica.port),
    ) as frontend:
        yield frontend


@pytest.mark.parametrize("away", [frozen, killed])
async def test_while_the_primary_is_away_the_replica_tells_what_it_has_and_it_is_not_cached(
    ground: Ground,
    replica: Database,
    frontend: Frontend,
    link_id: str,
    away: Callable[[Child], AbstractContextManager[None]],
) -> None:
    ids = [(await frontend.share(link_id)).id for _ in range(20)]
    await until(lambda: has(replica, ids[-1]))
    with away(ground.postgres):
        async with asyncio.timeout(AMPLE):
            answers = await asyncio.gather(*(frontend.status(one) for one in ids))
            answers += [await frontend.status(one) for one in ids]
            unknown = await code_of(frontend.status(NOBODY))
    assert {(one.status, one.stale) for one in answers} == {(pb.REFERRAL_STATUS_PENDING, True)}
    assert unknown is grpc.StatusCode.UNAVAILABLE
    assert not await ground.cached(*ids, NOBODY)

    async def nothing_is_stale() -> bool:
        told = await asyncio.gather(*(frontend.status(one) for one in ids))
        return not any(answer.stale for answer in told)

    await until(nothing_is_stale)
    assert await nothing_is_stale()
    assert await code_of(frontend.status(NOBODY)) is grpc.StatusCode.NOT_FOUND


async def test_while_the_primary_answers_a_replica_that_lags_is_not_asked(
    replica: Database, frontend: Frontend, link_id: str
) -> None:
    assert replica.process
    with frozen(replica.process):
        for _ in range(5):
            answer = await frontend.status((await frontend.share(link_id)).id)
            assert (answer.status, answer.stale) == (pb.REFERRAL_STATUS_PENDING, False)


async def test_what_is_cached_is_told_as_it_was_while_the_primary_is_away(
    ground: Ground, frontend: Frontend, link_id: str
) -> None:
    shared = (await frontend.share(link_id)).id

    async def is_told_from_the_cache() -> bool:
        return not (await frontend.status(shared)).stale

    await until_cached(ground, frontend, shared)
    with killed(ground.postgres):
        await until(is_told_from_the_cache)


async def has(database: Database, referral_id: str) -> bool:
    async with connected(database) as connection:
        found: bool = await connection.fetchval(
            "SELECT EXISTS (SELECT FROM referrals WHERE id = $1)", referral_id
        )
    return found
