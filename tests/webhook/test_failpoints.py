"""A role that is killed at the worst moment loses nothing."""

from __future__ import annotations

import signal
from datetime import timedelta
from typing import TYPE_CHECKING

from referrals_adapters.postgres.statuses import PostgresStatuses
from referrals_adapters.redis.client import open_redis
from referrals_adapters.redis.settings import RedisSettings
from referrals_adapters.redis.status_cache import RedisStatusCache
from referrals_adapters.system.exits import REPLACE
from referrals_domain.model.referral import ReferralStatus
from referrals_domain.ports.status_cache import Hit
from referrals_domain.use_cases.get_referral_status import GetReferralStatus
from tests.waiting import until
from tests.webhook.test_relay import completed

if TYPE_CHECKING:
    from referrals_sandbox.servers.running import Servers
    from tests.webhook.program import Program
    from tests.webhook.stage import Stage

FAILPOINTS = "referrals_sandbox.chaos.failpoints"


async def test_a_worker_killed_between_commit_and_invalidation_leaves_no_stale_status(
    servers: Servers, program: Program, stage: Stage
) -> None:
    redis_settings = RedisSettings(host=servers.redis.host, port=servers.redis.port)
    async with open_redis(redis_settings) as redis:
        cache = RedisStatusCache(redis=redis, read_within=timedelta(seconds=10))
        get_status = GetReferralStatus(statuses=PostgresStatuses(stage.pool), cache=cache)
        assert (await get_status(stage.key)).status is ReferralStatus.PENDING
        await stage.deliver()

        dying = program.start("worker-before-invalidation", module=FAILPOINTS)
        assert await dying.exit_code() == -signal.SIGKILL

        assert (await stage.referral()).status is ReferralStatus.COMPLETED
        cached = await cache.read(stage.key)
        assert isinstance(cached, Hit)
        assert cached.view
        assert cached.view.status is ReferralStatus.PENDING

        program.start("run", "--role", "worker")

        async def readers_see_the_end() -> bool:
            return (await get_status(stage.key)).status is ReferralStatus.COMPLETED

        await until(readers_see_the_end)
        await until(lambda: _is_empty(stage, "stale_statuses"))
        assert len(await stage.rows("outbox")) == 1
        assert [row.version for row in await stage.rows("referral_history")] == [1, 2]


async def test_a_relay_killed_between_acknowledgement_and_delete_publishes_again(
    program: Program, stage: Stage
) -> None:
    async with stage.begin() as tx:
        await tx.outbox.add([completed(stage.referral_id)])
        await tx.commit()

    dying = program.start("relay-before-delete", module=FAILPOINTS)
    assert await dying.exit_code() == -signal.SIGKILL

    (row,) = await stage.rows("outbox")
    assert await stage.published() == [str(row.id)]

    relay = program.start("run", "--role", "relay")
    await until(lambda: _is_empty(stage, "outbox"))
    assert await stage.published() == [str(row.id)] * 2
    relay.send(signal.SIGTERM)
    assert await relay.exit_code() == 0


async def test_a_relay_whose_events_stay_undecided_ends_at_once_and_keeps_them(
    servers: Servers, program: Program, stage: Stage
) -> None:
    hurried = program.start("relay-in-a-hurry", module=FAILPOINTS)
    await hurried.says("^referrals-webhook relay leading$")
    servers.kafka.down()
    try:
        async with stage.begin() as tx:
            await tx.outbox.add([completed(stage.referral_id)])
            await tx.commit()
        assert await hurried.exit_code() == REPLACE
    finally:
        servers.kafka.up()
    assert "1 events undecided for 0:00:00.5" in hurried.child.log_text
    assert len(await stage.rows("outbox")) == 1


async def _is_empty(stage: Stage, table: str) -> bool:
    return not await stage.rows(table)
