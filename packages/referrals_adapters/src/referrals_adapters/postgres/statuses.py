"""How referrals stand, by what PostgreSQL has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from sqlalchemy import literal_column, select

from referrals_adapters.postgres.acting import ACTING, acting_for
from referrals_adapters.postgres.pool import Pool
from referrals_adapters.postgres.sets import given, same
from referrals_adapters.postgres.statements import asking
from referrals_adapters.postgres.tables import referrals
from referrals_domain.model.identifiers import MerchantId, ReferralId, ReferralKey
from referrals_domain.model.referral import Cause, ReferralStatus, StatusView
from referrals_domain.ports.statuses import Statuses

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import ColumnElement

    from referrals_adapters.postgres.row import Row

_COLUMNS = referrals.c
_KEYS = given(_COLUMNS.merchant_id, _COLUMNS.id)
_IS_READ_ONLY: ColumnElement[bool] = literal_column(
    "current_setting('transaction_read_only') = 'on'"
)
_READ = (
    select(
        _KEYS.c.merchant_id,
        _KEYS.c.id,
        _COLUMNS.status,
        _COLUMNS.version,
        _COLUMNS.updated_at,
        _COLUMNS.cause,
        _IS_READ_ONLY.label("is_read_only"),
    )
    .outerjoin_from(_KEYS, referrals, same(referrals, _KEYS, "merchant_id", "id"))
    # A condition on no row is looked at before any is read: so a read is still one statement.
    .where(ACTING.scalar_subquery().is_not(None))
)


@attrs.frozen
class PostgresStatuses(Statuses):
    """
    How referrals stand, by what one server has: one statement a read, and no transaction.

    A read acts for the merchants of all that it is asked for.

    A server that takes no writes may be a primary that was demoted or fenced off, and lag behind.
    So its views are stale, as those of a replica are, and the connection is not used again: the
    address may lead to the primary by now.

    Args:
        pool: Its connections; its address may lead to any server.
        replica: Whether it is a replica's.
    """

    pool: Pool
    replica: bool = attrs.field(default=False, kw_only=True)

    async def read(self, keys: Collection[ReferralKey]) -> Mapping[ReferralKey, StatusView | None]:
        """Return how each stands; None only if the primary has none."""
        rows = await self._rows(keys)
        found = {_key(row): _view(row) for row in rows}
        if not (self.replica or _is_read_only(rows)):
            return found
        return {key: attrs.evolve(view, stale=True) for key, view in found.items() if view}

    async def _rows(self, keys: Collection[ReferralKey]) -> Sequence[Row]:
        rows = [{"merchant_id": key.merchant_id, "id": key.referral_id} for key in set(keys)]
        async with asking(self.pool) as statements:
            merchants = acting_for(key.merchant_id for key in keys)
            found = await statements.rows_for(_READ, rows, **merchants)
            if not self.replica and _is_read_only(found):
                statements.leave()
        return found


def _is_read_only(rows: Sequence[Row]) -> bool:
    return any(row.is_read_only for row in rows)


def _key(row: Row) -> ReferralKey:
    return ReferralKey(MerchantId(row.merchant_id), ReferralId(row.id))


def _view(row: Row) -> StatusView | None:
    if row.status is None:
        return None
    return StatusView(ReferralStatus(row.status), row.version, row.updated_at, Cause(row.cause))
