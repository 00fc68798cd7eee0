"""The conversions in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from sqlalchemy import Integer, func, literal_column, select, true

from referrals_adapters.postgres.sets import given, same
from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import (
    HOLDS_THE_FRIEND,
    IS_CONVERSION,
    referrals,
    referred_orders,
)
from referrals_domain.model.identifiers import CustomerId, CustomerKey, MerchantId, ReferralId
from referrals_domain.ports.conversions import AdvocateDay, Conversions

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_FRIENDS = given(referrals.c.merchant_id, referrals.c.referred_customer_id)
_HOLDING = (  # a limit keeps it from being joined with all conversions that there are
    select(referrals.c.id)
    .where(same(referrals, _FRIENDS, "merchant_id", "referred_customer_id"), HOLDS_THE_FRIEND)
    .limit(literal_column("1", Integer))
    .lateral("holding")
)
_BY_FRIENDS = select(
    _FRIENDS.c.merchant_id, _FRIENDS.c.referred_customer_id, _HOLDING.c.id
).join_from(_FRIENDS, _HOLDING, true())

_DAYS = given(referrals.c.merchant_id, referrals.c.customer_id, referred_orders.c.placed_on)
_DAY = (  # a column of its own keeps orders from being read before conversions
    select(referred_orders.c.placed_on)
    .where(
        referred_orders.c.merchant_id == referrals.c.merchant_id,
        referred_orders.c.order_id == referrals.c.order_id,
    )
    .scalar_subquery()
)
_COUNT = select(
    *_DAYS.c["merchant_id", "customer_id", "placed_on"],
    select(func.count())
    .select_from(referrals)
    .where(
        same(referrals, _DAYS, "merchant_id", "customer_id"),
        IS_CONVERSION,
        _DAYS.c.placed_on == _DAY,
    )
    .scalar_subquery()
    .label("number"),
)


@attrs.frozen
class PostgresConversions(Conversions):
    """The conversions in PostgreSQL."""

    statements: Statements

    async def by_friends(
        self, friends: Collection[CustomerKey]
    ) -> Mapping[CustomerKey, ReferralId]:
        """Return which referral holds each friend."""
        keys = [
            {"merchant_id": merchant_id, "referred_customer_id": customer_id}
            for merchant_id, customer_id in set(friends)
        ]
        rows = await self.statements.rows_for(_BY_FRIENDS, keys)
        return {
            _customer(row.merchant_id, row.referred_customer_id): ReferralId(row.id)
            for row in rows
        }

    async def count(self, days: Collection[AdvocateDay]) -> Mapping[AdvocateDay, int]:
        """Return how many each advocate has with an order placed on that day."""
        keys = [{**day.advocate._asdict(), "placed_on": day.day} for day in set(days)]
        rows = await self.statements.rows_for(_COUNT, keys)
        return {
            AdvocateDay(_customer(row.merchant_id, row.customer_id), row.placed_on): row.number
            for row in rows
        }


def _customer(merchant_id: str, customer_id: str) -> CustomerKey:
    return CustomerKey(MerchantId(merchant_id), CustomerId(customer_id))
