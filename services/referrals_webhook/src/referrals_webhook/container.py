"""How each role is put together; what must be closed in the end is opened here, and handed in."""

from __future__ import annotations

from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Dependency, Factory, List, Singleton

from referrals_adapters.flow.backoff import Backoff
from referrals_adapters.flow.batcher import Batcher
from referrals_adapters.flow.breaker import Breaker
from referrals_adapters.grpc.calls import Pace
from referrals_adapters.grpc.channel import Channel, open_channel
from referrals_adapters.grpc.customer_validator import GrpcCustomerValidator
from referrals_adapters.grpc.merchant_validator import GrpcMerchantValidator
from referrals_adapters.grpc.settings import NeighbourSettings
from referrals_adapters.kafka.producer import open_publisher
from referrals_adapters.kafka.publisher import KafkaPublisher
from referrals_adapters.kafka.topics import look_after_topics
from referrals_adapters.postgres.backlog import PostgresBacklog
from referrals_adapters.postgres.engine import Engine, open_engine
from referrals_adapters.postgres.landings import RememberedLandings
from referrals_adapters.postgres.leadership import FROZEN_AFTER, PostgresLeadership
from referrals_adapters.postgres.settings import PostgresSettings
from referrals_adapters.postgres.statuses import PostgresStatuses
from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_adapters.redis.cached_statuses import RedisCachedStatuses
from referrals_adapters.redis.client import Client, open_redis
from referrals_adapters.redis.lifetimes import Lifetimes
from referrals_adapters.redis.server import RedisCacheServer
from referrals_adapters.redis.settings import RedisSettings
from referrals_adapters.redis.shared_budget import SharedBudget
from referrals_adapters.redis.status_cache import RedisStatusCache
from referrals_adapters.shopify.admin_api import AdminApi, open_client
from referrals_adapters.shopify.admin_api import Client as AdminClient
from referrals_adapters.shopify.orders import ShopifyOrders
from referrals_adapters.shopify.payloads import READERS
from referrals_adapters.shopify.privacy import PRIVACY_READERS
from referrals_adapters.shopify.subscriptions import ShopifySubscriptions
from referrals_adapters.system.clock import SystemClock
from referrals_adapters.system.ids import RandomIds
from referrals_adapters.telemetry.counted import CountedPublisher, CountedStatusCache
from referrals_adapters.telemetry.counted_transaction import CountedTransaction
from referrals_adapters.telemetry.metrics import Metrics
from referrals_domain.model.events import ReferralCompleted, ReferralReversed
from referrals_domain.model.privacy import PrivacyTopic
from referrals_domain.use_cases.accept_deliveries import AcceptDeliveries
from referrals_domain.use_cases.carry_out_redactions import CarryOutRedactions
from referrals_domain.use_cases.check_statuses import CheckStatuses
from referrals_domain.use_cases.complete_due_holds import CompleteDueHolds
from referrals_domain.use_cases.complete_orders import CompleteOrders
from referrals_domain.use_cases.count_visits import CountVisits
from referrals_domain.use_cases.drain_stale_statuses import DrainStaleStatuses
from referrals_domain.use_cases.expire_referrals import ExpireReferrals
from referrals_domain.use_cases.follow_link import FollowLink
from referrals_domain.use_cases.forget_old import ForgetOld
from referrals_domain.use_cases.keep_subscriptions import KeepSubscriptions
from referrals_domain.use_cases.publish_events import PublishEvents
from referrals_domain.use_cases.quarantine_bodies import QuarantineBodies
from referrals_domain.use_cases.reconcile_shop import ReconcileShop
from referrals_domain.use_cases.replay_invalidations import ReplayInvalidations
from referrals_domain.use_cases.switch_program_off import SwitchProgramOff
from referrals_domain.use_cases.take_privacy_call import TakePrivacyCall
from referrals_webhook import merchant, storefront
from referrals_webhook.app import application
from referrals_webhook.caution import Caution
from referrals_webhook.follow import FollowedLinks
from referrals_webhook.gauges import GAUGED_EVERY, Gauges
from referrals_webhook.handlers import Webhook
from referrals_webhook.nines import CHECKED_EVERY, Nines
from referrals_webhook.probes import Probes
from referrals_webhook.relay import Relay
from referrals_webhook.routine import Routine
from referrals_webhook.settings import ReconcileSettings
from referrals_webhook.sweeps import Sweeps
from referrals_webhook.taking import AcceptDelivery, TakeNotice, TakeOrder, TakeUninstalled
from referrals_webhook.tally import STORED_EVERY, Tally
from referrals_webhook.worker import Worker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from referrals_webhook.settings import HttpSettings, RelaySettings, WorkerSettings
    from referrals_webhook.static_file import StaticFile

WHEN_UNDECIDED: Final = Backoff(first=timedelta(seconds=1), cap=timedelta(minutes=1))
"""How long a delivery waits whose questions Auth or Core did not answer."""

LANDINGS_LAST: Final = Backoff(first=timedelta(seconds=10), cap=timedelta(seconds=10))
"""How long what leads friends may be other than what the database says."""

PROBED_EVERY: Final = timedelta(milliseconds=250)
"""How long Auth or Core, when they failed, are left alone before one delivery asks again."""

WHEN_NOTHING_IS_DUE: Final = Backoff(first=timedelta(seconds=1), cap=timedelta(seconds=10))
"""How long the janitor waits before it looks again for what time moves on."""

WHEN_NOTHING_IS_OLD: Final = Backoff(first=timedelta(minutes=1), cap=timedelta(minutes=1))
"""How long the janitor waits before it looks again for what was kept for long enough."""

LOOKED_EVERY: Final = Backoff(first=timedelta(seconds=1), cap=timedelta(seconds=1))
"""How often a worker looks for somebody who asked to be forgotten."""

SWEPT_EVERY: Final = Backoff(first=timedelta(minutes=15), cap=timedelta(minutes=15))
"""How often every shop's orders are held against Shopify's."""

WATCHED_EVERY: Final = Backoff(first=timedelta(seconds=1), cap=timedelta(seconds=1))
"""How often the janitor asks which server keeps the cache."""

REACH: Final = Lifetimes().longest + timedelta(minutes=1)
"""How far back invalidations are repeated; a change's time is before its commit, and by the clock
of whoever made it: hence the minute."""

DRAIN_WITHIN: Final = timedelta(seconds=8)
"""How long what was begun may take once told to stop; Docker kills after 10 seconds."""

TOPICS: Final = (ReferralCompleted.type, ReferralReversed.type)
"""What the relay publishes to."""

_MOST_DELIVERIES: Final = 200  # in a transaction
_MOST_ORDERS: Final = 100
_MOST_STATUSES: Final = 500
_MOST_REFERRALS: Final = 500
_MOST_OLD: Final = 1000  # of each kind
_MOST_REDACTIONS: Final = 100
_MOST_CHECKS: Final = 100  # of each lag


def _for_every_topic(
    *, accept: AcceptDelivery, requests: TakePrivacyCall, off: SwitchProgramOff, **parts: Any
) -> list[Webhook]:
    secret, clock = parts["secrets"][0], parts["clock"]
    orders = {
        topic: TakeOrder(topic=topic, read=read, secret=secret, accept=accept, clock=clock)
        for topic, read in READERS.items()
    }
    privacy = {
        topic: TakeNotice(read=read, take=requests.of_shop, clock=clock)
        for topic, read in PRIVACY_READERS.items()
    }
    uninstalled = {PrivacyTopic.APP_UNINSTALLED: TakeUninstalled(off)}
    return [
        Webhook(topic=topic, take=take, **parts)
        for topic, take in (orders | privacy | uninstalled).items()
    ]


def _files() -> dict[str, StaticFile]:
    return {storefront.PATH: storefront.script(), **merchant.page()}


class DatabaseContainer(DeclarativeContainer):
    """What stands on the database."""

    engine = Dependency(instance_of=Engine)
    metrics = Dependency(instance_of=Metrics)
    begin = Factory(CountedTransaction, Factory(PostgresTransaction, engine), metrics)
    clock = Singleton(SystemClock)


class HttpContainer(DatabaseContainer):
    """The http role."""

    secrets = Dependency(instance_of=tuple)

    batcher = Singleton(
        Batcher,
        Singleton(AcceptDeliveries, begin=DatabaseContainer.begin.provider),
        limit=_MOST_DELIVERIES,
        concurrency=2,
    )
    quarantine = Singleton(QuarantineBodies, begin=DatabaseContainer.begin.provider)
    webhooks = Singleton(
        _for_every_topic,
        secrets=secrets,
        accept=batcher.provided.submit,
        requests=Singleton(
            TakePrivacyCall, begin=DatabaseContainer.begin.provider, ids=Singleton(RandomIds)
        ),
        off=Singleton(SwitchProgramOff, begin=DatabaseContainer.begin.provider),
        quarantine=quarantine,
        clock=DatabaseContainer.clock,
        answered=DatabaseContainer.metrics.provided.answered,
    )
    probes = Singleton(Probes, DatabaseContainer.begin.provider)
    landings = Singleton(RememberedLandings, begin=DatabaseContainer.begin.provider)
    tally = Singleton(Tally, Singleton(CountVisits, begin=DatabaseContainer.begin.provider))
    links = Singleton(
        FollowedLinks,
        follow=Singleton(FollowLink, landings=landings, clock=DatabaseContainer.clock),
        count=tally.provided.add,
        followed=DatabaseContainer.metrics.provided.followed,
    )
    files = Singleton(_files)
    app = Singleton(application, webhooks, links, files, probes)
    routines = List(
        Singleton(Routine, name="visits", step=tally.provided.flush, when_idle=STORED_EVERY),
        Singleton(
            Routine, name="landings", step=landings.provided.refresh, when_idle=LANDINGS_LAST
        ),
    )


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
        statuses=Singleton(PostgresStatuses, DatabaseContainer.engine),
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
                    Singleton(PostgresBacklog, DatabaseContainer.engine),
                    DatabaseContainer.clock,
                    DatabaseContainer.metrics,
                ),
                when_idle=GAUGED_EVERY,
            ),
        ),
    )


class RelayContainer(DatabaseContainer):
    """The relay role."""

    publisher = Dependency(instance_of=KafkaPublisher)
    settings = Dependency(instance_of=PostgresSettings)

    counted_publisher = Singleton(CountedPublisher, publisher, DatabaseContainer.metrics)
    publish_events = Singleton(
        PublishEvents,
        begin=DatabaseContainer.begin.provider,
        publisher=counted_publisher,
        clock=DatabaseContainer.clock,
    )
    relay = Singleton(
        Relay,
        leadership=Singleton(PostgresLeadership, settings, "relay"),
        publish=publish_events,
        drain_within=DRAIN_WITHIN,
    )


class ReconcileContainer(DatabaseContainer):
    """The reconcile role."""

    redis = Dependency(instance_of=Client)
    client = Dependency(instance_of=AdminClient)
    settings = Dependency(instance_of=ReconcileSettings)
    urgent = Dependency(instance_of=bool)

    api = Singleton(
        AdminApi,
        client=client,
        url=settings.provided.admin.url,
        shops=settings.provided.admin.access.shops,
        budget=Singleton(SharedBudget, redis=redis),
        urgent=urgent,
    )
    reconcile = Singleton(
        ReconcileShop,
        begin=DatabaseContainer.begin.provider,
        shop_orders=Singleton(ShopifyOrders, api=api, secret=settings.provided.shopify.secrets[0]),
        accept_deliveries=Singleton(AcceptDeliveries, begin=DatabaseContainer.begin.provider),
        clock=DatabaseContainer.clock,
    )
    keep_subscriptions = Singleton(
        KeepSubscriptions,
        subscriptions=Singleton(
            ShopifySubscriptions, api=api, address=settings.provided.public_url
        ),
    )
    sweeps = Singleton(
        Sweeps,
        shops=settings.provided.admin.access.shops,
        reconcile=reconcile,
        keep_subscriptions=keep_subscriptions,
        reconciled=DatabaseContainer.metrics.provided.reconciled,
    )


@asynccontextmanager
async def running_http(settings: HttpSettings, metrics: Metrics) -> AsyncIterator[HttpContainer]:
    """Open what the http role needs, and close it at the end of the block."""
    async with AsyncExitStack() as stack:
        container = HttpContainer(
            engine=await stack.enter_async_context(
                open_engine(settings.database, application="referrals-webhook-http")
            ),
            metrics=metrics,
            secrets=settings.shopify.secrets,
        )
        for part in (container.batcher(), container.landings(), container.tally()):
            await stack.enter_async_context(aclosing(part))
        yield container


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
            engine=await opened(
                open_engine(settings.database, application="referrals-webhook-worker")
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


@asynccontextmanager
async def running_relay(
    settings: RelaySettings, metrics: Metrics
) -> AsyncIterator[RelayContainer]:
    """
    Open what the relay role needs, and close it at the end of the block.

    Raises:
        Unavailable: Kafka is away.
    """
    async with AsyncExitStack() as stack:
        opened = stack.enter_async_context
        container = RelayContainer(
            metrics=metrics,
            engine=await opened(
                open_engine(
                    settings.database,
                    application="referrals-webhook-relay",
                    idle_within=FROZEN_AFTER,
                )
            ),
            publisher=await opened(open_publisher(settings.kafka)),
            settings=settings.database,
        )
        await look_after_topics(settings.kafka, TOPICS)
        yield container


@asynccontextmanager
async def running_reconcile(
    settings: ReconcileSettings, metrics: Metrics, *, urgent: bool = False
) -> AsyncIterator[ReconcileContainer]:
    """
    Open what the reconcile role needs, and close it at the end of the block.

    Args:
        settings: What it needs.
        metrics: Where it counts.
        urgent: Whether somebody waits for what is found.
    """
    async with AsyncExitStack() as stack:
        opened = stack.enter_async_context
        container = ReconcileContainer(
            metrics=metrics,
            engine=await opened(
                open_engine(settings.database, application="referrals-webhook-reconcile")
            ),
            redis=await opened(open_redis(settings.redis)),
            client=await opened(open_client()),
            settings=settings,
            urgent=urgent,
        )
        yield container
