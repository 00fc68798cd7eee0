"""What the funnel is counted from, in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
from sqlalchemy import Date, bindparam, cast, func, literal_column, select

from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import referrals, visits
from referrals_domain.model.funnel import Followed, Opened
from referrals_domain.model.link import Channel
from referrals_domain.model.referral import ReferralStatus
from referrals_domain.ports.funnel_numbers import FunnelNumbers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from referrals_domain.model.funnel import Days
    from referrals_domain.model.identifiers import MerchantId

_REFERRALS: Final = referrals.c
_OPENED_BY: Final = (
    cast(func.timezone(literal_column("'UTC'"), _REFERRALS.opened_at), Date).label("day"),
    _REFERRALS.channel,
    # as ReferralId.is_of_order
    func.uuid_extract_version(_REFERRALS.id).is_distinct_from(literal_column("5")).label("shared"),
    _REFERRALS.status,
)
_OPENED: Final = (
    select(*_OPENED_BY, func.count().label("number"))
    .where(_REFERRALS.merchant_id == bindparam("merchant_id", type_=_REFERRALS.merchant_id.type))
    .where(_REFERRALS.opened_at >= bindparam("begin", type_=_REFERRALS.opened_at.type))
    .where(_REFERRALS.opened_at <= bindparam("end", type_=_REFERRALS.opened_at.type))
    .group_by(*_OPENED_BY)
)

_VISITS: Final = visits.c
_FOLLOWED: Final = (
    select(_VISITS.day, _VISITS.channel, func.sum(_VISITS.number).label("number"))
    .where(_VISITS.merchant_id == bindparam("merchant_id", type_=_VISITS.merchant_id.type))
    .where(_VISITS.day >= bindparam("first", type_=_VISITS.day.type))
    .where(_VISITS.day <= bindparam("last", type_=_VISITS.day.type))
    .group_by(_VISITS.day, _VISITS.channel)
)


@attrs.frozen
class PostgresFunnelNumbers(FunnelNumbers):
    """What the funnel is counted from, in PostgreSQL: the days are stretches of two indexes."""

    statements: Statements

    async def opened(self, merchant_id: MerchantId, days: Days) -> Mapping[Opened, int]:
        """Count along the index, which says all that they are grouped by."""
        rows = await self.statements.rows(
            _OPENED, merchant_id=str(merchant_id), begin=days.begin, end=days.end
        )
        return {
            Opened(row.day, _channel(row.channel), row.shared, ReferralStatus(row.status)): (
                row.number
            )
            for row in rows
        }

    async def followed(self, merchant_id: MerchantId, days: Days) -> Mapping[Followed, int]:
        """Add up along the index, which says the numbers, too."""
        rows = await self.statements.rows(
            _FOLLOWED, merchant_id=str(merchant_id), first=days.first, last=days.last
        )
        return {Followed(row.day, _channel(row.channel)): int(row.number) for row in rows}


def _channel(name: str | None) -> Channel | None:
    return Channel(name) if name else None
