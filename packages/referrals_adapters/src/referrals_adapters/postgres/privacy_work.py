"""The redactions that wait, in PostgreSQL."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Final

import attrs
from sqlalchemy import BigInteger, Integer, bindparam, case, delete, null, select, update

from referrals_adapters.postgres.privacy_requests import to_privacy_request
from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import IS_ASKED, privacy_requests
from referrals_domain.model.privacy import PrivacyKind
from referrals_domain.ports.privacy_work import PrivacyWork

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from referrals_domain.model.privacy import PrivacyRequest

_COLUMNS: Final = privacy_requests.c
_IS_ONE: Final = _COLUMNS.id == bindparam("number", type_=BigInteger)
IS_REDACTION: Final = _COLUMNS.kind != PrivacyKind.DATA_REQUEST.value
"""The condition of requests that a worker carries out; a person answers the others."""

_WAITING: Final = (
    select(privacy_requests)
    .where(IS_ASKED, IS_REDACTION)
    .order_by(_COLUMNS.received_at, _COLUMNS.id)
    .limit(bindparam("limit", type_=Integer))
)
_LOCK: Final = (
    select(privacy_requests)
    .where(_IS_ONE, IS_ASKED, IS_REDACTION)
    .with_for_update(skip_locked=True)
)
_TOUCHED: Final = select(_COLUMNS.touched).where(_IS_ONE)
_DONE_AT: Final = bindparam("at", type_=_COLUMNS.done_at.type)
_PROGRESS: Final = (
    update(privacy_requests)
    .where(_IS_ONE)
    .values(
        touched=bindparam("receipt", type_=_COLUMNS.touched.type),
        done_at=_DONE_AT,
        customer_id=case((_DONE_AT.is_(None), _COLUMNS.customer_id), else_=null()),
    )
    .returning(_COLUMNS.id)
)
_ONE: Final = privacy_requests.alias("one")
_CLEAR: Final = (
    delete(privacy_requests)
    .where(_ONE.c.id == bindparam("number", type_=BigInteger))
    .where(_COLUMNS.merchant_id == _ONE.c.merchant_id, _COLUMNS.id != _ONE.c.id)
    .returning(_COLUMNS.id)
)


@attrs.frozen
class PostgresPrivacyWork(PrivacyWork):
    """The redactions that wait, in PostgreSQL."""

    statements: Statements

    async def waiting(self, limit: int) -> Sequence[PrivacyRequest]:
        """Return those that wait."""
        return [
            to_privacy_request(row) for row in await self.statements.rows(_WAITING, limit=limit)
        ]

    async def lock(self, id_: int) -> PrivacyRequest | None:
        """Lock one, unless it is locked."""
        rows = await self.statements.rows(_LOCK, number=id_)
        return to_privacy_request(rows[0]) if rows else None

    async def progress(
        self, id_: int, touched: Mapping[str, int], *, done_at: datetime | None = None
    ) -> None:
        """Add to the receipt of one that this transaction locked."""
        ((before,),) = await self.statements.rows(_TOUCHED, number=id_)
        receipt = dict(Counter(json.loads(before)) + Counter(touched))
        await self.statements.rows(
            _PROGRESS, number=id_, at=done_at, receipt=json.dumps(receipt, sort_keys=True)
        )

    async def clear(self, id_: int) -> int:
        """Delete the other requests of its merchant."""
        return len(await self.statements.rows(_CLEAR, number=id_))
