"""What was kept for long enough, in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
from sqlalchemy import (
    Date,
    Integer,
    Text,
    and_,
    bindparam,
    cast,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    true,
)

from referrals_adapters.postgres.referral_history import forget_history
from referrals_adapters.postgres.sets import given, same
from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import (
    IS_AT_REST,
    IS_DONE,
    IS_HELD,
    IS_UNBOUND,
    IS_WAITING,
    deliveries,
    outbox,
    programs,
    quarantine,
    referrals,
    referred_orders,
    requests,
    stale_statuses,
    visits,
)
from referrals_domain.model.identifiers import MerchantId, ReferralId, ReferralKey
from referrals_domain.model.retention import TERMS, Kept
from referrals_domain.ports.retention import Retention

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Column, ColumnElement, Delete, FromClause, TextClause

    from referrals_adapters.postgres.row import Row

_LIMIT: Final = bindparam("limit", type_=Integer)
_BEFORE: Final = bindparam("before", type_=requests.c.created_at.type)
_AT: Final = bindparam("at", type_=referrals.c.updated_at.type)


def _oldest(time: Column[Any], *conditions: ColumnElement[bool] | TextClause) -> Delete:
    """
    Return the statement that deletes those of a table whose term is over, oldest first.

    It finds them by their place, as not every table has a short key; what somebody has changed
    meanwhile lies in another.
    """
    place: ColumnElement[Any] = literal_column("ctid")
    places = select(place).select_from(time.table).where(*conditions).order_by(time)
    free = places.limit(_LIMIT).with_for_update(skip_locked=True)
    return delete(time.table).where(place == func.any(func.array(free.scalar_subquery())))


def _is_waited_for(order: FromClause) -> ColumnElement[bool]:
    """Return the condition that a delivery about an order waits for a worker or a person."""
    return exists().where(
        deliveries.c.merchant_id == order.c.merchant_id,
        deliveries.c.order_id == order.c.order_id,
        or_(IS_WAITING, IS_HELD),
    )


_FORGET: Final = {
    Kept.DELIVERIES: _oldest(
        deliveries.c.received_at, IS_DONE, deliveries.c.received_at <= _BEFORE
    ),
    Kept.QUARANTINE: _oldest(quarantine.c.received_at, quarantine.c.received_at <= _BEFORE),
    Kept.ORDERS: _oldest(
        referred_orders.c.heard_of_at,
        IS_UNBOUND,
        referred_orders.c.heard_of_at <= _BEFORE,
        ~_is_waited_for(referred_orders),
    ),
    Kept.REQUESTS: _oldest(requests.c.created_at, requests.c.created_at <= _BEFORE),
    Kept.VISITS: _oldest(visits.c.day, visits.c.day < cast(func.timezone("UTC", _BEFORE), Date)),
}

_OVER: Final = (  # each program has a retention of its own: so each is looked through by itself
    select(referrals.c.id, (_AT - programs.c.retention).label("before"))
    .where(referrals.c.merchant_id == programs.c.merchant_id, IS_AT_REST)
    .where(referrals.c.updated_at <= _AT - programs.c.retention)
    .where(
        ~exists().where(outbox.c.aggregateid == cast(referrals.c.id, Text)),
        ~exists().where(
            stale_statuses.c.merchant_id == referrals.c.merchant_id,
            stale_statuses.c.referral_id == referrals.c.id,
        ),
        ~_is_waited_for(referrals),
    )
    .order_by(referrals.c.updated_at, referrals.c.id)
    .limit(_LIMIT)
    .lateral("over")
)
_PAGE: Final = (
    select(programs.c.merchant_id, _OVER.c.id, _OVER.c.before)
    .select_from(programs.join(_OVER, true()))
    .where(programs.c.retention.is_not(None))
    .limit(_LIMIT)
    .subquery("page")
)
_LOCK_REFERRALS: Final = (
    select(referrals.c.merchant_id, referrals.c.id, referrals.c.order_id, referrals.c.version)
    .join(_PAGE, and_(*(referrals.c[name] == _PAGE.c[name] for name in ("merchant_id", "id"))))
    .where(IS_AT_REST, referrals.c.updated_at <= _PAGE.c.before)  # again: it may have changed
    .with_for_update(of=referrals, skip_locked=True)
)

_ORDERS = given(referred_orders.c.merchant_id, referred_orders.c.order_id)
_LOCK_ORDERS: Final = (
    select(referred_orders.c.merchant_id, referred_orders.c.order_id)
    .join(_ORDERS, same(referred_orders, _ORDERS, "merchant_id", "order_id"))
    .with_for_update(of=referred_orders, skip_locked=True)
)
_DELETE_ORDERS: Final = delete(referred_orders).where(
    same(referred_orders, _ORDERS, "merchant_id", "order_id")
)

_REFERRALS = given(referrals.c.merchant_id, referrals.c.id)
_DELETE_REFERRALS: Final = delete(referrals).where(
    same(referrals, _REFERRALS, "merchant_id", "id")
)


@attrs.frozen
class PostgresRetention(Retention):
    """
    What was kept for long enough, in PostgreSQL: a page is a stretch of an index.

    It locks in an order of its own, and still ends in no deadlock, because it waits for nobody.
    """

    statements: Statements

    async def forget(self, kept: Kept, limit: int, *, at: datetime) -> int:
        """Delete those whose term is over, but for what is locked."""
        return await self.statements.count(_FORGET[kept], limit=limit, before=at - TERMS[kept])

    async def forget_referrals(self, limit: int, *, at: datetime) -> Mapping[ReferralKey, int]:
        """Delete referrals whose retention is over, but for what is locked, or its order is."""
        locked = await self.statements.rows(_LOCK_REFERRALS, limit=limit, at=at)
        orders = await self._lock_orders([row for row in locked if row.order_id])
        gone = [
            row for row in locked if not row.order_id or (row.merchant_id, row.order_id) in orders
        ]
        keys = [{"merchant_id": row.merchant_id, "id": row.id} for row in gone]
        await self.statements.count_for(
            _DELETE_ORDERS, [{"merchant_id": m, "order_id": o} for m, o in orders]
        )
        await self.statements.count_for(_DELETE_REFERRALS, keys)
        versions = {
            ReferralKey(MerchantId(row.merchant_id), ReferralId(row.id)): row.version
            for row in gone
        }
        await forget_history(self.statements, versions)
        return versions

    async def _lock_orders(self, bound: Sequence[Row]) -> set[tuple[str, str]]:
        rows = [{"merchant_id": one.merchant_id, "order_id": one.order_id} for one in bound]
        found = await self.statements.rows_for(_LOCK_ORDERS, rows)
        return {(row.merchant_id, row.order_id) for row in found}
