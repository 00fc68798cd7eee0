"""What is kept of a merchant in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
from sqlalchemy import Integer, Text, bindparam, delete, literal_column, select, text, tuple_

from referrals_adapters.postgres.programs import PostgresPrograms
from referrals_adapters.postgres.quarantine import PostgresQuarantine
from referrals_adapters.postgres.referral_history import forget_history
from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import (
    deliveries,
    merchant_keys,
    outbox,
    programs,
    redactions,
    referral_links,
    referrals,
    referred_orders,
    requests,
    visits,
    watermarks,
)
from referrals_domain.model.identifiers import ReferralId, ReferralKey
from referrals_domain.ports.customer_records import Touched
from referrals_domain.ports.merchant_records import MerchantRecords

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Delete, Table, TextClause

    from referrals_domain.model.identifiers import MerchantId

_MERCHANT: Final = bindparam("of_merchant", type_=Text)
_IN_EVENT: Final = text("convert_from(payload, 'UTF8')::jsonb ->> 'merchant_id' = :of_merchant")


def _some_of(table: Table, of: ColumnElement[bool] | TextClause | None = None) -> Delete:
    """
    Return what deletes some rows of a merchant.

    They are named by their key, because a row that is changed meanwhile changes its place; visits
    have none, but nobody changes them without holding the merchant.
    """
    names = [column.name for column in table.primary_key.columns] or ["ctid"]
    one = table.alias("one")
    chosen: Any = (
        select(*(literal_column(f"one.{name}") for name in names))
        .select_from(one)
        .where(one.c.merchant_id == _MERCHANT if of is None else of)
        .limit(bindparam("most", type_=Integer))
        .with_for_update()
    )
    key: Any = tuple_(*(literal_column(f"{table.name}.{name}") for name in names))
    return delete(table).where(key.in_(chosen))


_FIRST: Final = {
    table.name: delete(table)
    .where(table.c.merchant_id == _MERCHANT)
    .returning(table.c.merchant_id)
    for table in (programs, merchant_keys, watermarks)
}
"""Without these nobody writes for the merchant, and tombstones can be traced to nobody."""

_REFERRALS: Final = _some_of(referrals).returning(referrals.c.id, referrals.c.version)
_OTHERS: Final = {
    table.name: _some_of(table).returning(table.c.merchant_id)
    for table in (*(redactions, referral_links, referred_orders, requests, deliveries, visits),)
} | {outbox.name: _some_of(outbox, _IN_EVENT).returning(outbox.c.seq)}


@attrs.frozen
class PostgresMerchantRecords(MerchantRecords):
    """What is kept of a merchant in PostgreSQL."""

    statements: Statements

    async def erase(self, merchant_id: MerchantId, *, limit: int) -> Touched:
        """Delete some rows of each table, and all that nobody could read of the shop."""
        ask, whose = self.statements.rows, str(merchant_id)
        program = (await PostgresPrograms(self.statements).get([merchant_id])).get(merchant_id)
        quarantine = PostgresQuarantine(self.statements)
        rows = {"quarantine": await quarantine.forget(program.shop_domain) if program else 0}
        for table, statement in _FIRST.items():
            rows[table] = len(await ask(statement, of_merchant=whose))
        gone = await ask(_REFERRALS, of_merchant=whose, most=limit)
        versions = {ReferralKey(merchant_id, ReferralId(row.id)): row.version + 1 for row in gone}
        rows["referrals"] = len(gone)
        rows["referral_history"] = await forget_history(self.statements, versions)
        for table, statement in _OTHERS.items():
            rows[table] = len(await ask(statement, of_merchant=whose, most=limit))
        return Touched(
            rows={table: number for table, number in rows.items() if number},
            versions=versions,
        )
