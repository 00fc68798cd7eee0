"""The outbox stays fast however long it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from referrals_adapters.postgres.transaction import PostgresTransaction
from tests.conftest import execute
from tests.postgres.plans import plans

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from referrals_adapters.postgres.pool import Pool
    from referrals_adapters.postgres.settings import PostgresSettings

_FILL: Final = text("""
    INSERT INTO outbox (id, aggregatetype, aggregateid, type, occurred_at, payload, refused_at)
    SELECT gen_random_uuid(), 'referral', md5((number % 5000)::text)::uuid,
           'referral.completed', now(), '',
           CASE WHEN number % 100 = 0 THEN now() END
    FROM generate_series(1, 20000) AS number
""")


async def test_the_oldest_are_found_without_reading_the_others(
    engine: AsyncEngine, pool: Pool, migrated: PostgresSettings, asked: list[tuple[str, Any]]
) -> None:
    async with engine.begin() as connection:
        await connection.execute(_FILL)
    await execute(migrated, "ANALYZE outbox")
    asked.clear()
    async with PostgresTransaction(pool) as tx:
        assert len(await tx.outbox.first(500)) == 500
    ((statement, parameters),) = asked
    for plan in await plans(engine, statement, parameters):
        assert "Seq Scan" not in plan
        assert "Index Scan using pk_outbox" in plan
        assert "idx_outbox_refused" in plan
