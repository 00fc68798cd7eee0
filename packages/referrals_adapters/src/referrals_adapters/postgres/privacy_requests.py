"""The privacy requests in PostgreSQL."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import attrs
from sqlalchemy import Text, bindparam, null, select, update

from referrals_adapters.postgres.sets import given, inserting
from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import IS_ASKED, privacy_requests
from referrals_domain.model.identifiers import CustomerId, MerchantId
from referrals_domain.model.privacy import PrivacyKind, PrivacyRequest
from referrals_domain.ports.privacy_requests import PrivacyRequests

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from referrals_adapters.postgres.row import Row
    from referrals_domain.model.identifiers import CustomerKey
    from referrals_domain.model.privacy import PrivacyCall

_COLUMNS: Final = privacy_requests.c
_ADD: Final = inserting(
    privacy_requests, given(*(column for column in _COLUMNS if column.name != "id"))
).on_conflict_do_nothing(constraint="uq_privacy_requests_key")
_ALL: Final = select(privacy_requests).order_by(_COLUMNS.received_at, _COLUMNS.id)
_ANSWER: Final = (
    update(privacy_requests)
    .where(_COLUMNS.merchant_id == bindparam("of_merchant", type_=Text))
    .where(_COLUMNS.customer_id == bindparam("customer", type_=Text))
    .where(_COLUMNS.kind == PrivacyKind.DATA_REQUEST.value)
    .where(IS_ASKED)
    .values(
        customer_id=null(),
        done_at=bindparam("at", type_=_COLUMNS.done_at.type),
        touched=bindparam("receipt", type_=_COLUMNS.touched.type),
    )
    .returning(_COLUMNS.id)
)


@attrs.frozen
class PostgresPrivacyRequests(PrivacyRequests):
    """The privacy requests in PostgreSQL."""

    statements: Statements

    async def add(
        self,
        merchant_id: MerchantId,
        call: PrivacyCall,
        *,
        key: str,
        touched: Mapping[str, int],
    ) -> bool:
        """Insert a request unless its key is taken."""
        row = {
            "merchant_id": merchant_id,
            "kind": call.kind,
            "key": key,
            "customer_id": call.customer_id,
            "received_at": call.received_at,
            "done_at": None,
            "touched": json.dumps(dict(touched)),
        }
        return bool(await self.statements.count_for(_ADD, [row]))

    async def all(self) -> Sequence[PrivacyRequest]:
        """Return them, those that came first first."""
        return [to_privacy_request(row) for row in await self.statements.rows(_ALL)]

    async def answer(
        self, customer: CustomerKey, *, at: datetime, touched: Mapping[str, int]
    ) -> int:
        """Note that the open data requests of a customer are done."""
        answered = await self.statements.rows(
            _ANSWER,
            of_merchant=str(customer.merchant_id),
            customer=str(customer.customer_id),
            at=at,
            receipt=json.dumps(dict(touched)),
        )
        return len(answered)


def to_privacy_request(row: Row) -> PrivacyRequest:
    """Read a row of `privacy_requests`."""
    return PrivacyRequest(
        id=row.id,
        merchant_id=MerchantId(row.merchant_id),
        kind=PrivacyKind(row.kind),
        customer_id=CustomerId(row.customer_id) if row.customer_id else None,
        received_at=row.received_at,
        done_at=row.done_at,
        touched=json.loads(row.touched),
    )
