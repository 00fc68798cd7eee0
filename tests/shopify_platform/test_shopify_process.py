"""Shopify in a process of its own, and who tells it what happens."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import httpx
import pytest

from referrals_sandbox.neighbours.processes import start_shopify
from referrals_sandbox.neighbours.shopify_platform.faults import Answered, Faults, Trouble
from referrals_sandbox.neighbours.shopify_platform.limits import Plan
from referrals_sandbox.neighbours.shopify_platform.shopkeeper import Shopkeeper
from referrals_sandbox.servers.errors import SandboxError
from tests.shopify_platform.conftest import SHOP, TOKEN, terms
from tests.shopify_platform.orders import ORDERS, placed

if TYPE_CHECKING:
    from referrals_sandbox.servers.running import Servers
    from tests.shopify_platform.gateway import Gateway


def ask(url: str) -> httpx.Response:
    return httpx.post(
        f"{url}/shops/{SHOP}/admin/api/2026-10/graphql.json",
        json={"query": ORDERS, "variables": {"query": "", "first": 250}},
        headers={"X-Shopify-Access-Token": TOKEN},
        trust_env=False,
    )


def test_another_process_has_things_happen(servers: Servers, gateway: Gateway) -> None:
    shopify = start_shopify(servers.supervisor)
    keeper = Shopkeeper(shopify.url)
    orders = [placed(), placed(), placed(is_paid=False), placed()]
    paid, refunded, pending, _ = (order.order_id for order in orders)
    faults = Faults(dropped=1.0, troubles=[Trouble(answered=Answered.HALF, times=1)])

    keeper.agree(terms(gateway, plan=Plan.PLUS))
    keeper.fail(faults)
    keeper.place(SHOP, [order.body() for order in orders])
    keeper.refund(SHOP, refunded, Decimal("7.10"))
    keeper.refund(SHOP, paid)
    keeper.pay(SHOP, pending)
    keeper.cancel(SHOP, pending)
    keeper.touch(SHOP, pending)
    with pytest.raises(httpx.RemoteProtocolError, match="complete message"):
        ask(shopify.url)
    answer = ask(shopify.url).json()

    statuses = {
        int(node["legacyResourceId"]): node["displayFinancialStatus"]
        for node in answer["data"]["orders"]["nodes"]
    }
    assert statuses[paid] == "REFUNDED"
    assert statuses[refunded] == "PARTIALLY_REFUNDED"
    assert statuses[pending] == "PAID"
    report = keeper.report(SHOP)
    assert (report.orders, report.asked, report.troubled) == (4, 2, 1)
    assert report.posted.dropped == 4 + 3 + 2 + 2

    keeper.leave(60)
    assert ask(shopify.url).status_code == 503
    keeper.leave(0)
    keeper.uninstall(SHOP)
    assert ask(shopify.url).status_code == 401
    with pytest.raises(SandboxError, match="404"):
        keeper.report("other.myshopify.com")
    with pytest.raises(SandboxError, match="422"):
        keeper.cancel(SHOP, pending)
    shopify.process.stop()
