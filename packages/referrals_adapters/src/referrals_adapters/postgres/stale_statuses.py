"""The stale statuses in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from sqlalchemy import Integer, bindparam, delete, func, select, true

from referrals_adapters.postgres.sets import among, given, inserting, same
from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import stale_statuses
from referrals_domain.model.identifiers import MerchantId, ReferralId, ReferralKey
from referrals_domain.ports.stale_statuses import StaleStatuses

if TYPE_CHECKING:
    from collections.abc import Mapping

_COLUMNS = stale_statuses.c
_ROWS = given(_COLUMNS.merchant_id, _COLUMNS.referral_id, _COLUMNS.version)

_INSERT = inserting(stale_statuses, _ROWS)
_ADD = _INSERT.on_conflict_do_update(
    constraint="pk_stale_statuses",
    set_={"version": func.greatest(_COLUMNS.version, _INSERT.excluded.version)},
)
_FIRST = select(stale_statuses).order_by(_COLUMNS.seq).limit(bindparam("limit", type_=Integer))

# Each is looked up: PostgreSQL may have looked at the list when it was empty, and believe that it
# still is. By a join it could read all of it for each.
_LISTED = (
    select(_COLUMNS.seq)
    .where(same(stale_statuses, _ROWS, "merchant_id", "referral_id"))
    .where(_COLUMNS.version <= _ROWS.c.version)
    .with_for_update(of=stale_statuses, skip_locked=True)
    .lateral("listed")
)
_TOLD = select(_LISTED.c.seq).select_from(_ROWS.join(_LISTED, true()))
_DELETE = delete(stale_statuses).where(among(_COLUMNS.seq, _TOLD))


@attrs.frozen
class PostgresStaleStatuses(StaleStatuses):
    """The stale statuses in PostgreSQL."""

    statements: Statements

    async def add(self, versions: Mapping[ReferralKey, int]) -> None:
        """Insert referrals, in the order of their keys, or raise their versions."""
        await self.statements.count_for(_ADD, _rows(versions))

    async def first(self, limit: int) -> Mapping[ReferralKey, int]:
        """Return those that have been on the list longest."""
        return {
            ReferralKey(MerchantId(row.merchant_id), ReferralId(row.referral_id)): row.version
            for row in await self.statements.rows(_FIRST, limit=limit)
        }

    async def delete(self, versions: Mapping[ReferralKey, int]) -> None:
        """
        Delete those whose version has not grown.

        What somebody is adding again at this moment stays: waiting for them could end in a
        deadlock, and it is on the list again in any case.
        """
        await self.statements.count_for(_DELETE, _rows(versions))


def _rows(versions: Mapping[ReferralKey, int]) -> list[dict[str, object]]:
    return [{**key._asdict(), "version": versions[key]} for key in sorted(versions)]
