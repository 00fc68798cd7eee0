"""The visits in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from sqlalchemy import and_, func, select
from sqlalchemy.dialects.postgresql import insert

from referrals_adapters.postgres.sets import given, same
from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import referrals, visits
from referrals_domain.model.identifiers import MerchantId, ReferralId, ReferralKey
from referrals_domain.ports.visits import Visits

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from referrals_domain.model.visit import Visit

_GIVEN = given(*visits.c)
_KEY = (
    _GIVEN.c.merchant_id,
    referrals.c.id,  # none where the link has no such share
    _GIVEN.c.referral_link_id,
    _GIVEN.c.channel,
    _GIVEN.c.day,
)
_NUMBERS = (
    select(*_KEY, func.sum(_GIVEN.c.number))
    .select_from(
        _GIVEN.outerjoin(
            referrals,
            and_(
                same(referrals, _GIVEN, "merchant_id", "referral_link_id"),
                referrals.c.id == _GIVEN.c.referral_id,
            ),
        )
    )
    .group_by(*_KEY)
    .order_by(*_KEY)  # so that processes which add at once wait, and never for each other
)
_INSERT = insert(visits).from_select([column.name for column in visits.c], _NUMBERS)
_ADD = _INSERT.on_conflict_do_update(
    constraint="uq_visits", set_={"number": visits.c.number + _INSERT.excluded.number}
)

_SHARES = given(visits.c.merchant_id, visits.c.referral_id)
_OF_SHARES = (
    select(visits.c.merchant_id, visits.c.referral_id, func.sum(visits.c.number).label("number"))
    .join(_SHARES, same(visits, _SHARES, "merchant_id", "referral_id"))
    .group_by(visits.c.merchant_id, visits.c.referral_id)
)


@attrs.frozen
class PostgresVisits(Visits):
    """The visits in PostgreSQL."""

    statements: Statements

    async def add(self, numbers: Mapping[Visit, int]) -> None:
        """Insert numbers, or add them to those that are there."""
        rows = [_row(visit, number) for visit, number in numbers.items()]
        await self.statements.count_for(_ADD, rows)

    async def of_shares(self, keys: Collection[ReferralKey]) -> Mapping[ReferralKey, int]:
        """Return the sum over days and channels."""
        rows = await self.statements.rows_for(_OF_SHARES, [key._asdict() for key in set(keys)])
        return {
            ReferralKey(MerchantId(row.merchant_id), ReferralId(row.referral_id)): int(row.number)
            for row in rows
        }


def _row(visit: Visit, number: int) -> dict[str, object]:
    return {
        "merchant_id": visit.link.merchant_id,
        "referral_id": visit.share,
        "referral_link_id": visit.link.link_id,
        "channel": visit.channel,
        "day": visit.day,
        "number": number,
    }
