"""The history of the referrals in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
from sqlalchemy import ARRAY, Integer, Text, bindparam, func, select

from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import referral_history
from referrals_domain.model.identifiers import MerchantId, ReferralId, ReferralKey
from referrals_domain.model.referral import Cause, ReferralStatus, StatusView
from referrals_domain.ports.referral_history import ReferralHistory

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

_COLUMNS: Final = referral_history.c
_IN_TIME: Final = (
    select(_COLUMNS.merchant_id, _COLUMNS.referral_id, _COLUMNS.version)
    .where(_COLUMNS.at > bindparam("after", type_=_COLUMNS.at.type))
    .where(_COLUMNS.at <= bindparam("until", type_=_COLUMNS.at.type))
    .order_by(_COLUMNS.at)
    .limit(bindparam("limit", type_=Integer))
    .subquery("in_time")
)
_CHANGED: Final = select(
    _IN_TIME.c.merchant_id, _IN_TIME.c.referral_id, func.max(_IN_TIME.c.version).label("version")
).group_by(_IN_TIME.c.merchant_id, _IN_TIME.c.referral_id)
_OF: Final = (
    select(_COLUMNS.status, _COLUMNS.version, _COLUMNS.at, _COLUMNS.cause)
    .where(_COLUMNS.merchant_id == bindparam("merchant_id", type_=_COLUMNS.merchant_id.type))
    .where(_COLUMNS.referral_id == bindparam("referral_id", type_=_COLUMNS.referral_id.type))
    .order_by(_COLUMNS.version)
)

_FORGET: Final = select(
    func.forget_history(
        bindparam("merchant_ids", type_=ARRAY(Text)),
        bindparam("referral_ids", type_=ARRAY(_COLUMNS.referral_id.type)),
    ).label("lines")
)
"""The services may not delete history; the function may, because the owner owns it."""


@attrs.frozen
class PostgresReferralHistory(ReferralHistory):
    """The history of the referrals in PostgreSQL: a time is a stretch of an index."""

    statements: Statements

    async def changed(
        self, *, after: datetime, until: datetime, limit: int | None = None
    ) -> Mapping[ReferralKey, int]:
        """Return what changed in a time, with its last version of that time."""
        rows = await self.statements.rows(_CHANGED, after=after, until=until, limit=limit)
        return {
            ReferralKey(MerchantId(row.merchant_id), ReferralId(row.referral_id)): row.version
            for row in rows
        }

    async def of(self, key: ReferralKey) -> Sequence[StatusView]:
        """Return every version of a referral, which the primary key finds."""
        merchant_id, referral_id = map(str, key)  # the driver takes no subclass for a UUID
        rows = await self.statements.rows(_OF, merchant_id=merchant_id, referral_id=referral_id)
        return [
            StatusView(ReferralStatus(row.status), row.version, row.at, Cause(row.cause))
            for row in rows
        ]


async def forget_history(statements: Statements, gone: Collection[ReferralKey]) -> int:
    """Delete the history of referrals that are gone, that of no others; return how many lines."""
    (row,) = await statements.rows(
        _FORGET,
        merchant_ids=[str(key.merchant_id) for key in gone],
        referral_ids=[str(key.referral_id) for key in gone],
    )
    return int(row.lines)
