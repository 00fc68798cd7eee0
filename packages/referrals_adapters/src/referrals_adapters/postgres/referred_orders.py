"""The referred orders in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    from datetime import datetime

    from referrals_adapters.postgres.row import Row
    from referrals_domain.model.identifiers import OrderKey

_COLUMNS = referred_orders.c

_KEYS = given(_COLUMNS.merchant_id, _COLUMNS.order_id)
_GET = select(referred_orders).join(_KEYS, same(referred_orders, _KEYS, "merchant_id", "order_id"))
_LOCK = _GET.order_by(_COLUMNS.order_id).with_for_update(of=referred_orders)

_BLANKS = given(*(column for column in _COLUMNS if column.name != "heard_of_at"))
_CLAIM = inserting(referred_orders, _BLANKS).on_conflict_do_nothing()
_SAVE = updating(referred_orders, given(*_COLUMNS), "merchant_id", "order_id")


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
        an unknown order is locked like a known one. What is missing after that is another
        merchant's, or was forgotten between the two statements: then it is inserted now.
        """
        locked = await self._lock(set(keys))
        missing = set(keys) - locked.keys()
        return locked | await self._lock(missing) if missing else locked

    async def save(self, orders: Collection[ReferredOrder], *, at: datetime) -> None:
        """Update orders that this transaction locked."""
        rows = [{**order_to_row(order), "heard_of_at": at} for order in orders]
        if await self.statements.count_for(_SAVE, rows) != len(rows):
            raise AssertionError("an order is locked before it is saved")

    async def _lock(self, keys: Collection[OrderKey]) -> dict[OrderKey, ReferredOrder]:
        in_order = sorted(keys, key=lambda key: (key.order_id, key.merchant_id))
        blanks = [ReferredOrder(merchant_id=m, facts=OrderFacts(order_id=o)) for m, o in in_order]
        await self.statements.count_for(_CLAIM, [order_to_row(blank) for blank in blanks])
        rows = [key._asdict() for key in in_order]
        return _by_key(await self.statements.rows_for(_LOCK, rows))


def _by_key(rows: Iterable[Row]) -> dict[OrderKey, ReferredOrder]:
    return {order.key: order for order in map(to_order, rows)}
