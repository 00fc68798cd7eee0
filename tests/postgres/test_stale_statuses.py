"""The list of stale statuses stays fast however long PostgreSQL believes that it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from referrals_adapters.postgres.transaction import PostgresTransaction
from tests.postgres.plans import fill_unnoticed, plans_of

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from referrals_adapters.postgres.pool import Pool
    from referrals_adapters.postgres.settings import PostgresSettings

_FILL: Final = """
    INSERT INTO stale_statuses (merchant_id, referral_id, version)
    SELECT md5((number % 7)::text), md5(number::text)::uuid, 1
    FROM generate_series(1, 20000) AS number
"""


async def test_what_was_told_goes_without_reading_the_others(
    engine: AsyncEngine, pool: Pool, migrated: PostgresSettings, asked: list[tuple[str, Any]]
) -> None:
    await fill_unnoticed(migrated, "stale_statuses", _FILL)
    async with PostgresTransaction(pool) as tx:
        told = await tx.stale_statuses.first(500)
    for plan in await plans_of(engine, pool, asked, lambda tx: tx.stale_statuses.delete(told)):
        assert "Index Cond: ((merchant_id = given.merchant_id) AND (referral_id = given" in plan
        assert "Index Cond: (seq = ANY" in plan
    async with PostgresTransaction(pool) as tx:
        left = await tx.stale_statuses.first(20_000)
    assert len(left) == 19_500
    assert not set(told) & set(left)
