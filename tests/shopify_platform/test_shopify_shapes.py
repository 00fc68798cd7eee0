"""Webhooks and the Admin API tell the same of an order, whatever its shape."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING, Any

import pytest

from referrals_adapters.shopify.address import AddressKey
from referrals_adapters.shopify.orders import QUERY, facts_of_node
from referrals_adapters.shopify.payloads import ShopifyOrder, read_order, read_refund
from referrals_domain.model.order import OrderFacts
from referrals_domain.testing.builders import CODE, REFERRAL
from referrals_sandbox.neighbours.shopify_platform.order import Refusal
from referrals_sandbox.neighbours.shopify_platform.shop import VERSIONS
from referrals_sandbox.neighbours.shopify_shapes import SHAPES
from tests.shopify_platform.conftest import SECRET, SHOP, terms
from tests.shopify_platform.orders import ORDERS, document, placed

if TYPE_CHECKING:
    from referrals_sandbox.neighbours.shopify_order import PlacedOrder
    from tests.shopify_platform.conftest import Stand
    from tests.shopify_platform.gateway import Taken

KEY = AddressKey(SECRET, SHOP)


def friends_order() -> PlacedOrder:
    """Return an order with a signal in every place that both ways tell of."""
    return placed(
        placed_at=datetime.now(UTC) - timedelta(hours=1),
        attributes={"ref": CODE, "share": REFERRAL, "channel": "sms"},
        discount=f"FRIEND-{CODE}",
        landing_site=f"/discount/FRIEND-{CODE}?redirect=%2F%3Fref%3D{CODE}%26channel%3Dsms",
        browser_ip="203.0.113.24",
    )


async def course(stand: Stand, order: PlacedOrder) -> Any:
    """Have an order placed, paid back in parts and cancelled, and return its node."""
    stand.shopify.place(SHOP, [document(order)])
    stand.shopify.refund(SHOP, order.order_id, Decimal("10.00"))
    stand.shopify.refund(SHOP, order.order_id, Decimal("5.05"))
    stand.shopify.cancel(SHOP, order.order_id)
    await stand.quiet()
    return (await stand.data(QUERY.text, query="", first=1))["orders"]["nodes"][0]


def read(taken: Taken) -> ShopifyOrder:
    reader = read_refund if taken.path == "/refunds/create" else read_order
    return reader(taken.body, addresses=KEY)


def read_node(node: Any) -> OrderFacts:
    return facts_of_node(json.dumps(node).encode(), KEY)


@pytest.mark.parametrize("shape", SHAPES)
async def test_the_latest_webhook_and_the_admin_api_say_the_same(stand: Stand, shape: str) -> None:
    node = await course(stand, SHAPES[shape](friends_order()))
    (cancelled,) = stand.gateway.of("orders/cancelled")
    assert read_node(node) == read(cancelled).facts


@pytest.mark.parametrize("shape", SHAPES)
async def test_who_knows_all_webhooks_learns_nothing_from_the_admin_api(
    stand: Stand, shape: str
) -> None:
    node = await course(stand, SHAPES[shape](friends_order()))
    known = reduce(OrderFacts.merge, [read(taken).facts for taken in stand.gateway.taken])
    assert len(stand.gateway.taken) == 5
    assert known.merge(read_node(node)) == known
    assert len(known.refunds) == 2


async def test_every_shape_has_what_it_is_named_for(stand: Stand) -> None:
    nodes = {}
    for name, shape in SHAPES.items():
        order = shape(friends_order())
        stand.shopify.place(SHOP, [document(order)])
        found = (await stand.data(QUERY.text, query="", first=250))["orders"]["nodes"]
        (nodes[name],) = [one for one in found if one["legacyResourceId"] == f"{order.order_id}"]
    facts = {name: read_node(node) for name, node in nodes.items()}
    assert facts["from_the_web"].address
    assert [name for name, one in facts.items() if not one.address] == [
        "at_a_till",
        "typed_by_staff",
    ]
    assert nodes["at_a_till"]["customerJourneySummary"]["firstVisit"] is None
    assert nodes["typed_by_staff"]["clientIp"] != nodes["from_the_web"]["clientIp"]
    assert len(nodes["with_several_codes"]["discountCodes"]) == 3
    assert facts["without_a_customer"].customer_id is None
    presented = [name for name, one in facts.items() if one.snapshot and one.snapshot.presented]
    assert presented == ["in_another_currency"]
    assert [name for name, one in facts.items() if one.test] == ["to_try_the_shop"]


async def test_money_goes_back_in_the_currency_that_it_was_paid_in(stand: Stand) -> None:
    await course(stand, SHAPES["in_another_currency"](friends_order()))
    node = (await stand.data(ORDERS, query="", first=1))["orders"]["nodes"][0]
    refunds = [one.document["transactions"][0] for one in stand.gateway.of("refunds/create")]
    sums = sorted((one["amount"], one["currency"]) for one in refunds)
    assert sums == [("4.65", "EUR"), ("9.20", "EUR")]
    bags = [one["transactions"]["nodes"][0]["amountSet"] for one in node["refunds"]]
    assert [one["shopMoney"]["amount"] for one in bags] == ["10.00", "5.05"]
    assert [one["presentmentMoney"]["amount"] for one in bags] == ["9.20", "4.65"]


async def test_a_refund_of_more_parts_than_are_shown_is_not_taken_for_less(stand: Stand) -> None:
    node = await course(stand, friends_order())
    assert len(read_node(node).refunds) == 2
    node["refunds"][1]["transactions"]["pageInfo"]["hasNextPage"] = True
    with pytest.raises(ValueError, match="more than 20 parts"):
        read_node(node)


async def test_what_goes_back_in_parts_comes_to_all_that_was_paid(stand: Stand) -> None:
    order = SHAPES["in_another_currency"](friends_order())
    stand.shopify.place(SHOP, [document(order)])
    for amount in ("0.05", "0.05", None):
        given = Decimal(amount) if amount else None
        stand.shopify.refund(SHOP, order.order_id, given)
    with pytest.raises(Refusal):
        stand.shopify.refund(SHOP, order.order_id, Decimal("0.01"))
    await stand.quiet()
    node = (await stand.data(QUERY.text, query="", first=1))["orders"]["nodes"][0]
    refunds = read_node(node).refunds
    assert node["displayFinancialStatus"] == "REFUNDED"
    assert sum(refund.amount.minor for refund in refunds) == 6173
    assert {refund.amount.currency for refund in refunds} == {"EUR"}


@pytest.mark.parametrize("version", VERSIONS)
async def test_each_version_of_the_api_has_its_own_body(stand: Stand, version: str) -> None:
    stand.shopify.agree(terms(stand.gateway, api_version=version))
    node = await course(stand, friends_order())
    (cancelled,) = stand.gateway.of("orders/cancelled")
    assert cancelled.headers["X-Shopify-API-Version"] == version
    assert ("checkout_id" in cancelled.document) is (version < "2026-04")
    assert read_node(node) == read(cancelled).facts
