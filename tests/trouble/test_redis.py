"""Redis away, frozen or empty: statuses are told all the same, and are right."""

from __future__ import annotations

import time
from typing import Final

import pytest
import pytest_asyncio

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from tests.trouble.ground import Frontend, Ground, connected, frozen, killed, until_cached

pytestmark = pytest.mark.asyncio(loop_scope="session")

MANY: Final = 100


@pytest_asyncio.fixture(loop_scope="session")
async def referral_id(frontend: Frontend, link_id: str) -> str:
    return (await frontend.share(link_id)).id


async def test_while_redis_is_frozen_nobody_waits_for_it_and_then_it_is_used_again(
    ground: Ground, frontend: Frontend, referral_id: str
) -> None:
    asked_before = await times_asked(ground)
    began = time.monotonic()
    with frozen(ground.valkey):
        for _ in range(MANY):
            assert await is_told(frontend, referral_id, pb.REFERRAL_STATUS_PENDING)
        took = time.monotonic() - began
    assert await times_asked(ground) - asked_before <= 3 + 2 * took + 1  # twice a second
    await until_cached(ground, frontend, referral_id)


async def test_while_redis_is_away_statuses_are_told_and_then_it_is_used_again(
    ground: Ground, frontend: Frontend, referral_id: str
) -> None:
    with killed(ground.valkey):
        for _ in range(MANY):
            assert await is_told(frontend, referral_id, pb.REFERRAL_STATUS_PENDING)
    await until_cached(ground, frontend, referral_id)


async def test_after_redis_lost_its_data_nothing_older_than_the_database_is_told(
    ground: Ground, frontend: Frontend, referral_id: str
) -> None:
    await until_cached(ground, frontend, referral_id)
    with killed(ground.valkey):
        await expire(ground, referral_id)  # its writer cannot tell Redis
    for _ in range(20):
        assert await is_told(frontend, referral_id, pb.REFERRAL_STATUS_EXPIRED)
    await until_cached(ground, frontend, referral_id)
    assert await is_told(frontend, referral_id, pb.REFERRAL_STATUS_EXPIRED)


async def is_told(
    frontend: Frontend, referral_id: str, status: pb.ReferralStatus.ValueType
) -> bool:
    answer = await frontend.status(referral_id)
    return (answer.status, answer.stale) == (status, False)


async def times_asked(ground: Ground) -> int:
    """Return how often anybody has asked Redis for a value."""
    async with ground.cache() as redis:
        stats = await redis.info("commandstats")
    return int(stats.get("cmdstat_get", {}).get("calls", 0))


async def expire(ground: Ground, referral_id: str) -> None:
    async with connected(ground.database) as connection:
        await connection.execute(
            "UPDATE referrals SET status = 'EXPIRED', version = version + 1 WHERE id = $1",
            referral_id,
        )
