"""All shops are swept, whatever keeps from one; and what is found is counted and told."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import attrs
import httpx
import pytest

from referrals_adapters.redis.client import open_redis
from referrals_adapters.redis.settings import RedisSettings
from referrals_adapters.telemetry.metrics import Metrics
from referrals_adapters.wire.variables import Variables
from referrals_domain.model.identifiers import ShopDomain
from referrals_domain.testing import builders
from referrals_sandbox.neighbours.shopify_order import PlacedOrder
from referrals_sandbox.neighbours.shopify_platform.circumstances import Circumstances
from referrals_sandbox.neighbours.shopify_platform.faults import Faults
from referrals_sandbox.neighbours.shopify_platform.limits import Plan
from referrals_sandbox.neighbours.shopify_platform.platform import Shopify
from referrals_sandbox.neighbours.shopify_platform.serving import application
from referrals_sandbox.neighbours.shopify_platform.shop import Terms
from referrals_webhook.container.reconcile import ReconcileContainer
from referrals_webhook.settings import ReconcileSettings
from tests.webhook.test_settings import reconcile_variables

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from referrals_sandbox.servers.running import Servers
    from tests.webhook.stage import Stage

GATEWAY: Final = "https://go.example"
EARLIER: Final = ShopDomain("abc.myshopify.com")
"""A shop that has no program, and whose sweep begins before the other one's."""


@pytest.fixture
async def shopify() -> AsyncIterator[Shopify]:
    """Return a Shopify that delivers nothing."""
    shopify = Shopify(Circumstances(faults=Faults(dropped=1.0)))
    for domain in (EARLIER, builders.SHOP):
        terms = Terms(
            domain=domain, plan=Plan.ENTERPRISE, token="hidden", gateway=GATEWAY, secrets=("s",)
        )
        shopify.agree(terms)
    yield shopify
    await shopify.webhooks.close()


@pytest.fixture
async def container(
    shopify: Shopify, stage: Stage, servers: Servers, tmp_path: Path
) -> AsyncIterator[ReconcileContainer]:
    variables = reconcile_variables(tmp_path)
    shops = {
        domain: {"token": "hidden", "plan": "enterprise"} for domain in (EARLIER, builders.SHOP)
    }
    (tmp_path / "shops.json").write_text(json.dumps(shops))
    transport = httpx.ASGITransport(application(shopify))
    redis = RedisSettings(host=servers.redis.host, port=servers.redis.port)
    async with httpx.AsyncClient(transport=transport) as client, open_redis(redis) as opened:
        yield ReconcileContainer(
            pool=stage.pool,
            metrics=Metrics(),
            redis=opened,
            client=client,
            settings=ReconcileSettings.read(Variables(variables)),
            urgent=False,
        )


async def test_what_is_found_is_counted_and_told(
    shopify: Shopify, container: ReconcileContainer, caplog: pytest.LogCaptureFixture
) -> None:
    orders = [_order() for _ in range(3)]
    shopify.place(builders.SHOP, [json.loads(order.body()) for order in orders])
    _make_unreadable(shopify, orders[2].order_id)
    await container.sweeps().all()
    assert _counted(container) == {"known": 0, "missing": 2, "unreadable": 1}
    assert sorted(_told(caplog)) == [
        ("orders cannot be read", 1),
        ("orders were missing, and are taken in", 2),
        ("subscriptions were put back", 1),
        ("subscriptions were put back", 1),
    ]
    caplog.clear()
    await container.sweeps().all()
    assert _counted(container) == {"known": 2, "missing": 2, "unreadable": 2}
    assert _told(caplog) == [("orders cannot be read", 1)]


async def test_a_shop_that_took_its_token_back_keeps_from_no_other(
    shopify: Shopify, container: ReconcileContainer, caplog: pytest.LogCaptureFixture
) -> None:
    shopify.uninstall(EARLIER)
    shopify.place(builders.SHOP, [json.loads(_order().body())])
    await container.sweeps().all()
    assert _counted(container)["missing"] == 1
    (line,) = [one for one in caplog.records if one.message == "a shop could not be swept"]
    assert vars(line)["reason"] == "Shopify answers 401: no access to the shop"


async def test_an_error_that_nobody_foresaw_keeps_from_no_other(
    shopify: Shopify, container: ReconcileContainer, caplog: pytest.LogCaptureFixture
) -> None:
    shopify.place(builders.SHOP, [json.loads(_order().body())])
    keep = container.keep_subscriptions()

    async def fail_first(shop: ShopDomain) -> object:
        if shop == EARLIER:
            raise ZeroDivisionError
        return await keep(shop)

    failing: Any = fail_first
    await attrs.evolve(container.sweeps(), keep_subscriptions=failing).all()
    assert _counted(container)["missing"] == 1
    assert "a sweep failed, and the others go on" in caplog.messages


async def test_a_shop_that_takes_long_keeps_no_other_waiting(
    shopify: Shopify, container: ReconcileContainer
) -> None:
    shopify.place(builders.SHOP, [json.loads(_order().body())])
    keep, is_swept = container.keep_subscriptions(), asyncio.Event()

    async def wait_for_the_other(shop: ShopDomain) -> object:
        if shop == EARLIER:
            await is_swept.wait()
        return await keep(shop)

    def counted(found: str, count: int) -> None:
        if (found, count) == ("missing", 1):
            is_swept.set()

    waiting: Any = wait_for_the_other
    sweeps = attrs.evolve(container.sweeps(), keep_subscriptions=waiting, reconciled=counted)
    async with asyncio.timeout(10):
        await sweeps.all()


async def test_a_shop_without_a_program_is_passed_over_in_silence(
    shopify: Shopify, container: ReconcileContainer, caplog: pytest.LogCaptureFixture
) -> None:
    shopify.place(EARLIER, [json.loads(_order().body())])
    await container.sweeps().all()
    assert _counted(container) == {"known": 0, "missing": 0, "unreadable": 0}
    assert "a shop could not be swept" not in caplog.messages


def _order() -> PlacedOrder:
    return PlacedOrder(
        placed_at=datetime.now(UTC) - timedelta(hours=1),
        attributes={"ref": builders.CODE},
        discount=None,
        landing_site="/",
    )


def _make_unreadable(shopify: Shopify, order: int) -> None:
    shopify.shops[builders.SHOP].orders[order].document["total_price_set"]["shop_money"][
        "amount"
    ] = "much"


def _counted(container: ReconcileContainer) -> dict[str, float]:
    registry = container.metrics().registry
    return {
        found: registry.get_sample_value("referrals_orders_reconciled_total", {"found": found})
        or 0
        for found in ("known", "missing", "unreadable")
    }


def _told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, int]]:
    own = [one for one in caplog.records if one.name == "referrals_webhook.sweeps"]
    return [(one.message, vars(one)["count"]) for one in own]
