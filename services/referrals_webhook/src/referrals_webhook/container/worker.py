"""How the worker role is put together."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from dependency_injector.providers import Dependency, List, Singleton

from referrals_adapters.flow.backoff import Backoff
from referrals_adapters.flow.breaker import Breaker
from referrals_adapters.grpc.calls import Pace
from referrals_adapters.grpc.channel import Channel, open_channel
from referrals_adapters.grpc.customer_validator import GrpcCustomerValidator
from referrals_adapters.grpc.merchant_validator import GrpcMerchantValidator
from referrals_adapters.grpc.settings import NeighbourSettings
from referrals_adapters.postgres.backlog import PostgresBacklog
from referrals_adapters.postgres.pool import open_pool
from referrals_adapters.postgres.statuses import PostgresStatuses
from referrals_adapters.redis.cached_statuses import RedisCachedStatuses
from referrals_adapters.redis.client import Client, open_redis
from referrals_adapters.redis.lifetimes import Lifetimes
from referrals_adapters.redis.server import RedisCacheServer
from referrals_adapters.redis.settings import RedisSettings
from referrals_adapters.redis.status_cache import RedisStatusCache
from referrals_adapters.telemetry.counted import CountedStatusCache
from referrals_domain.use_cases.carry_out_redactions import CarryOutRedactions
from referrals_domain.use_cases.check_statuses import CheckStatuses
from referrals_domain.use_cases.complete_due_holds import CompleteDueHolds
from referrals_domain.use_cases.complete_orders import CompleteOrders
from referrals_domain.use_cases.drain_stale_statuses import DrainStaleStatuses
from referrals_domain.use_cases.expire_referrals import ExpireReferrals
from referrals_domain.use_cases.forget_old import ForgetOld
from referrals_domain.use_cases.replay_invalidations import ReplayInvalidations
from referrals_webhook.caution import Caution
from referrals_webhook.container.database import DatabaseContainer
from referrals_webhook.gauges import GAUGED_EVERY, Gauges
from referrals_webhook.nines import CHECKED_EVERY, Nines
from referrals_webhook.routine import Routine
from referrals_webhook.worker import Worker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from referrals_adapters.telemetry.metrics import Metrics
    from referrals_webhook.settings import WorkerSettings

WHEN_UNDECIDED: Final = Backoff(first=timedelta(seconds=1), cap=timedelta(minutes=1))
"""How long a delivery waits whose questions Auth or Core did not answer."""

PROBED_EVERY: Final = timedelta(milliseconds=250)
"""How long Auth or Core, when they failed, are left alone before one delivery asks again."""

WHEN_NOTHING_IS_DUE: Final = Backoff(first=timedelta(seconds=1), cap=timedelta(seconds=10))
"""How long the janitor waits before it looks again for what time moves on."""

WHEN_NOTHING_IS_OLD: Final = Backoff(first=timedelta(minutes=1), cap=timedelta(minutes=1))
"""How long the janitor waits before it looks again for what was kept for long enough."""

LOOKED_EVERY: Final = Backoff(first=timedelta(seconds=1), cap=timedelta(seconds=1))
"""How often a worker looks for somebody who asked to be forgotten."""

WATCHED_EVERY: Final = Backoff(first=timedelta(seconds=1), cap=timedelta(seconds=1))
"""How often the janitor asks which server keeps the cache."""

REACH: Final = Lifetimes().longest + timedelta(minutes=1)
"""How far back invalidations are repeated; a change's time is before its commit, and by the clock
of whoever made it: hence the minute."""

_MOST_ORDERS: Final = 100
_BATCHES_AT_ONCE: Final = 2  # one is decided while the other is asked about or saved
_MOST_STATUSES: Final = 500
_MOST_REFERRALS: Final = 500
_MOST_OLD: Final = 1000  # of each kind
_MOST_REDACTIONS: Final = 100
_MOST_CHECKS: Final = 100  # of each lag


class WorkerContainer(DatabaseContainer):
    """The worker role."""

    redis = Dependency(instance_of=Client)
    redis_settings = Dependency(instance_of=RedisSettings)
    auth = Dependency(
        instance_of=Channel  # type: ignore[type-abstract]  # only isinstance is asked of it
    )
    core = Dependency(
        instance_of=Channel  # type: ignore[type-abstract]  # as above
    )
    neighbours = Dependency(instance_of=NeighbourSettings)

    redis_cache = Singleton(RedisStatusCache, redis=redis)
    cache = Singleton(CountedStatusCache, redis_cache, DatabaseContainer.metrics)
    pace = Singleton(Pace)
    auth_breaker = Singleton(Breaker, rest=PROBED_EVERY)
    core_breaker = Singleton(Breaker, rest=PROBED_EVERY)
    merchants = Singleton(
        GrpcMerchantValidator,
        neighbours.provided.authorization,
        channel=auth,
        service=neighbours.provided.auth.service,
        pace=pace,
        breaker=auth_breaker,
    )
    customers = Singleton(
        GrpcCustomerValidator,
        neighbours.provided.authorization,
        channel=core,
        service=neighbours.provided.core.service,
        pace=pace,
        breaker=core_breaker,
        clock=DatabaseContainer.clock,
    )
    complete_orders = Singleton(
        CompleteOrders,
        begin=DatabaseContainer.begin.provider,
        merchants=merchants,
        customers=customers,
        cache=cache,
        clock=DatabaseContainer.clock,
        retry_after=WHEN_UNDECIDED,
    )
    completing = Singleton(
        Routine,
        name="worker",
        step=Singleton(
            Caution,
            work=complete_orders,
            breakers=List(auth_breaker, core_breaker),
            most=_MOST_ORDERS,
        ),
        at_once=_BATCHES_AT_ONCE,
    )
    drain_stale_statuses = Singleton(
        DrainStaleStatuses, begin=DatabaseContainer.begin.provider, cache=cache
    )
    replay_invalidations = Singleton(
        ReplayInvalidations,
        begin=DatabaseContainer.begin.provider,
        cache=cache,
        server=Singleton(RedisCacheServer, settings=redis_settings, redis=redis),
        clock=DatabaseContainer.clock,
        reach=REACH,
    )
    check_statuses = Singleton(
        CheckStatuses,
        begin=DatabaseContainer.begin.provider,
        statuses=Singleton(PostgresStatuses, DatabaseContainer.pool),
        cached=Singleton(RedisCachedStatuses, redis=redis),
        clock=DatabaseContainer.clock,
    )
    complete_due_holds = Singleton(
        CompleteDueHolds,
        begin=DatabaseContainer.begin.provider,
        cache=cache,
        clock=DatabaseContainer.clock,
    )
    expire_referrals = Singleton(
        ExpireReferrals,
        begin=DatabaseContainer.begin.provider,
        cache=cache,
        clock=DatabaseContainer.clock,
    )
    forget_old = Singleton(
        ForgetOld,
        begin=DatabaseContainer.begin.provider,
        cache=cache,
        clock=DatabaseContainer.clock,
    )
    carry_out_redactions = Singleton(
        CarryOutRedactions,
        begin=DatabaseContainer.begin.provider,
        cache=cache,
        clock=DatabaseContainer.clock,
    )
    worker = Singleton(
        Worker,
        List(
            completing,
            Singleton(
                Routine,
                name="redactions",
                step=Singleton(partial, carry_out_redactions, _MOST_REDACTIONS),
                when_idle=LOOKED_EVERY,
            ),
            Singleton(
                Routine,
                name="janitor: stale statuses",
                step=Singleton(partial, drain_stale_statuses, _MOST_STATUSES),
            ),
            Singleton(
                Routine,
                name="janitor: fail-over",
                step=Singleton(partial, replay_invalidations, _MOST_STATUSES),
                when_idle=WATCHED_EVERY,
                when_away=WATCHED_EVERY,
            ),
            Singleton(
                Routine,
                name="janitor: holds",
                step=Singleton(partial, complete_due_holds, _MOST_ORDERS),
                when_idle=WHEN_NOTHING_IS_DUE,
            ),
            Singleton(
                Routine,
                name="janitor: expiries",
                step=Singleton(partial, expire_referrals, _MOST_REFERRALS),
                when_idle=WHEN_NOTHING_IS_DUE,
            ),
            Singleton(
                Routine,
                name="janitor: retention",
                step=Singleton(partial, forget_old, _MOST_OLD),
                when_idle=WHEN_NOTHING_IS_OLD,
            ),
            Singleton(
                Routine,
                name="janitor: checks",
                step=Singleton(Nines, check_statuses, _MOST_CHECKS, DatabaseContainer.metrics),
                when_idle=CHECKED_EVERY,
            ),
            Singleton(
                Routine,
                name="gauges",
                step=Singleton(
                    Gauges,
                    Singleton(PostgresBacklog, DatabaseContainer.pool),
                    DatabaseContainer.clock,
                    DatabaseContainer.metrics,
                ),
                when_idle=GAUGED_EVERY,
            ),
        ),
    )


@asynccontextmanager
async def running_worker(
    settings: WorkerSettings, metrics: Metrics
) -> AsyncIterator[WorkerContainer]:
    """Open what the worker role needs, and close it at the end of the block."""
    neighbours = settings.neighbours
    async with AsyncExitStack() as stack:
        opened = stack.enter_async_context
        container = WorkerContainer(
            metrics=metrics,
            pool=await opened(
                open_pool(settings.database, application="referrals-webhook-worker")
            ),
            redis=await opened(open_redis(settings.redis)),
            redis_settings=settings.redis,
            auth=await opened(open_channel(neighbours.auth.target, neighbours.auth.tls)),
            core=await opened(open_channel(neighbours.core.target, neighbours.core.tls)),
            neighbours=neighbours,
        )
        metrics.watch("redis", container.redis_cache().breaker)
        metrics.watch("auth", container.auth_breaker())
        metrics.watch("core", container.core_breaker())
        yield container
