"""
A sweep over 10,000 known orders: `uv run pytest -n0 -s` with this file's path.

It takes half a minute, so `uv run pytest` leaves it out; how long it took is printed.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from referrals_adapters.postgres.tables import metadata
from referrals_adapters.shopify.orders import ORDERS_A_PAGE
from referrals_adapters.shopify.payloads import READERS
from referrals_domain.model.delivery import Topic
from referrals_domain.testing import builders
from referrals_sandbox.neighbours.processes import start_shopify
from referrals_sandbox.neighbours.shopify_order import PlacedOrder
from referrals_sandbox.neighbours.shopify_platform.faults import Faults
from referrals_sandbox.neighbours.shopify_platform.limits import Plan
from referrals_sandbox.neighbours.shopify_platform.shopkeeper import Shopkeeper
from tests.webhook.sweeping import SweptShop, access_file

if TYPE_CHECKING:
    from pathlib import Path

    from referrals_domain.model.order import OrderFacts
    from referrals_sandbox.servers.running import Servers
    from tests.webhook.program import Program
    from tests.webhook.stage import Stage

ORDERS: Final = 10_000
AT_ONCE: Final = 1_000
NOWHERE: Final = "http://127.0.0.1:9"
PLAN: Final = Plan.PLUS


@pytest.mark.timeout(300)
async def test_to_sweep_ten_thousand_known_orders_changes_nothing_and_says_so(
    stage: Stage, program: Program, servers: Servers, tmp_path: Path
) -> None:
    shopify = start_shopify(servers.supervisor)
    shop = SweptShop(name="large", first_order=1, keeper=Shopkeeper(shopify.url))
    await shop.open(stage, NOWHERE, PLAN)
    shop.keeper.fail(Faults(dropped=1.0))
    first = datetime.now(UTC) - timedelta(hours=20)
    for number in range(0, ORDERS, AT_ONCE):
        orders = [_placed(one, first) for one in range(number, number + AT_ONCE)]
        shop.keeper.place(shop.domain, [order.body() for order in orders])
        facts = [READERS[Topic.ORDERS_CREATE](one.body(), addresses=None).facts for one in orders]
        await _know(stage, shop, facts)
    before = await _rows(stage)

    settings = {
        "SHOPIFY_ADMIN_ACCESS_FILE": access_file(tmp_path / "shops.json", [shop], PLAN),
        "SHOPIFY_ADMIN_URL": f"{shopify.url}/shops/{{shop}}",
        "REFERRALS_PUBLIC_URL": NOWHERE,
    }
    began = time.monotonic()
    command = program.start("reconcile", "--json", **settings)
    assert await command.exit_code(within=200) == 0
    took = time.monotonic() - began

    lines = command.child.log_text.splitlines()
    (told,) = json.loads(next(line for line in lines if line.startswith("[")))
    report = shop.report
    shopify.process.stop()
    print(f"{took:.0f} s, {report.asked} calls, {report.busiest_second} in a second at most")  # noqa: T201
    assert (told["counted"], told["found"], told["known"]) == (ORDERS, ORDERS, ORDERS)
    assert (told["missing"], told["unreadable"], told["without_signal"]) == ([], [], 0)
    assert f"{shop.domain}: {ORDERS} of {ORDERS} orders, 0 missing" in lines
    assert await _rows(stage) == before
    assert (report.throttled, report.too_many) == (0, 0)
    assert report.asked <= ORDERS // ORDERS_A_PAGE + 5  # a count, and what it is subscribed to


async def _know(stage: Stage, shop: SweptShop, facts: list[OrderFacts]) -> None:
    """Have half of the orders settled, and the others wait for a worker."""
    half = len(facts) // 2
    settled = [builders.order(merchant_id=shop.merchant_id, facts=one) for one in facts[:half]]
    async with stage.begin() as tx:
        await tx.orders.lock([order.key for order in settled])
        await tx.orders.save(settled, at=datetime.now(UTC))
        accepted = [
            builders.accepted_delivery(merchant_id=shop.merchant_id, facts=one)
            for one in facts[half:]
        ]
        assert all(await tx.deliveries.add(accepted))
        await tx.commit()


async def _rows(stage: Stage) -> dict[str, Any]:
    """Return of each table but one how many rows it has, and who wrote them last."""
    return {
        table.name: (await stage.rows(table.name, "count(*), sum(xmin::text::bigint)"))[0]
        for table in metadata.sorted_tables
        if table.name != "watermarks"
    }


def _placed(number: int, first: datetime) -> PlacedOrder:
    return PlacedOrder(
        placed_at=(first + timedelta(seconds=number)).replace(microsecond=0),
        order_id=1 + number,
        attributes={"ref": builders.CODE},
        discount=None,
        landing_site="/",
    )
