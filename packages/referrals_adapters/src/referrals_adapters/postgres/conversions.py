"""The conversions in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from sqlalchemy import and_, func, select

from referrals_adapters.postgres.sets import given, same
from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import HOLDS_THE_FRIEND, referrals, referred_orders
from referrals_domain.model.identifiers import CustomerId, CustomerKey, MerchantId, ReferralId
from referrals_domain.ports.conversions import AdvocateDay, Conversions

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_FRIENDS = given(referrals.c.merchant_id, referrals.c.referred_customer_id)
_BY_FRIENDS = (
    select(referrals.c.merchant_id, referrals.c.referred_customer_id, referrals.c.id)
    .join(_FRIENDS, same(referrals, _FRIENDS, "merchant_id", "referred_customer_id"))
    .where(HOLDS_THE_FRIEND)
)

_DAYS = given(referrals.c.merchant_id, referrals.c.customer_id, referred_orders.c.placed_on)
_COUNT = (
    select(*_DAYS.c["merchant_id", "customer_id", "placed_on"], func.count().label("number"))
    .select_from(_DAYS)
    .join(referrals, same(referrals, _DAYS, "merchant_id", "customer_id"))
    .join(
        referred_orders,
        and_(
            same(referred_orders, _DAYS, "merchant_id", "placed_on"),
            referred_orders.c.order_id == referrals.c.order_id,
        ),
    )
    .where(HOLDS_THE_FRIEND)
    .group_by(*_DAYS.c["merchant_id", "customer_id", "placed_on"])
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
        counted = {
            AdvocateDay(_customer(row.merchant_id, row.customer_id), row.placed_on): row.number
            for row in rows
        }
        return {day: counted.get(day, 0) for day in days}


def _customer(merchant_id: str, customer_id: str) -> CustomerKey:
    return CustomerKey(MerchantId(merchant_id), CustomerId(customer_id))
