"""The referred orders in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from sqlalchemy import select

from referrals_adapters.postgres.mapping import order_to_row, to_order
from referrals_adapters.postgres.sets import given, inserting, same, updating
from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import referred_orders
from referrals_domain.model.order import OrderFacts, ReferredOrder
from referrals_domain.ports.referred_orders import ReferredOrders

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sqlalchemy import Row

    from referrals_domain.model.identifiers import OrderKey

_COLUMNS = referred_orders.c

_KEYS = given(_COLUMNS.merchant_id, _COLUMNS.order_id)
_GET = select(referred_orders).join(_KEYS, same(referred_orders, _KEYS, "merchant_id", "order_id"))
_LOCK = _GET.order_by(_COLUMNS.order_id).with_for_update(of=referred_orders)

_ROWS = given(*_COLUMNS)
_CLAIM = inserting(referred_orders, _ROWS).on_conflict_do_nothing()
_SAVE = updating(referred_orders, _ROWS, "merchant_id", "order_id")


@attrs.frozen
class PostgresReferredOrders(ReferredOrders):
    """The referred orders in PostgreSQL."""

    statements: Statements

    async def get(self, keys: Collection[OrderKey]) -> Mapping[OrderKey, ReferredOrder]:
        """Return the orders that exist."""
        rows = [key._asdict() for key in set(keys)]
        return _by_key(await self.statements.rows_for(_GET, rows))

    async def lock(self, keys: Collection[OrderKey]) -> Mapping[OrderKey, ReferredOrder]:
        """
        Insert what is missing, then lock all of it, each in the order of the ids.

        Whoever inserts an id that another transaction has just inserted waits for its end; so
        an unknown order is locked like a known one.
        """
        in_order = sorted(set(keys), key=lambda key: (key.order_id, key.merchant_id))
        blanks = [ReferredOrder(merchant_id=m, facts=OrderFacts(order_id=o)) for m, o in in_order]
        await self.statements.count_for(_CLAIM, [order_to_row(blank) for blank in blanks])
        rows = [key._asdict() for key in in_order]
        return _by_key(await self.statements.rows_for(_LOCK, rows))

    async def save(self, orders: Collection[ReferredOrder]) -> None:
        """Update orders that this transaction locked."""
        rows = [order_to_row(order) for order in orders]
        if await self.statements.count_for(_SAVE, rows) != len(rows):
            raise AssertionError("an order is locked before it is saved")


def _by_key(rows: Iterable[Row[Any]]) -> dict[OrderKey, ReferredOrder]:
    return {order.key: order for order in map(to_order, rows)}
