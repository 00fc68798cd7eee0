"""How referrals stand, by what PostgreSQL has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from referrals_adapters.postgres.sets import given, same
from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import referrals
from referrals_domain.model.identifiers import MerchantId, ReferralId, ReferralKey
from referrals_domain.model.referral import Cause, ReferralStatus, StatusView
from referrals_domain.ports.statuses import Statuses

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Row

_COLUMNS = referrals.c
_KEYS = given(_COLUMNS.merchant_id, _COLUMNS.id)
_READ = select(
    _COLUMNS.merchant_id,
    _COLUMNS.id,
    _COLUMNS.status,
    _COLUMNS.version,
    _COLUMNS.updated_at,
    _COLUMNS.cause,
).join(_KEYS, same(referrals, _KEYS, "merchant_id", "id"))


def _without_transactions(engine: AsyncEngine) -> AsyncEngine:
    return engine.execution_options(isolation_level="AUTOCOMMIT")


@attrs.frozen
class PostgresStatuses(Statuses):
    """
    How referrals stand, by what one server has: one statement a read, and no transaction.

    Args:
        engine: The pool.
    """

    engine: AsyncEngine = attrs.field(converter=_without_transactions)

    async def read(self, keys: Collection[ReferralKey]) -> Mapping[ReferralKey, StatusView | None]:
        """Return how each stands; None: this server does not have it."""
        rows = [{"merchant_id": key.merchant_id, "id": key.referral_id} for key in set(keys)]
        statements = Statements(self.engine.connect())
        await statements.begin()
        try:
            found = dict(map(_to_view, await statements.rows_for(_READ, rows)))
        finally:
            await statements.end()
        return {key: found.get(key) for key in keys}


def _to_view(row: Row[Any]) -> tuple[ReferralKey, StatusView]:
    key = ReferralKey(MerchantId(row.merchant_id), ReferralId(row.id))
    status, cause = ReferralStatus(row.status), Cause(row.cause)
    return key, StatusView(status, row.version, row.updated_at, cause)
