"""How the service is put together."""

from __future__ import annotations

from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Final

from dependency_injector import containers, providers

from referrals_adapters.flow.batcher import Batcher
from referrals_adapters.flow.breaker import Breaker
from referrals_adapters.grpc.channel import Channel, open_channel
from referrals_adapters.grpc.merchant_access import MerchantAccess
from referrals_adapters.grpc.merchant_validator import GrpcMerchantValidator
from referrals_adapters.postgres.coalesced import CoalescedStatuses
from referrals_adapters.postgres.pool import Pool, open_pool
from referrals_adapters.postgres.reading import open_statuses
from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_adapters.redis.client import Client, open_redis
from referrals_adapters.redis.pipelined import PipelinedCommands, open_commands
from referrals_adapters.redis.rate_limits import RedisRateLimits
from referrals_adapters.redis.settings import RateLimitSettings
from referrals_adapters.redis.status_cache import RedisStatusCache
from referrals_adapters.system.clock import SystemClock
from referrals_adapters.system.ids import RandomIds
from referrals_adapters.telemetry.counted import CountedStatusCache
from referrals_adapters.telemetry.counted_transaction import CountedTransaction
from referrals_adapters.telemetry.metrics import Metrics
from referrals_domain.use_cases.create_referral_link import CreateReferralLink
from referrals_domain.use_cases.export_customer_data import ExportCustomerData
from referrals_domain.use_cases.get_funnel import GetFunnel
from referrals_domain.use_cases.get_program import GetProgram
from referrals_domain.use_cases.get_referral import GetReferral
from referrals_domain.use_cases.get_referral_link import GetReferralLink
from referrals_domain.use_cases.get_referral_status import GetReferralStatus
from referrals_domain.use_cases.list_referrals import ListReferrals
from referrals_domain.use_cases.put_program import PutProgram
from referrals_domain.use_cases.review_referral import ReviewReferral
from referrals_domain.use_cases.revoke_referral_link import RevokeReferralLink
from referrals_domain.use_cases.share_links import ShareLinks
from referrals_grpc.admitted import admitted
from referrals_grpc.interceptors.count import CountInterceptor
from referrals_grpc.interceptors.load import LoadInterceptor
from referrals_grpc.interceptors.merchant import MerchantInterceptor
from referrals_grpc.interceptors.status import StatusInterceptor
from referrals_grpc.servicer import ReferralsServicer, UseCases
from referrals_grpc.sharing import ShareTogether
from referrals_grpc.walls import looking_at_walls

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from referrals_grpc.settings import Settings

APPLICATION: Final = "referrals-grpc"

FUNNELS_AT_ONCE: Final = 2
"""How many connections count funnels, which may take a second each, so that no share waits."""

MOST_SHARES: Final = 200
"""The most shares that one transaction opens referrals for."""

SHARES_AT_ONCE: Final = 2
"""How many such transactions may be under way; who comes meanwhile is in the next one."""


class Container(containers.DeclarativeContainer):
    """Everything that the service is made of; what must be closed comes from outside."""

    pool = providers.Dependency(instance_of=Pool)
    funnel_pool = providers.Dependency(instance_of=Pool)
    statuses = providers.Dependency(instance_of=CoalescedStatuses)
    redis = providers.Dependency(instance_of=Client)
    commands = providers.Dependency(instance_of=PipelinedCommands)
    limit_settings = providers.Dependency(instance_of=RateLimitSettings)
    auth_channel = providers.Dependency(
        instance_of=Channel  # type: ignore[type-abstract]  # only isinstance is asked of it
    )
    auth_service = providers.Dependency(instance_of=str)
    public_url = providers.Dependency(instance_of=str)
    metrics = providers.Dependency(instance_of=Metrics)

    clock = providers.Singleton(SystemClock)
    ids = providers.Singleton(RandomIds)
    acting_for = providers.Callable(admitted)
    transaction = providers.Factory(
        CountedTransaction, providers.Factory(PostgresTransaction, pool, acting_for), metrics
    )
    funnel_transaction = providers.Factory(PostgresTransaction, funnel_pool, acting_for)
    redis_cache = providers.Singleton(RedisStatusCache, redis=redis, commands=commands)
    cache = providers.Singleton(CountedStatusCache, redis_cache, metrics)
    limits = providers.Singleton(
        RedisRateLimits,
        redis=redis,
        caller=limit_settings.provided.caller,
        merchant=limit_settings.provided.merchant,
    )
    validator = providers.Factory(
        GrpcMerchantValidator, channel=auth_channel, service=auth_service
    )
    access = providers.Singleton(MerchantAccess, validator=validator.provider)

    get_referral_status = providers.Singleton(GetReferralStatus, statuses=statuses, cache=cache)
    get_referral = providers.Singleton(GetReferral, begin=transaction.provider)
    list_referrals = providers.Singleton(ListReferrals, begin=transaction.provider)
    review_referral = providers.Singleton(
        ReviewReferral, begin=transaction.provider, cache=cache, clock=clock
    )
    create_referral_link = providers.Singleton(
        CreateReferralLink, begin=transaction.provider, clock=clock, ids=ids
    )
    get_referral_link = providers.Singleton(GetReferralLink, begin=transaction.provider)
    revoke_referral_link = providers.Singleton(
        RevokeReferralLink, begin=transaction.provider, clock=clock
    )
    share_links = providers.Singleton(ShareLinks, begin=transaction.provider, clock=clock, ids=ids)
    shares = providers.Singleton(
        Batcher,
        providers.Singleton(ShareTogether, share_links),
        limit=MOST_SHARES,
        concurrency=SHARES_AT_ONCE,
    )
    get_funnel = providers.Singleton(GetFunnel, begin=funnel_transaction.provider, clock=clock)
    get_program = providers.Singleton(GetProgram, begin=transaction.provider)
    put_program = providers.Singleton(PutProgram, begin=transaction.provider)
    export_customer_data = providers.Singleton(
        ExportCustomerData, begin=transaction.provider, clock=clock
    )

    use_cases = providers.Singleton(
        UseCases,
        get_referral_status=get_referral_status,
        get_referral=get_referral,
        list_referrals=list_referrals,
        review_referral=review_referral,
        create_referral_link=create_referral_link,
        get_referral_link=get_referral_link,
        revoke_referral_link=revoke_referral_link,
        share_link=shares.provided.submit,
        get_funnel=get_funnel,
        get_program=get_program,
        put_program=put_program,
        export_customer_data=export_customer_data,
    )
    servicer = providers.Singleton(ReferralsServicer, use_cases, public_url)
    load = providers.Singleton(LoadInterceptor)
    interceptors = providers.List(
        providers.Singleton(CountInterceptor, metrics),
        providers.Singleton(StatusInterceptor),
        load,
        providers.Singleton(MerchantInterceptor, access, limits),
    )


@asynccontextmanager
async def running(settings: Settings, metrics: Metrics) -> AsyncIterator[Container]:
    """Open what the service needs, and close it at the end of the block."""
    async with AsyncExitStack() as stack:
        opened = stack.enter_async_context
        primary = Breaker()
        pool = await opened(open_pool(settings.database, application=APPLICATION))
        container = Container(
            metrics=metrics,
            pool=pool,
            funnel_pool=await opened(
                open_pool(settings.database, application=APPLICATION, connections=FUNNELS_AT_ONCE)
            ),
            statuses=await opened(
                open_statuses(
                    settings.database,
                    replica=settings.replica,
                    breaker=primary,
                    application=APPLICATION,
                )
            ),
            redis=await opened(open_redis(settings.redis)),
            commands=await opened(open_commands(settings.redis)),
            limit_settings=settings.limits,
            auth_channel=await opened(open_channel(settings.auth.target, settings.auth.tls)),
            auth_service=settings.auth.service,
            public_url=settings.public_url,
        )
        metrics.watch("primary", primary)
        metrics.watch("redis", container.redis_cache().breaker)
        metrics.watch("rate_limits", container.limits().breaker)
        await opened(looking_at_walls(pool))
        await opened(aclosing(container.shares()))
        yield container
