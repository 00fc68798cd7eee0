"""Redis fails over to a copy that lacks the last invalidations, and a worker tells it again."""

from __future__ import annotations

import signal
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import attrs
import pytest

from referrals_adapters.postgres.statuses import PostgresStatuses
from referrals_adapters.redis.client import Client, open_redis
from referrals_adapters.redis.entry import name_of
from referrals_adapters.redis.settings import RedisSettings
from referrals_adapters.redis.status_cache import RedisStatusCache
from referrals_domain.model.referral import ReferralStatus
from referrals_domain.use_cases.get_referral_status import GetReferralStatus
from referrals_sandbox.servers import valkey
from referrals_sandbox.servers.proxy import Address, leading_to
from referrals_sandbox.servers.supervisor import supervising
from tests.waiting import until
from tests.webhook.vigil import until_watched

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from contextlib import AbstractAsyncContextManager

    from referrals_sandbox.servers.valkey import Redis
    from tests.webhook.program import Program
    from tests.webhook.stage import Stage

LOCALHOST: Final = "127.0.0.1"
NOBODY: Final = (LOCALHOST, "1")
AMPLE: Final = timedelta(seconds=10)


@attrs.frozen(kw_only=True)
class Pair:
    """
    A primary and its replica, behind an address that leads to the primary.

    Args:
        primary: A client of the first.
        replica: A client of the second.
        replica_port: Its port.
        address: Where clients are told that Redis is.
    """

    primary: Client
    replica: Client
    replica_port: int
    address: Address

    async def cut(self) -> None:
        """Let the replica hear of nothing more."""
        await self.replica.replicaof(*NOBODY)

    async def fail_over(self) -> None:
        """Promote the replica; the primary lives on, and so do connections to it."""
        await self.replica.replicaof("NO", "ONE")
        self.address.leads_to = self.replica_port


@pytest.fixture
def servers_of_redis() -> Iterator[list[Redis]]:
    with supervising() as one, supervising() as other:
        yield [valkey.start(supervisor, port=None) for supervisor in (one, other)]


@pytest.fixture
async def pair(servers_of_redis: list[Redis]) -> AsyncIterator[Pair]:
    first, second = servers_of_redis
    async with (
        at(first.port) as primary,
        at(second.port) as replica,
        leading_to(first.port) as address,
    ):
        await primary.config_set("repl-diskless-sync-delay", 0)
        await replica.replicaof(LOCALHOST, str(first.port))

        async def is_in_step() -> bool:
            about = await replica.info("replication")
            return bool(about["master_link_status"] == "up")

        await until(is_in_step)
        yield Pair(primary=primary, replica=replica, replica_port=second.port, address=address)


async def test_what_a_promoted_replica_lacks_a_worker_tells_it_again(
    program: Program, stage: Stage, pair: Pair
) -> None:
    worker = program.start(
        *("run", "--role", "worker"),
        REFERRALS_REDIS_HOST=LOCALHOST,
        REFERRALS_REDIS_PORT=str(pair.address.port),
    )
    await until_watched(stage, pair.primary)
    assert await told(stage, pair.primary) is ReferralStatus.PENDING
    await until(lambda: pair.replica.exists(name_of(stage.key)))
    await pair.cut()
    version = await stage.expire(datetime.now(UTC))
    assert await cache(pair.primary).invalidate({stage.key: version})
    assert await told(stage, pair.primary) is ReferralStatus.EXPIRED

    worker.send(signal.SIGSTOP)  # so that there is time to see what a reader is told
    await pair.fail_over()
    assert await told(stage, pair.replica) is ReferralStatus.PENDING
    worker.send(signal.SIGCONT)

    async def is_right() -> bool:
        return await told(stage, pair.replica) is ReferralStatus.EXPIRED

    await until(is_right)


async def told(stage: Stage, redis: Client) -> ReferralStatus:
    """Return what a reader is told."""
    tell = GetReferralStatus(statuses=PostgresStatuses(stage.pool), cache=cache(redis))
    return (await tell(stage.key)).status


def cache(redis: Client) -> RedisStatusCache:
    return RedisStatusCache(redis=redis, read_within=AMPLE, invalidate_within=AMPLE)


def at(port: int) -> AbstractAsyncContextManager[Client]:
    return open_redis(RedisSettings(host=LOCALHOST, port=port))
