"""PostgreSQL slow or frozen for a moment: few reads for many callers, and everybody is told."""

from __future__ import annotations

import asyncio
import re
from functools import partial
from typing import Final

import grpc
import pytest

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_adapters.postgres.reading import READS_AT_ONCE
from referrals_grpc.container import FUNNELS_AT_ONCE
from tests.trouble.ground import (
    Frontend,
    Ground,
    all_arrived,
    code_of,
    frozen,
    locked,
    until_cached,
)
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")

CROWD: Final = 300
READ: Final = re.compile(r"execute \S+ SELECT given\.merchant_id, given\.id, referrals\.status,")


async def test_a_crowd_that_asks_for_one_referral_costs_a_few_reads_and_a_few_connections(
    ground: Ground, frontend: Frontend, link_id: str
) -> None:
    await frontend.status((await frontend.share(link_id)).id)  # the first read sends more
    hot = (await frontend.share(link_id)).id
    logged = len(ground.postgres.log_text)
    async with locked(ground.database, "referrals"):
        crowd = [asyncio.ensure_future(frontend.status(hot)) for _ in range(CROWD)]
        await all_arrived(frontend)
        assert 1 <= await waiting(ground) <= READS_AT_ONCE
    answers = await asyncio.gather(*crowd)
    assert {answer.status for answer in answers} == {pb.REFERRAL_STATUS_PENDING}
    sent = ground.postgres.log_text[logged:]
    assert 1 <= len(READ.findall(sent)) <= CROWD // 10  # about six
    assert sent.count("BEGIN") == 1  # the lock's


async def test_different_referrals_are_read_together_and_no_more_at_once_than_allowed(
    ground: Ground, frontend: Frontend, link_id: str
) -> None:
    async def at_least(number: int) -> bool:
        return await waiting(ground) >= number

    shared = [await frontend.share(link_id) for _ in range(40)]
    logged = len(ground.postgres.log_text)
    async with locked(ground.database, "referrals"):
        asked: list[asyncio.Future[pb.GetReferralStatusResponse]] = []
        for one in shared:
            asked.append(asyncio.ensure_future(frontend.status(one.id)))
            if len(asked) <= READS_AT_ONCE:
                await until(partial(at_least, len(asked)))
        await all_arrived(frontend)
        assert await waiting(ground) == READS_AT_ONCE
    for one, answer in zip(shared, await asyncio.gather(*asked), strict=True):
        assert answer.update_time == one.update_time
    sent = ground.postgres.log_text[logged:]
    assert READS_AT_ONCE < len(READ.findall(sent)) <= 2 * READS_AT_ONCE


async def test_while_a_table_is_locked_what_is_cached_is_told_and_nobody_waits_for_ever(
    ground: Ground, frontend: Frontend, link_id: str
) -> None:
    cached, other = [(await frontend.share(link_id)).id for _ in range(2)]
    await until_cached(ground, frontend, cached)

    async def is_told_from_the_cache() -> bool:
        return await code_of(frontend.status(cached, within=1.0)) is grpc.StatusCode.OK

    async with locked(ground.database, "referrals"):
        late = asyncio.ensure_future(frontend.status(other))
        hasty = asyncio.ensure_future(code_of(frontend.status(other, within=0.3)))
        await until(is_told_from_the_cache)
        assert await hasty is grpc.StatusCode.DEADLINE_EXCEEDED
        assert not late.done()
    assert (await late).status == pb.REFERRAL_STATUS_PENDING


async def test_a_database_that_was_frozen_for_a_moment_answers_who_asked_meanwhile(
    ground: Ground, frontend: Frontend, link_id: str
) -> None:
    ids = [(await frontend.share(link_id)).id for _ in range(5)]
    with frozen(ground.postgres):
        asked = [asyncio.ensure_future(frontend.status(one)) for one in ids]
        done, _ = await asyncio.wait(asked, timeout=0.5)
        assert not done
    answers = await asyncio.gather(*asked)
    assert {(one.status, one.stale) for one in answers} == {(pb.REFERRAL_STATUS_PENDING, False)}


async def test_funnels_that_take_long_keep_nobody_from_sharing(
    ground: Ground, frontend: Frontend, link_id: str
) -> None:
    async with locked(ground.database, "visits"):  # which no share needs
        crowd = [asyncio.ensure_future(frontend.funnel()) for _ in range(20)]
        await all_arrived(frontend)
        assert await waiting(ground) == FUNNELS_AT_ONCE
        await frontend.share(link_id, within=2.0)
    for answer in await asyncio.gather(*crowd):
        assert answer.channels


async def waiting(ground: Ground) -> int:
    """Return how many of the service's connections wait for a lock."""
    return (await ground.connections()).waiting
