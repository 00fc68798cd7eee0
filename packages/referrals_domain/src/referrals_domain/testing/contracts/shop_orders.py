"""The laws of `ShopOrders`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

import pytest

from referrals_domain.errors import Unauthenticated
from referrals_domain.model.identifiers import OrderId, ShopDomain
from referrals_domain.ports.shop_orders import ShopOrders
from referrals_domain.testing import builders

if TYPE_CHECKING:
    from collections.abc import Sequence

ShopWith: TypeAlias = Callable[[Mapping[OrderId, datetime]], ShopOrders]
NOON: Final = builders.PLACED_AT.replace(hour=12, minute=0, second=0)
LATEST: Final = NOON + timedelta(hours=2)
MANY: Final = {
    OrderId(f"{7_000 + number}"): NOON + timedelta(minutes=number) for number in range(101)
}
"""More than are on a page."""

SOME: Final = dict(list(MANY.items())[:4])
STRANGER: Final = ShopDomain("stranger.myshopify.com")


class ShopOrdersContract(ABC):
    """
    Every order that changed, once.

    Override `shop_with` to have it test yours.
    """

    @pytest.fixture
    @abstractmethod
    def shop_with(self) -> ShopWith:
        """
        Return what asks for the orders of the builders' shop, which changed when it is told.

        To the shop `STRANGER` it has no access.
        """

    async def test_every_order_is_on_one_page_the_earliest_change_first(
        self, shop_with: ShopWith
    ) -> None:
        orders = shop_with(dict(reversed(MANY.items())))
        assert await _found(orders) == list(MANY)

    async def test_what_changed_at_the_first_or_the_last_moment_is_found_and_nothing_beyond(
        self, shop_with: ShopWith
    ) -> None:
        orders = shop_with(SOME)
        _, second, third, _ = SOME.values()
        assert await _found(orders, since=second, until=third) == list(SOME)[1:3]
        assert await orders.count(builders.SHOP, since=second, until=third) == 2

    async def test_as_many_are_counted_as_are_found(self, shop_with: ShopWith) -> None:
        orders = shop_with(MANY)
        assert await orders.count(builders.SHOP, since=NOON, until=LATEST) == len(MANY)

    async def test_where_nothing_changed_nothing_is_found(self, shop_with: ShopWith) -> None:
        orders = shop_with({})
        assert await _found(orders) == []
        assert await orders.count(builders.SHOP, since=NOON, until=LATEST) == 0

    async def test_a_shop_that_gave_no_access_is_an_error(self, shop_with: ShopWith) -> None:
        orders = shop_with(SOME)
        with pytest.raises(Unauthenticated):
            await orders.count(STRANGER, since=NOON, until=LATEST)
        with pytest.raises(Unauthenticated):
            await orders.changed(STRANGER, since=NOON, until=LATEST)


async def _found(
    orders: ShopOrders, *, since: datetime = NOON, until: datetime = LATEST
) -> Sequence[OrderId]:
    """Return what is on all pages."""
    found: list[OrderId] = []
    page = None
    while True:
        some = await orders.changed(builders.SHOP, since=since, until=until, page=page)
        found += [facts.order_id for facts in some.facts]
        page = some.next
        if page is None:
            return found
