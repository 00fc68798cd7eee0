"""The redactions in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from sqlalchemy import select

from referrals_adapters.postgres.sets import given, inserting, same
from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import redactions
from referrals_domain.model.identifiers import CustomerId, CustomerKey, MerchantId
from referrals_domain.ports.redactions import Redactions

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

_TOMBSTONES = given(redactions.c.merchant_id, redactions.c.tombstone)
_SINCE = select(redactions).join(
    _TOMBSTONES, same(redactions, _TOMBSTONES, "merchant_id", "tombstone")
)
_ADD = inserting(redactions, given(*redactions.c)).on_conflict_do_nothing(
    constraint="pk_redactions"
)


@attrs.frozen
class PostgresRedactions(Redactions):
    """The redactions in PostgreSQL."""

    statements: Statements

    async def since(self, tombstones: Collection[CustomerKey]) -> Mapping[CustomerKey, datetime]:
        """Return since when tombstones stand."""
        rows = await self.statements.rows_for(
            _SINCE,
            [
                {"merchant_id": merchant_id, "tombstone": tombstone}
                for merchant_id, tombstone in set(tombstones)
            ],
        )
        return {
            CustomerKey(MerchantId(row.merchant_id), CustomerId(row.tombstone)): row.redacted_at
            for row in rows
        }

    async def add(self, tombstone: CustomerKey, *, at: datetime) -> None:
        """Insert a tombstone unless it stands already."""
        row = {
            "merchant_id": tombstone.merchant_id,
            "tombstone": tombstone.customer_id,
            "redacted_at": at,
        }
        await self.statements.count_for(_ADD, [row])
