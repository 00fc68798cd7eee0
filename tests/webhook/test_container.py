"""Each role is put together of parts that fit."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from dependency_injector.errors import Error

from referrals_adapters.grpc.channel import open_channel
from referrals_adapters.grpc.renewed_channel import RenewedChannel
from referrals_adapters.kafka.publisher import KafkaPublisher
from referrals_adapters.postgres.leadership import PostgresLeadership
from referrals_adapters.postgres.pool import open_pool
from referrals_adapters.postgres.statuses import PostgresStatuses
from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_adapters.redis.cached_statuses import RedisCachedStatuses
from referrals_adapters.redis.server import RedisCacheServer
from referrals_adapters.redis.shared_budget import SharedBudget
from referrals_adapters.redis.status_cache import RedisStatusCache
from referrals_adapters.shopify.orders import ShopifyOrders
from referrals_adapters.shopify.subscriptions import ShopifySubscriptions
from referrals_adapters.telemetry.counted import CountedPublisher, CountedStatusCache
from referrals_adapters.telemetry.counted_transaction import CountedTransaction
from referrals_adapters.telemetry.metrics import Metrics
from referrals_adapters.wire.variables import Variables
from referrals_domain.model.events import ReferralEvent
from referrals_domain.testing.builders import MERCHANT
from referrals_webhook.caution import Caution
from referrals_webhook.container.http import HttpContainer, running_http
from referrals_webhook.container.reconcile import ReconcileContainer, running_reconcile
from referrals_webhook.container.relay import TOPICS, RelayContainer
from referrals_webhook.container.worker import WorkerContainer, running_worker
from referrals_webhook.settings import (
    HttpSettings,
    ReconcileSettings,
    RelaySettings,
    WorkerSettings,
)
from tests.webhook.test_settings import HTTP, RELAY, WORKER, reconcile_variables

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def http() -> AsyncIterator[HttpContainer]:
    async with running_http(HttpSettings.read(Variables(HTTP)), Metrics()) as container:
        yield container


@pytest.fixture
async def worker() -> AsyncIterator[WorkerContainer]:
    async with running_worker(WorkerSettings.read(Variables(WORKER)), Metrics()) as container:
        yield container


@pytest.mark.parametrize("name", ["AUTH", "CORE"])
async def test_a_worker_asks_neighbours_over_tls_if_it_is_told_to(
    name: str, tmp_path: Path
) -> None:
    ca_file = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(ca_file))
    told = WORKER | {f"{name}_GRPC_TLS_CA_FILE": str(ca_file)}
    async with running_worker(WorkerSettings.read(Variables(told)), Metrics()) as container:
        channels = {"AUTH": container.auth(), "CORE": container.core()}
    encrypted = {one for one, channel in channels.items() if isinstance(channel, RenewedChannel)}
    assert encrypted == {name}


@pytest.fixture
async def relay() -> AsyncIterator[RelayContainer]:
    database = RelaySettings.read(Variables(RELAY)).database
    producer: Any = object()  # a real one connects at once
    async with open_pool(database) as pool:
        yield RelayContainer(
            pool=pool,
            metrics=Metrics(),
            publisher=KafkaPublisher(producer=producer),
            settings=database,
        )


@pytest.fixture
async def reconcile(tmp_path: Path) -> AsyncIterator[ReconcileContainer]:
    settings = ReconcileSettings.read(Variables(reconcile_variables(tmp_path)))
    async with running_reconcile(settings, Metrics(), urgent=True) as container:
        yield container


@pytest.mark.parametrize("name", sorted(HttpContainer.providers))
async def test_every_provider_of_http_builds(http: HttpContainer, name: str) -> None:
    assert getattr(http, name)() is not None


@pytest.mark.parametrize("name", sorted(WorkerContainer.providers))
async def test_every_provider_of_the_worker_builds(worker: WorkerContainer, name: str) -> None:
    assert getattr(worker, name)() is not None


@pytest.mark.parametrize("name", sorted(RelayContainer.providers))
async def test_every_provider_of_the_relay_builds(relay: RelayContainer, name: str) -> None:
    assert getattr(relay, name)() is not None


@pytest.mark.parametrize("name", sorted(ReconcileContainer.providers))
async def test_every_provider_of_reconcile_builds(
    reconcile: ReconcileContainer, name: str
) -> None:
    assert getattr(reconcile, name)() is not None


async def test_all_that_reconcile_asks_is_asked_of_one_budget_that_all_processes_share(
    reconcile: ReconcileContainer,
) -> None:
    api = reconcile.api()
    assert isinstance(api.budget, SharedBudget)
    assert api.budget.redis is reconcile.redis()
    assert api.urgent
    orders = reconcile.reconcile().shop_orders
    subscriptions = reconcile.keep_subscriptions().subscriptions
    assert isinstance(orders, ShopifyOrders)
    assert isinstance(subscriptions, ShopifySubscriptions)
    assert orders.api is subscriptions.api is api
    assert subscriptions.address == "https://go.example"


async def test_the_worker_asks_in_its_own_name_and_shares_one_cache(
    worker: WorkerContainer,
) -> None:
    complete = worker.complete_orders()
    begun = complete.begin()
    assert isinstance(begun, CountedTransaction)
    assert isinstance(begun.transaction, PostgresTransaction)
    assert isinstance(complete.cache, CountedStatusCache)
    assert isinstance(complete.cache.cache, RedisStatusCache)
    assert worker.drain_stale_statuses().cache is complete.cache
    assert worker.merchants().authorization == "Bearer hidden"
    assert worker.customers().authorization == "Bearer hidden"
    assert worker.customers().channel is not worker.merchants().channel
    assert (worker.merchants().service, worker.customers().service) == (
        "auth.v1.AuthService",
        "core.v1.CoreService",
    )


async def test_the_worker_checks_and_tells_again_the_cache_that_it_shares(
    worker: WorkerContainer,
) -> None:
    replay, check = worker.replay_invalidations(), worker.check_statuses()
    assert replay.cache is worker.complete_orders().cache
    assert replay.reach == timedelta(minutes=16)
    assert isinstance(replay.server, RedisCacheServer)
    assert replay.server.redis is worker.redis()
    assert isinstance(check.statuses, PostgresStatuses)
    assert not check.statuses.replica
    assert isinstance(check.cached, RedisCachedStatuses)


async def test_the_worker_is_cautious_about_the_neighbours_that_it_asks(
    worker: WorkerContainer,
) -> None:
    step = worker.completing().step
    assert isinstance(step, Caution)
    assert step.work is worker.complete_orders()
    asked = [worker.merchants().breaker, worker.customers().breaker]
    assert list(map(id, step.breakers)) == list(map(id, asked))
    assert asked[0] is not asked[1]
    assert worker.worker().routines[0] is worker.completing()


async def test_the_worker_has_two_batches_of_orders_under_way(worker: WorkerContainer) -> None:
    routines = {one.name: one.at_once for one in worker.worker().routines}
    assert {name for name, at_once in routines.items() if at_once > 1} == {"worker"}
    assert routines["worker"] == 2


async def test_the_relay_publishes_what_it_was_given_while_it_leads(relay: RelayContainer) -> None:
    publisher = relay.relay().publish.publisher
    assert isinstance(publisher, CountedPublisher)
    assert publisher.publisher is relay.publisher()
    assert isinstance(relay.relay().leadership, PostgresLeadership)


async def test_parts_of_another_kind_are_refused() -> None:
    async with open_channel("127.0.0.1:1") as channel:
        container = WorkerContainer(auth=channel, core=MERCHANT)
        assert container.auth() is channel
        with pytest.raises(Error, match="is not an instance of"):
            container.core()


def test_a_part_that_is_missing_is_named() -> None:
    with pytest.raises(Error, match=r"publisher.*is not defined"):
        RelayContainer().publisher()


def test_the_relay_looks_after_the_topic_of_every_event() -> None:
    assert set(TOPICS) == {kind.type for kind in ReferralEvent.__subclasses__()}
