"""The Admin API finds every order, whatever happens meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from referrals_sandbox.neighbours.shopify_platform.order import Refusal
from tests.shopify_platform.conftest import SHOP
from tests.shopify_platform.orders import NOON, ORDERS, document, placed

if TYPE_CHECKING:
    from tests.shopify_platform.conftest import Stand

COUNT = """
query ($query: String, $limit: Int) {
  ordersCount(query: $query, limit: $limit) { count precision }
}
"""
FIRST = 2**63 + 1  # a float holds neither this number nor its neighbours


def place(stand: Stand, count: int) -> None:
    """Place an order a minute, from noon on."""
    stand.shopify.place(
        SHOP,
        [
            document(placed(order_id=FIRST + number, placed_at=NOON + timedelta(minutes=number)))
            for number in range(count)
        ],
    )


async def page(stand: Stand, first: int, after: str | None = None, query: str = "") -> Any:
    return (await stand.data(ORDERS, query=query, first=first, after=after))["orders"]


def numbers(orders: Any) -> list[int]:
    return [int(node["legacyResourceId"]) - FIRST for node in orders["nodes"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [0, 1, 2, 3]),
        ("updated_at:>=2026-11-24T12:01:00Z", [1, 2, 3]),
        ("updated_at:>'2026-11-24T12:01:00Z'", [2, 3]),
        ('updated_at:<="2026-11-24T13:01:00+01:00"', [0, 1]),
        ("updated_at:<2026-11-24T12:01:00Z", [0]),
        ("updated_at:>=2026-11-24T12:01:00Z updated_at:<=2026-11-24T12:02:00Z", [1, 2]),
        ("updated_at:>=2026-11-24T12:01:00Z AND updated_at:<=2026-11-24T12:02:00Z", [1, 2]),
        ("updated_at:>=2026-11-25T00:00:00Z", []),
    ],
)
async def test_orders_are_found_by_when_they_changed(
    stand: Stand, query: str, found: list[int]
) -> None:
    place(stand, 4)
    assert numbers(await page(stand, 250, query=query)) == found
    assert await stand.data(COUNT, query=query) == {
        "ordersCount": {"count": len(found), "precision": "EXACT"}
    }


@pytest.mark.parametrize(
    "query",
    [
        "status:any",
        "updated_at:2026-11-24",
        "updated_at:>=noon",
        "updated_at:>=2026-11-24T12:00:00",
        "updated_at:>='2026-11-24T12:00:00Z",
        "updated_at:>=2026-11-24T12:00:00Z OR updated_at:<=2026-11-24T12:00:00Z",
    ],
)
async def test_what_is_not_understood_is_an_error_and_not_everything(
    stand: Stand, query: str
) -> None:
    place(stand, 1)
    answer = await stand.ask(ORDERS, query=query, first=1)
    assert answer.status_code == 200
    assert answer.json()["errors"]
    assert not answer.json()["data"]


async def test_pages_follow_each_other_without_a_gap(stand: Stand) -> None:
    place(stand, 5)
    seen, after = [], None
    while True:
        orders = await page(stand, 2, after)
        seen += numbers(orders)
        after = orders["pageInfo"]["endCursor"]
        if not orders["pageInfo"]["hasNextPage"]:
            break
    assert seen == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("changed", [0, 1])
async def test_an_order_that_changes_between_two_pages_comes_again_and_hides_no_other(
    stand: Stand, changed: int
) -> None:
    place(stand, 4)
    first = await page(stand, 2)
    stand.shopify.touch(SHOP, FIRST + changed)
    rest = await page(stand, 250, first["pageInfo"]["endCursor"])
    assert numbers(first) == [0, 1]
    assert numbers(rest) == [2, 3, changed]


async def test_orders_of_one_second_are_told_apart(stand: Stand) -> None:
    stand.shopify.place(SHOP, [document(placed(order_id=FIRST + one)) for one in (2, 0, 1)])
    first = await page(stand, 2)
    rest = await page(stand, 2, first["pageInfo"]["endCursor"])
    assert numbers(first) + numbers(rest) == [0, 1, 2]
    assert rest["pageInfo"]["hasNextPage"] is False


@pytest.mark.parametrize(("first", "is_taken"), [(0, False), (1, True), (250, True), (251, False)])
async def test_a_page_has_up_to_250_orders(stand: Stand, first: int, *, is_taken: bool) -> None:
    answer = (await stand.ask(ORDERS, query="", first=first)).json()
    assert ("errors" not in answer) is is_taken


@pytest.mark.parametrize("after", ["", "x", "e30=", "MQ=="])
async def test_a_cursor_that_is_none_is_an_error(stand: Stand, after: str) -> None:
    answer = (await stand.ask(ORDERS, query="", first=1, after=after)).json()
    assert "Invalid cursor" in answer["errors"][0]["message"]


async def test_a_count_stops_at_its_limit(stand: Stand) -> None:
    place(stand, 3)
    for limit, count in (
        (2, {"count": 2, "precision": "AT_LEAST"}),
        (3, {"count": 3, "precision": "EXACT"}),
    ):
        assert (await stand.data(COUNT, limit=limit))["ordersCount"] == count


@pytest.mark.parametrize("change", ["pay", "cancel", "touch", "refund"])
async def test_whatever_happens_to_an_order_it_has_changed(stand: Stand, change: str) -> None:
    order = placed(is_paid=change != "pay")
    stand.shopify.place(SHOP, [document(order)])
    getattr(stand.shopify, change)(SHOP, order.order_id)
    (node,) = (await page(stand, 1))["nodes"]
    assert datetime.fromisoformat(node["updatedAt"]) > NOON


@pytest.mark.parametrize(
    ("is_paid", "refused"),
    [(True, ["pay"]), (False, ["refund"]), (True, ["refund", "refund"]), (True, ["cancel"] * 2)],
)
async def test_what_cannot_happen_to_an_order_is_refused(
    stand: Stand, *, is_paid: bool, refused: list[str]
) -> None:
    order = placed(is_paid=is_paid)
    stand.shopify.place(SHOP, [document(order)])
    *before, last = refused
    for one in before:
        getattr(stand.shopify, one)(SHOP, order.order_id)
    with pytest.raises(Refusal):
        getattr(stand.shopify, last)(SHOP, order.order_id)


async def test_no_two_orders_have_the_same_number(stand: Stand) -> None:
    place(stand, 1)
    with pytest.raises(Refusal):
        place(stand, 1)


async def test_a_shop_has_its_own_orders_and_its_own_token(stand: Stand) -> None:
    place(stand, 1)
    answers = [
        await stand.ask(ORDERS, token=token, shop=shop, query="", first=1)
        for token, shop in (("shpat_2", SHOP), ("shpat_1", "other.myshopify.com"))
    ]
    assert [one.status_code for one in answers] == [401, 404]
