"""The held deliveries in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from sqlalchemy import null, select, update

from referrals_adapters.postgres.sets import given, same
from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import IS_HELD, deliveries
from referrals_domain.model.delivery import HeldDelivery, Topic
from referrals_domain.model.identifiers import MerchantId, OrderId
from referrals_domain.ports.held_deliveries import HeldDeliveries

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

_COLUMNS = deliveries.c

_ALL = (
    select(
        *(
            _COLUMNS[name]
            for name in ("id", "merchant_id", "order_id", "topic", "received_at", "attempts")
        )
    )
    .where(IS_HELD)
    .order_by(_COLUMNS.received_at, _COLUMNS.id)
)

_RELEASED = given(_COLUMNS.id, _COLUMNS.due_at)
_RELEASE = (
    update(deliveries)
    .where(same(deliveries, _RELEASED, "id"))
    .where(IS_HELD)
    .values(outcome=null(), due_at=_RELEASED.c.due_at)
    .returning(_COLUMNS.id)
)


@attrs.frozen
class PostgresHeldDeliveries(HeldDeliveries):
    """The held deliveries in PostgreSQL."""

    statements: Statements

    async def all(self) -> Sequence[HeldDelivery]:
        """Return them, those that came first first."""
        return [
            HeldDelivery(
                id=row.id,
                merchant_id=MerchantId(row.merchant_id),
                order_id=OrderId(row.order_id),
                topic=Topic(row.topic),
                received_at=row.received_at,
                attempts=row.attempts,
            )
            for row in await self.statements.rows(_ALL)
        ]

    async def release(self, ids: Collection[int], *, due_at: datetime) -> Collection[int]:
        """Have those among them that are held wait for a worker."""
        rows = [{"id": id_, "due_at": due_at} for id_ in ids]
        return [row.id for row in await self.statements.rows_for(_RELEASE, rows)]
