"""However much waits, and of however many shops: a claim reads little more than it takes."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from referrals_adapters.postgres.engine import open_engine
from referrals_adapters.postgres.migrate import migrate
from referrals_adapters.postgres.pool import open_pool
from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_adapters.wire.documents import to_document
from referrals_domain.testing import builders

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from referrals_adapters.postgres.settings import PostgresSettings

LIMIT: Final = 100
SHOPS: Final = 1_000
AT: Final = builders.PLACED_AT

_FILL: Final = text("""
    INSERT INTO deliveries
    (merchant_id, order_id, topic, digest, facts, received_at, due_at, attempts)
    SELECT
        CASE WHEN number <= 100000 THEN 'big' ELSE 'shop-' || number % 1000 END,
        number, 'orders/create', '', cast(:facts AS text)::jsonb, :at, :at, 0
    FROM generate_series(1, 102000) AS number
""")
_BY_INDEX: Final = {
    *("Index Scan", "Index Only Scan"),
    *("CTE Scan", "WorkTable Scan", "Subquery Scan"),  # of what the statement itself has found
}
_FEW_PAGES: Final = 10 * (SHOPS + LIMIT)
"""A step to the next shop reads the pages of one path down the index, and a heap page or so."""


async def test_a_claim_reads_by_index_one_entry_a_shop_and_what_it_takes(
    blank_database: PostgresSettings, asked: list[tuple[str, Any]]
) -> None:
    await migrate(blank_database)
    async with open_engine(blank_database) as engine, open_pool(blank_database) as pool:
        async with engine.begin() as connection:
            await connection.execute(_FILL, {"facts": to_document(builders.facts()), "at": AT})
        async with PostgresTransaction(pool) as tx:
            claimed = await tx.deliveries.claim(LIMIT, at=AT, until=AT + timedelta(seconds=30))
        assert len({one.merchant_id for one in claimed}) == len(claimed) == LIMIT
        ((statement, parameters),) = asked
        for mode in ("force_custom_plan", "force_generic_plan"):
            plan = await _plan(engine, mode, statement, parameters)
            scans = set(re.findall(r"'Node Type': '([\w ]+ Scan)'", str(plan)))
            assert {"Index Scan", "Index Only Scan"} <= scans <= _BY_INDEX
            assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < _FEW_PAGES


async def _plan(engine: AsyncEngine, mode: str, statement: str, parameters: Any) -> Any:
    """Return how the statement was done, with what it read; its changes are rolled back."""
    values = ", ".join(f"'{value}'" for value in parameters)
    async with engine.connect() as connection:
        await connection.exec_driver_sql(f"SET LOCAL plan_cache_mode = {mode}")
        await connection.exec_driver_sql(f"PREPARE {mode} AS {statement}")
        explained = await connection.exec_driver_sql(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT json) EXECUTE {mode}({values})"
        )
        return explained.scalar_one()[0]["Plan"]
