"""The outbox stays fast however long it is."""

from __future__ import annotations

import re
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


async def test_what_was_acknowledged_goes_by_its_numbers_though_the_outbox_is_thought_empty(
    engine: AsyncEngine, pool: Pool, migrated: PostgresSettings, asked: list[tuple[str, Any]]
) -> None:
    """Statistics may be from when it was, and are all that PostgreSQL knows of its rows."""
    async with engine.begin() as connection:
        await connection.execute(_FILL)
        await connection.execute(text("DELETE FROM outbox"))
    await execute(migrated, "ANALYZE outbox")
    async with engine.begin() as connection:
        await connection.execute(_FILL)
    async with PostgresTransaction(pool) as tx:
        entries = await tx.outbox.first(500)
        asked.clear()
        await tx.outbox.delete(entries)
        ((statement, parameters),) = asked
        await tx.commit()
    for plan in await plans(engine, statement, parameters):
        assert re.search(r"Index Scan (using|on) pk_outbox", plan)
        assert "Index Cond: (seq = ANY" in plan
        assert "Join" not in plan
        assert "Loop" not in plan
    async with PostgresTransaction(pool) as tx:
        assert not {entry.seq for entry in entries} & {
            entry.seq for entry in await tx.outbox.first(20_000)
        }
