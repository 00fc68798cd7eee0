"""A worker finds what is wrong in the cache, says so, and mends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import attrs
import httpx

from referrals_adapters.redis.client import open_redis
from referrals_adapters.redis.entry import name_of, to_entry
from referrals_adapters.redis.settings import RedisSettings
from referrals_adapters.system.address import Address
from referrals_domain.model.identifiers import ReferralId
from referrals_sandbox.servers.ports import free_port
from tests.waiting import until
from tests.webhook.vigil import until_watched

if TYPE_CHECKING:
    from referrals_sandbox.servers.running import Servers
    from tests.webhook.program import Program
    from tests.webhook.stage import Stage

ALMOST_A_MINUTE: Final = timedelta(seconds=59)


async def test_a_worker_mends_what_was_corrupted_by_hand_and_what_stayed_stale_for_a_minute(
    program: Program, stage: Stage, servers: Servers
) -> None:
    at = Address("127.0.0.1", free_port())
    other = attrs.evolve(stage, referral_id=ReferralId(str(uuid4())))
    await other.share()
    worker = program.start("run", "--role", "worker", REFERRALS_METRICS_LISTEN=str(at))
    pending = (await stage.referral()).view
    settings = RedisSettings(host=servers.redis.host, port=servers.redis.port)
    async with open_redis(settings) as redis, httpx.AsyncClient(trust_env=False) as client:

        async def told(*samples: str) -> bool:
            text = (await client.get(f"http://{at}/metrics")).text
            return set(samples) <= set(text.splitlines())

        await until_watched(stage, redis)
        await redis.set(name_of(stage.key), to_entry(attrs.evolve(pending, version=7)))
        await redis.set(name_of(other.key), to_entry(pending))
        await stage.expire(datetime.now(UTC))
        await other.expire(datetime.now(UTC) - ALMOST_A_MINUTE)

        await until(
            partial(
                told,
                'referrals_cache_checks_total{lag="1",outcome="corrupt"} 1.0',
                'referrals_cache_checks_total{lag="60",outcome="stale"} 1.0',
                'referrals_cache_nines{lag="60"} 0.0',
            )
        )
        assert await redis.exists(name_of(stage.key), name_of(other.key)) == 0
    for outcome in ("corrupt", "stale"):
        await worker.says(rf"the cache told a wrong status .*outcome={outcome}")
