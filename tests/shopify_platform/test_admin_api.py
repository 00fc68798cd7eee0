"""Our client of the Admin API, against a Shopify that refuses as Shopify does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import attrs
import httpx
import pytest

from referrals_adapters.flow.budget import LocalBudget
from referrals_adapters.shopify.access import Plan, ShopAccess
from referrals_adapters.shopify.admin_api import AdminApi
from referrals_adapters.shopify.orders import ORDERS_A_PAGE, ShopifyOrders
from referrals_domain.errors import Unauthenticated, Unavailable
from referrals_domain.model.identifiers import ShopDomain
from referrals_sandbox.neighbours.shopify_platform.faults import Answered, Faults, Trouble
from referrals_sandbox.neighbours.shopify_platform.serving import application
from tests.shopify_platform.conftest import SECRET, SHOP, TOKEN
from tests.shopify_platform.orders import NOON, document, placed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_domain.model.order import OrderFacts
    from tests.shopify_platform.conftest import Stand

ACME: Final = ShopDomain(SHOP)
ACCESS: Final = ShopAccess(token=TOKEN, plan=Plan.PLUS)
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
    assert TOKEN not in repr(ACCESS)
    with pytest.raises(Unauthenticated) as refused:
        await _all(stand, shops={ACME: attrs.evolve(ACCESS, token="s3cret")})
    assert "s3cret" not in repr(refused.value)


async def test_shopify_never_has_to_refuse_for_want_of_points(stand: Stand) -> None:
    standard = attrs.evolve(ACCESS, plan=Plan.STANDARD)
    orders = [placed(placed_at=NOON + timedelta(seconds=s)) for s in range(6 * ORDERS_A_PAGE)]
    stand.shopify.place(SHOP, [document(order) for order in orders])
    found = await _all(stand, shops={ACME: standard})
    report = stand.shopify.report(SHOP)
    assert len(found) == len(orders)
    assert (report.throttled, report.too_many, report.asked) == (0, 0, 6)


async def _all(
    stand: Stand,
    *,
    between: tuple[datetime, datetime] = EVER,
    shops: dict[ShopDomain, ShopAccess] | None = None,
) -> Sequence[OrderFacts]:
    # A connection that ends is half a body here: what serves runs in this process.
    transport = httpx.ASGITransport(application(stand.shopify), raise_app_exceptions=False)
    found: list[OrderFacts] = []
    async with httpx.AsyncClient(transport=transport) as client:
        orders = ShopifyOrders(
            api=AdminApi(
                client=client,
                url="https://{shop}/admin/api/2026-10/graphql.json",
                shops=lambda: {ACME: ACCESS} if shops is None else shops,
                budget=LocalBudget(),
                urgent=False,
                retry_after=lambda _: timedelta(milliseconds=1),
            ),
            secret=SECRET,
        )
        since, until = between
        page: str | None = None
        while True:
            answer = await orders.changed(ACME, since=since, until=until, page=page)
            found += answer.facts
            page = answer.next
            if page is None:
                return found
