"""How the reconcile role is put together."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from dependency_injector.providers import Dependency, Singleton

from referrals_adapters.postgres.pool import open_pool
from referrals_adapters.redis.client import Client, open_redis
from referrals_adapters.redis.shared_budget import SharedBudget
from referrals_adapters.shopify.admin_api import AdminApi, open_client
from referrals_adapters.shopify.admin_api import Client as AdminClient
from referrals_adapters.shopify.orders import ShopifyOrders
from referrals_adapters.shopify.subscriptions import ShopifySubscriptions
from referrals_domain.use_cases.keep_subscriptions import KeepSubscriptions
from referrals_domain.use_cases.reconcile_shop import ReconcileShop
from referrals_webhook.container.database import DatabaseContainer
from referrals_webhook.settings import ReconcileSettings
from referrals_webhook.sweeps import Sweeps

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from referrals_adapters.telemetry.metrics import Metrics


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
        accept_deliveries=DatabaseContainer.accept_deliveries,
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
            pool=await opened(
                open_pool(settings.database, application="referrals-webhook-reconcile")
            ),
            redis=await opened(open_redis(settings.redis)),
            client=await opened(open_client()),
            settings=settings,
            urgent=urgent,
        )
        yield container
