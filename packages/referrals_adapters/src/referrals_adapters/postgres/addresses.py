"""The addresses of orders in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from sqlalchemy import Integer, literal_column, select, true

from referrals_adapters.postgres.sets import given, same
from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import referrals, referred_orders
from referrals_domain.model.identifiers import (
    AddressDigest,
    CustomerId,
    MerchantId,
    OrderId,
    OrderKey,
)
from referrals_domain.ports.addresses import Addresses, AddressUse

if TYPE_CHECKING:
    from collections.abc import Collection

_USES = given(
    referred_orders.c.merchant_id,
    referred_orders.c.order_id,
    referrals.c.customer_id,
    referrals.c.referred_customer_id,
    referred_orders.c.address,
)
_FRIEND = (  # whom that advocate brought; a column of its own is asked for the found orders alone
    select(referrals.c.referred_customer_id)
    .where(
        referrals.c.merchant_id == referred_orders.c.merchant_id,
        referrals.c.id == referred_orders.c.referral_id,
        referrals.c.customer_id == _USES.c.customer_id,
    )
    .correlate(referred_orders, _USES)
    .scalar_subquery()
)
_BY_ANOTHER_FRIEND = (  # a limit keeps it from being joined with all orders that there are
    select(referred_orders.c.order_id)
    .where(
        same(referred_orders, _USES, "merchant_id", "address"),
        referred_orders.c.order_id != _USES.c.order_id,
        _USES.c.referred_customer_id != _FRIEND,
    )
    .limit(literal_column("1", Integer))
    .lateral("another")
)
_SHARED = select(
    *_USES.c["merchant_id", "order_id", "customer_id", "referred_customer_id", "address"]
).join_from(_USES, _BY_ANOTHER_FRIEND, true())


@attrs.frozen
class PostgresAddresses(Addresses):
    """The addresses of orders in PostgreSQL."""

    statements: Statements

    async def shared(self, uses: Collection[AddressUse]) -> Collection[AddressUse]:
        """Return those for which there is an order of another friend of the same advocate."""
        rows = await self.statements.rows_for(_SHARED, [_row(use) for use in set(uses)])
        return {
            AddressUse(
                order=OrderKey(MerchantId(row.merchant_id), OrderId(row.order_id)),
                advocate=CustomerId(row.customer_id),
                friend=CustomerId(row.referred_customer_id),
                address=AddressDigest(row.address),
            )
            for row in rows
        }


def _row(use: AddressUse) -> dict[str, object]:
    return {
        **use.order._asdict(),
        "customer_id": use.advocate,
        "referred_customer_id": use.friend,
        "address": use.address,
    }
