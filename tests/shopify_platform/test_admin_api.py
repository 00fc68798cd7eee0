"""Our client of the Admin API, against a Shopify that refuses as Shopify does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import attrs
import httpx
import pytest

from referrals_adapters.shopify.access import ALLOWANCES, Plan
from referrals_adapters.shopify.admin_api import Question
from referrals_adapters.shopify.orders import ORDERS_A_PAGE, ShopifyOrders
from referrals_adapters.shopify.subscriptions import ShopifySubscriptions
from referrals_domain.errors import Unauthenticated, Unavailable
from referrals_domain.model.delivery import Topic
from referrals_sandbox.neighbours.shopify_platform.faults import Answered, Faults, Trouble
from tests.shopify_platform.asking import ACCESS, ACME, asking
from tests.shopify_platform.conftest import SECRET, SHOP
from tests.shopify_platform.orders import NOON, document, placed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_adapters.shopify.access import ShopAccess
    from referrals_domain.model.identifiers import ShopDomain
    from referrals_domain.model.order import OrderFacts
    from tests.shopify_platform.conftest import Stand

EVER: Final = (NOON - timedelta(days=400), datetime.now(UTC) + timedelta(days=1))
PASSING: Final = [Answered.TOO_MANY, Answered.UNAVAILABLE, Answered.THROTTLED, Answered.HALF]


async def test_every_order_is_on_some_page_the_earliest_change_first(stand: Stand) -> None:
    orders = [placed(placed_at=NOON + timedelta(minutes=m)) for m in range(2 * ORDERS_A_PAGE + 1)]
    stand.shopify.place(SHOP, [document(order) for order in reversed(orders)])
    found = await _all(stand)
    assert [facts.order_id for facts in found] == [str(order.order_id) for order in orders]


async def test_only_what_changed_between_is_found(stand: Stand) -> None:
    orders = [placed(placed_at=NOON + timedelta(minutes=m)) for m in range(4)]
    stand.shopify.place(SHOP, [document(order) for order in orders])
    between = (NOON + timedelta(minutes=1), NOON + timedelta(minutes=2))
    found = await _all(stand, between=between)
    assert [facts.order_id for facts in found] == [str(one.order_id) for one in orders[1:3]]


@pytest.mark.parametrize("answered", PASSING)
async def test_what_passes_is_waited_for(stand: Stand, answered: Answered) -> None:
    stand.shopify.place(SHOP, [document(placed())])
    stand.shopify.circumstances.faults = Faults(troubles=[Trouble(answered=answered, times=3)])
    assert len(await _all(stand)) == 1


@pytest.mark.parametrize("answered", PASSING)
async def test_what_does_not_pass_is_told(stand: Stand, answered: Answered) -> None:
    stand.shopify.circumstances.faults = Faults(troubles=[Trouble(answered=answered)])
    with pytest.raises(Unavailable):
        await _all(stand)


@pytest.mark.parametrize(
    "shops", [{}, {ACME: attrs.evolve(ACCESS, token="old")}], ids=["no access", "taken back"]
)
async def test_a_shop_that_gives_no_access_is_not_asked_again(
    stand: Stand, shops: dict[ShopDomain, ShopAccess]
) -> None:
    with pytest.raises(Unauthenticated):
        await _all(stand, shops=shops)
    assert stand.shopify.report(SHOP).asked <= 1


async def test_the_token_is_in_no_repr_and_no_error(stand: Stand) -> None:
    assert ACCESS.token.revealed() not in repr(ACCESS)
    with pytest.raises(Unauthenticated) as refused:
        await _all(stand, shops={ACME: attrs.evolve(ACCESS, token="s3cret")})
    assert "s3cret" not in repr(refused.value)


async def test_a_sweep_keeps_to_what_the_shops_plan_allows(stand: Stand) -> None:
    standard = attrs.evolve(ACCESS, plan=Plan.STANDARD)
    orders = [placed(placed_at=NOON + timedelta(seconds=s)) for s in range(8 * ORDERS_A_PAGE)]
    stand.shopify.place(SHOP, [document(order) for order in orders])
    found = await _all(stand, shops={ACME: standard})
    report = stand.shopify.report(SHOP)
    assert len(found) == len(orders)
    assert (report.throttled, report.too_many, report.asked) == (0, 0, 8)
    allowance = ALLOWANCES[Plan.STANDARD]
    assert report.busiest_second <= allowance.requests_gathered + allowance.requests


async def test_it_counts_what_changed_between(stand: Stand) -> None:
    orders = [placed(placed_at=NOON + timedelta(minutes=m)) for m in range(4)]
    stand.shopify.place(SHOP, [document(order) for order in orders])
    since, until = NOON + timedelta(minutes=1), NOON + timedelta(minutes=2)
    async with asking(stand) as api:
        shown = ShopifyOrders(api=api, secret=SECRET)
        assert await shown.count(ACME, since=since, until=until) == 2


@pytest.mark.parametrize("number", [(1 << 53) + 1, (1 << 63) + 1, (1 << 64) - 1])
async def test_numbers_that_no_float_can_hold_survive(stand: Stand, number: int) -> None:
    stand.shopify.place(SHOP, [document(placed(order_id=number, customer_id=number))])
    (facts,) = await _all(stand)
    assert (facts.order_id, facts.customer_id) == (str(number), str(number))


@pytest.mark.parametrize("code", ["ACCESS_DENIED", "SHOP_INACTIVE"])
async def test_what_shopify_lets_nobody_ask_is_asked_once(stand: Stand, code: str) -> None:
    asked = []

    def deny(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        errors = [{"message": "no", "extensions": {"code": code}}]
        return httpx.Response(200, json={"errors": errors, "data": None})

    async with asking(stand, transport=httpx.MockTransport(deny)) as api:
        with pytest.raises(Unauthenticated):
            await api.ask(ACME, Question("query { shop { name } }", 1), {}, dict)
    assert len(asked) == 1


async def test_what_a_question_is_said_to_cost_is_about_what_it_costs(stand: Stand) -> None:
    async with asking(stand) as api:
        await ShopifyOrders(api=api, secret=SECRET).count(ACME, since=EVER[0], until=EVER[1])
        await ShopifyOrders(api=api, secret=SECRET).changed(ACME, since=EVER[0], until=EVER[1])
        subscriptions = ShopifySubscriptions(api=api, address="https://go.example")
        await subscriptions.add(ACME, Topic.ORDERS_PAID)
        await subscriptions.get(ACME)
        told = api._costs  # noqa: SLF001 - told nowhere else
    assert len(told) == 4
    for question, cost in told.items():
        assert cost <= question.points <= cost + 50


async def _all(
    stand: Stand,
    *,
    between: tuple[datetime, datetime] = EVER,
    shops: dict[ShopDomain, ShopAccess] | None = None,
) -> Sequence[OrderFacts]:
    found: list[OrderFacts] = []
    async with asking(stand, shops=shops) as api:
        orders = ShopifyOrders(api=api, secret=SECRET)
        since, until = between
        page: str | None = None
        while True:
            answer = await orders.changed(ACME, since=since, until=until, page=page)
            found += answer.facts
            page = answer.next
            if page is None:
                return found
