"""The merchants' keys in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from sqlalchemy import Text, bindparam, func, literal, select

from referrals_adapters.postgres.sets import given, inserting, same
from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import merchant_keys, programs
from referrals_domain.model.identifiers import MerchantId
from referrals_domain.model.merchant_key import MerchantKey
from referrals_domain.ports.merchant_keys import MerchantKeys

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import ColumnElement

_MERCHANTS = given(programs.c.merchant_id)
_GET = (
    select(programs.c.merchant_id, merchant_keys.c.key)
    .select_from(programs)
    .join(_MERCHANTS, same(programs, _MERCHANTS, "merchant_id"))
    .outerjoin(merchant_keys, merchant_keys.c.merchant_id == programs.c.merchant_id)
)


def _lock_of(merchant_id: ColumnElement[str]) -> ColumnElement[int]:
    return func.hashtextextended(literal("merchant ") + merchant_id, 0)


_HOLD = select(func.pg_advisory_xact_lock_shared(_lock_of(_MERCHANTS.c.merchant_id))).select_from(
    _MERCHANTS
)
_SEIZE = select(func.pg_advisory_xact_lock(_lock_of(bindparam("merchant_id", type_=Text))))

_NEW = given(*merchant_keys.c)
_ADD = inserting(merchant_keys, _NEW).on_conflict_do_nothing(constraint="pk_merchant_keys")
_STORED = select(merchant_keys.c.key).join(_NEW, same(merchant_keys, _NEW, "merchant_id"))


@attrs.frozen
class PostgresMerchantKeys(MerchantKeys):
    """
    The merchants' keys in PostgreSQL, each held by an advisory lock.

    Locks and keys are two statements: one that waits for a lock would go on seeing what was
    committed before it began to wait.
    """

    statements: Statements

    async def get(
        self, merchant_ids: Collection[MerchantId]
    ) -> Mapping[MerchantId, MerchantKey | None]:
        """Return the keys of those that have a program."""
        rows = await self.statements.rows_for(_GET, _rows(merchant_ids))
        return {
            MerchantId(row.merchant_id): MerchantKey(row.key) if row.key else None for row in rows
        }

    async def hold(
        self, merchant_ids: Collection[MerchantId]
    ) -> Mapping[MerchantId, MerchantKey | None]:
        """Take a shared lock for each, in the order of the ids, and then look."""
        await self.statements.rows_for(_HOLD, _rows(merchant_ids))
        return await self.get(merchant_ids)

    async def seize(self, merchant_id: MerchantId) -> MerchantKey | None:
        """Take the exclusive lock, and then look."""
        await self.statements.rows(_SEIZE, merchant_id=str(merchant_id))
        return (await self.get([merchant_id])).get(merchant_id)

    async def add(self, merchant_id: MerchantId, key: MerchantKey) -> MerchantKey:
        """Insert a key unless there is one; whoever inserts another meanwhile waits."""
        rows = [{"merchant_id": merchant_id, "key": key.secret}]
        if await self.statements.count_for(_ADD, rows):
            return key
        (row,) = await self.statements.rows_for(_STORED, rows)
        return MerchantKey(row.key)


def _rows(merchant_ids: Collection[MerchantId]) -> list[dict[str, object]]:
    return [{"merchant_id": id_} for id_ in sorted(set(merchant_ids))]
