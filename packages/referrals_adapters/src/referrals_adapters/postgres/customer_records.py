"""What is kept of a customer in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
from sqlalchemy import Text, bindparam, case, func, or_, select, text, update
from sqlalchemy.types import TIMESTAMP

from referrals_adapters.postgres.mapping import to_link, to_order, to_referral
from referrals_adapters.postgres.referred_orders import PostgresReferredOrders
from referrals_adapters.postgres.renaming import Renaming
from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import (
    referral_history,
    referral_links,
    referrals,
    referred_orders,
    requests,
)
from referrals_domain.model.identifiers import MerchantId, ReferralId, ReferralKey
from referrals_domain.model.privacy import CustomerRecord, HistoryLine
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_domain.model.request import fingerprint
from referrals_domain.ports.customer_records import CustomerRecords, Touched

if TYPE_CHECKING:
    from datetime import datetime

    from referrals_adapters.postgres.row import Row
    from referrals_domain.model.identifiers import CustomerId, CustomerKey

_MERCHANT: Final = bindparam("of_merchant", type_=Text)
_CUSTOMER: Final = bindparam("customer", type_=Text)
_TOMBSTONE: Final = bindparam("tombstone", type_=Text)

_LINKS: Final = (
    (referral_links.c.merchant_id == _MERCHANT),
    (referral_links.c.customer_id == _CUSTOMER),
)
_REFERRALS: Final = (
    (referrals.c.merchant_id == _MERCHANT),
    or_(referrals.c.customer_id == _CUSTOMER, referrals.c.referred_customer_id == _CUSTOMER),
)
_IS_FRIEND: Final = text("facts -> 'buyer' ->> 'customer_id' = :customer")
_IS_ANSWERED_ABOUT: Final = text("evidence -> 'customers' ? :customer")
_WAS_CHECKED: Final = text("evidence -> 'address' ->> 'customer_id' = :customer")

_GET_LINKS: Final = select(referral_links).where(*_LINKS)
_GET_REFERRALS: Final = (
    select(referrals).where(*_REFERRALS).order_by(referrals.c.opened_at, referrals.c.id)
)
_GET_ORDERS: Final = (
    select(referred_orders)
    .where(referred_orders.c.merchant_id == _MERCHANT, _IS_FRIEND)
    .order_by(referred_orders.c.order_id)
)
_GET_HISTORY: Final = (
    select(referral_history)
    .join(
        referrals,
        (referrals.c.merchant_id == referral_history.c.merchant_id)
        & (referrals.c.id == referral_history.c.referral_id),
    )
    .where(*_REFERRALS)
    .order_by(referral_history.c.referral_id, referral_history.c.version)
)

_RENAME_LINKS: Final = (
    update(referral_links)
    .where(*_LINKS)
    .values(
        customer_id=_TOMBSTONE,
        revoked_at=func.coalesce(
            referral_links.c.revoked_at, bindparam("at", type_=TIMESTAMP(timezone=True))
        ),
    )
    .returning(referral_links.c.id)
)
_RENAME_REFERRALS: Final = (
    update(referrals)
    .where(*_REFERRALS)
    .values(
        {
            column: case((column == _CUSTOMER, _TOMBSTONE), else_=column)
            for column in (referrals.c.customer_id, referrals.c.referred_customer_id)
        }
    )
    .returning(referrals.c.id, referrals.c.version)
)
_LOCK_ORDERS: Final = (
    select(referred_orders)
    .where(
        referred_orders.c.merchant_id == _MERCHANT,
        or_(_IS_FRIEND, _IS_ANSWERED_ABOUT, _WAS_CHECKED),
    )
    .order_by(referred_orders.c.order_id)
    .with_for_update()
)
_RENAME_REQUESTS: Final = (
    update(requests)
    .where(requests.c.merchant_id == _MERCHANT)
    .where(requests.c.fingerprint == bindparam("before", type_=requests.c.fingerprint.type))
    .values(fingerprint=bindparam("after", type_=requests.c.fingerprint.type))
    .returning(requests.c.request_id)
)


@attrs.frozen
class PostgresCustomerRecords(CustomerRecords):
    """What is kept of a customer in PostgreSQL; a redaction reads all rows of the merchant."""

    statements: Statements

    async def of(self, customer: CustomerKey) -> CustomerRecord:
        """Return what is kept of a customer."""
        whose = {"of_merchant": str(customer.merchant_id), "customer": str(customer.customer_id)}
        links = await self.statements.rows(_GET_LINKS, **whose)
        found = await self.statements.rows(_GET_REFERRALS, **whose)
        orders = await self.statements.rows(_GET_ORDERS, **whose)
        history = await self.statements.rows(_GET_HISTORY, **whose)
        return CustomerRecord(
            customer=customer,
            links=tuple(map(to_link, links)),
            referrals=tuple(map(to_referral, found)),
            orders=tuple(map(to_order, orders)),
            history=tuple(map(_to_line, history)),
        )

    async def redact(
        self, customer: CustomerKey, tombstone: CustomerId, *, at: datetime
    ) -> Touched:
        """Rename a customer in each table, orders first, then links, then referrals."""
        ask = self.statements.rows
        whose = {"of_merchant": str(customer.merchant_id), "customer": str(customer.customer_id)}
        named = {**whose, "tombstone": str(tombstone)}
        orders = await ask(_LOCK_ORDERS, **whose)
        names = {customer.customer_id: tombstone}
        await PostgresReferredOrders(self.statements).save(
            [to_order(row).renamed(names) for row in orders], at=at
        )
        links = await ask(_RENAME_LINKS, **named, at=at)
        renamed = await ask(_RENAME_REFERRALS, **named)
        prints = [fingerprint("create_referral_link", one) for one in (customer[1], tombstone)]
        asked = await ask(
            _RENAME_REQUESTS, of_merchant=whose["of_merchant"], before=prints[0], after=prints[1]
        )
        others = Renaming(self.statements, customer, tombstone)
        rows = {
            "referred_orders": len(orders),
            "referral_links": len(links),
            "referrals": len(renamed),
            "requests": len(asked),
            "deliveries": await others.deliveries(),
            "outbox": await others.outbox(),
        }
        return Touched(
            rows={table: number for table, number in rows.items() if number},
            versions={
                ReferralKey(MerchantId(customer.merchant_id), ReferralId(row.id)): row.version
                for row in renamed
            },
        )


def _to_line(row: Row) -> HistoryLine:
    return HistoryLine(
        referral_id=ReferralId(row.referral_id),
        version=row.version,
        from_status=ReferralStatus(row.from_status) if row.from_status else None,
        status=ReferralStatus(row.status),
        cause=Cause(row.cause),
        at=row.at,
    )
