"""The watermarks in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from sqlalchemy import Text, bindparam, func, select

from referrals_adapters.postgres.sets import given, inserting
from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import watermarks
from referrals_domain.ports.watermarks import Watermarks

if TYPE_CHECKING:
    from datetime import datetime

    from referrals_domain.model.identifiers import MerchantId

_GET = select(watermarks.c.swept_until).where(
    watermarks.c.merchant_id == bindparam("merchant_id", type_=Text)
)
_INSERT = inserting(watermarks, given(*watermarks.c))
_ADVANCE = _INSERT.on_conflict_do_update(
    constraint="pk_watermarks",
    set_={"swept_until": func.greatest(watermarks.c.swept_until, _INSERT.excluded.swept_until)},
)


@attrs.frozen
class PostgresWatermarks(Watermarks):
    """The watermarks in PostgreSQL."""

    statements: Statements

    async def get(self, merchant_id: MerchantId) -> datetime | None:
        """Return until when."""
        rows = await self.statements.rows(_GET, merchant_id=str(merchant_id))
        return rows[0].swept_until if rows else None

    async def advance(self, merchant_id: MerchantId, to: datetime) -> None:
        """Insert it, or raise it."""
        await self.statements.count_for(
            _ADVANCE, [{"merchant_id": merchant_id, "swept_until": to}]
        )
