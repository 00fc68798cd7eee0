"""Queries cost what Shopify says, and a plan gives so much and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from graphql import build_schema, parse

from referrals_sandbox.neighbours.shopify_platform.costs import costs_of
from referrals_sandbox.neighbours.shopify_platform.faults import Answered, Faults, Trouble
from referrals_sandbox.neighbours.shopify_platform.limits import Bucket, Plan
from referrals_sandbox.neighbours.shopify_platform.queries import SCHEMA
from tests.shopify_platform.conftest import SHOP, terms
from tests.shopify_platform.orders import ORDERS, document, placed

if TYPE_CHECKING:
    from referrals_sandbox.neighbours.shopify_platform.shop import Calls
    from tests.shopify_platform.conftest import Stand

MEASURED = build_schema("""
type Query { product: Product }
type Product { variants(first: Int): ProductVariantConnection }
type ProductVariantConnection { nodes: [ProductVariant!]! }
type ProductVariant { inventoryItem: InventoryItem }
type InventoryItem { tracked: Boolean }
""")
VARIANTS = "{ product { variants(first: 250) { nodes { inventoryItem { tracked } } } } }"
SUBSCRIBE = """mutation {
  webhookSubscriptionCreate(topic: ORDERS_PAID, webhookSubscription: {}) {
    webhookSubscription { id }
    userErrors { message }
  }
}"""
COUNT = "{ ordersCount { count } }"


def requested(question: str, /, **variables: Any) -> int:
    costs = costs_of(SCHEMA, parse(question), None, variables)
    assert costs
    return costs.requested()


def calls(stand: Stand) -> Calls:
    return stand.shopify.shops[SHOP].calls


def test_a_query_costs_what_others_measured() -> None:
    """https://community.shopify.dev/t/23101: 25 points, and 1 if there is no such product."""
    costs = costs_of(MEASURED, parse(VARIANTS), None, {})
    assert costs
    assert costs.requested() == 25
    assert costs.actual({"product": None}) == 1


@pytest.mark.parametrize(
    ("query", "points"),
    [
        ("{ ordersCount { count precision } }", 1),
        ("{ orders(first: 1, sortKey: UPDATED_AT) { nodes { test } } }", 2 + 1),
        ("{ orders(first: 2, sortKey: UPDATED_AT) { nodes { test } } }", 2 + 1),
        ("{ orders(first: 3, sortKey: UPDATED_AT) { nodes { test } } }", 2 + 2),
        ("{ orders(first: 250, sortKey: UPDATED_AT) { nodes { test } } }", 2 + 11),
        ("{ orders(first: 250, sortKey: UPDATED_AT) { pageInfo { hasNextPage } } }", 2),
        ("{ orders(first: 250, sortKey: UPDATED_AT) { nodes { customer { id } } } }", 2 + 22),
        ("{ a: ordersCount { count } b: ordersCount { count } }", 2),
        ("query A { ordersCount { ...F } } fragment F on Count { count }", 1),
        ("{ ... on QueryRoot { ordersCount { count } } }", 1),
        (SUBSCRIBE, 10),
    ],
)
def test_objects_count_one_connections_by_their_size_and_mutations_ten(
    query: str, points: int
) -> None:
    assert requested(query) == points


def test_the_size_of_a_page_may_be_a_variable() -> None:
    assert requested(ORDERS, query="", first=250) == 2 + 11 * 31
    assert requested(ORDERS, query="", first=10) == 2 + 4 * 31


async def test_what_did_not_come_is_given_back(stand: Stand) -> None:
    answer = (await stand.ask(ORDERS, query="", first=250)).json()
    cost = answer["extensions"]["cost"]
    assert cost["requestedQueryCost"] == 343
    assert cost["actualQueryCost"] == 2
    assert cost["throttleStatus"] == {
        "maximumAvailable": 2000.0,
        "currentlyAvailable": 1998,
        "restoreRate": 100,
    }

    stand.shopify.place(SHOP, [document(placed()) for _ in range(250)])
    cost = (await stand.ask(ORDERS, query="", first=250)).json()["extensions"]["cost"]
    assert 2 + 11 < cost["actualQueryCost"] < 343


@pytest.mark.parametrize(
    ("plan", "points", "requests"),
    [
        (Plan.STANDARD, 100, 2),
        (Plan.ADVANCED, 200, 4),
        (Plan.PLUS, 1000, 20),
        (Plan.ENTERPRISE, 2000, 40),
    ],
)
async def test_a_plan_restores_so_much_a_second(
    stand: Stand, plan: Plan, points: int, requests: int
) -> None:
    stand.shopify.agree(terms(stand.gateway, plan=plan))
    status = (await stand.ask(COUNT)).json()["extensions"]["cost"]["throttleStatus"]
    assert status["restoreRate"] == points
    assert status["maximumAvailable"] == 20 * points
    assert calls(stand).requests.rate == requests


def test_a_bucket_gives_what_it_holds_and_then_what_is_restored() -> None:
    bucket = Bucket(rate=100, at=0.0)
    assert bucket.take(2000)
    assert not bucket.take(1)
    assert bucket.wait(1) == pytest.approx(0.01)
    bucket.restore(0.5)
    assert not bucket.take(50.1)
    assert bucket.take(50)
    bucket.restore(1000.0)
    assert not bucket.take(2000.1)
    assert bucket.take(2000)


async def test_who_has_too_few_points_is_throttled_with_200(stand: Stand) -> None:
    assert (await stand.ask(COUNT)).json()["data"]
    calls(stand).points.left = 300
    answer = await stand.ask(ORDERS, query="", first=250)
    assert answer.status_code == 200
    assert answer.json()["errors"][0]["extensions"]["code"] == "THROTTLED"
    cost = answer.json()["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (343, None)
    assert "data" not in answer.json()

    calls(stand).points.at -= 1.0
    assert (await stand.ask(ORDERS, query="", first=250)).json()["data"]
    report = stand.shopify.report(SHOP)
    assert (report.asked, report.throttled, report.too_many) == (3, 1, 0)


async def test_who_calls_too_often_is_told_when_to_come_again(stand: Stand) -> None:
    answers = [await stand.ask(COUNT) for _ in range(45)]
    refused = [one for one in answers if one.status_code == 429]
    assert 4 <= len(refused) <= 5  # 40 are held, and one may be restored meanwhile
    assert float(refused[0].headers["Retry-After"]) == 0.5
    report = stand.shopify.report(SHOP)
    assert (report.asked, report.too_many) == (45, len(refused))
    assert 0 < report.busiest_second <= 45


async def test_a_query_that_is_too_dear_never_runs(stand: Stand) -> None:
    node = "totalPriceSet { shopMoney { amount } presentmentMoney { amount } }"
    aliases = " ".join(
        f"p{number}: orders(first: 250, sortKey: UPDATED_AT) {{ nodes {{ {node} }} }}"
        for number in range(23)
    )
    assert requested(f"{{ {aliases} }}") == 23 * 46
    answer = await stand.ask(f"{{ {aliases} }}")
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert "Query cost is 1058" in error["message"]
    assert calls(stand).points.left == calls(stand).points.holds


@pytest.mark.parametrize("query", ["{", "{ shop { name } }", "{ orders { nodes { id } } }"])
async def test_a_mistake_in_a_query_is_an_error_with_200(stand: Stand, query: str) -> None:
    answer = await stand.ask(query)
    assert answer.status_code == 200
    assert answer.json()["errors"]


async def test_variables_of_another_type_are_an_error(stand: Stand) -> None:
    answer = await stand.ask(ORDERS, query="", first="many")
    assert answer.json()["errors"]


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"variables": {}}', b"{", b"\xff"])
async def test_what_is_no_call_is_a_bad_request(stand: Stand, content: bytes) -> None:
    answer = await stand.client.post(
        "/admin/api/2026-10/graphql.json",
        content=content,
        headers={"X-Shopify-Access-Token": "shpat_1"},
    )
    assert answer.status_code == 400


@pytest.mark.parametrize(("version", "status"), [("2025-10", 200), ("2025-07", 404)])
async def test_versions_end_after_a_year(stand: Stand, version: str, status: int) -> None:
    answer = await stand.client.post(
        f"/admin/api/{version}/graphql.json",
        json={"query": COUNT},
        headers={"X-Shopify-Access-Token": "shpat_1"},
    )
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("answered", "status"),
    [(Answered.TOO_MANY, 429), (Answered.UNAVAILABLE, 503), (Answered.THROTTLED, 200)],
)
async def test_trouble_comes_as_often_as_it_is_told_to(
    stand: Stand, answered: Answered, status: int
) -> None:
    trouble = Trouble(answered=answered, times=2)
    stand.shopify.circumstances.fail(Faults(troubles=[trouble]))
    answers = [await stand.ask(COUNT) for _ in range(3)]
    assert [one.status_code for one in answers] == [status, status, 200]
    codes = [one.json()["errors"] for one in answers[:2]]
    assert (answered is Answered.THROTTLED) is ("THROTTLED" in str(codes))
    assert answers[2].json()["data"]
    report = stand.shopify.report(SHOP)
    assert (report.troubled, report.throttled, report.too_many) == (2, 0, 0)


async def test_a_token_that_was_replaced_is_refused(stand: Stand) -> None:
    stand.shopify.agree(terms(stand.gateway, token="shpat_2"))
    assert (await stand.ask(COUNT)).status_code == 401
    assert (await stand.ask(COUNT, token="shpat_2")).status_code == 200
