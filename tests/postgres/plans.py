"""How PostgreSQL does a statement."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from referrals_adapters.postgres.transaction import PostgresTransaction
from tests.conftest import execute

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy.ext.asyncio import AsyncEngine

    from referrals_adapters.postgres.pool import Pool
    from referrals_adapters.postgres.settings import PostgresSettings


async def plans(engine: AsyncEngine, statement: str, parameters: Any) -> tuple[str, str]:
    """Return how it is done with these parameters, and how once nobody looks at them any more."""
    return (
        await _plan(engine, statement, parameters),
        await _plan_for_anybody(engine, statement),
    )


async def measured(engine: AsyncEngine, statement: str, parameters: Any) -> str:
    """Do a statement, and return how it was done, with what it read and how long it took."""
    return await _plan(engine, f"(ANALYZE, BUFFERS) {statement}", parameters)


async def _plan(engine: AsyncEngine, statement: str, parameters: Any) -> str:
    async with engine.connect() as connection:
        rows = await connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
        return "\n".join(rows.scalars())


async def _plan_for_anybody(engine: AsyncEngine, statement: str) -> str:
    nulls = ", ".join(["NULL"] * max(map(int, re.findall(r"\$(\d+)", statement))))
    async with engine.connect() as connection:
        await connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
        await connection.exec_driver_sql(f"PREPARE question AS {statement}")
        rows = await connection.exec_driver_sql(f"EXPLAIN EXECUTE question({nulls})")
        await connection.exec_driver_sql("DEALLOCATE question")
        return "\n".join(rows.scalars())


async def plans_of(
    engine: AsyncEngine,
    pool: Pool,
    asked: list[tuple[str, Any]],
    work: Callable[[PostgresTransaction], Awaitable[object]],
) -> tuple[str, str]:
    """Do work that is one statement, commit it, and return how the statement is done."""
    async with PostgresTransaction(pool) as tx:
        asked.clear()
        await work(tx)
        ((statement, parameters),) = asked
        await tx.commit()
    return await plans(engine, statement, parameters)


async def fill_unnoticed(owner: PostgresSettings, table: str, fill: str) -> None:
    """Fill a table of which PostgreSQL believes that it is empty, as it was when it looked."""
    for step in (fill, f"DELETE FROM {table}", f"ANALYZE {table}", fill):  # noqa: S608 - a table's name, from a test
        await execute(owner, step)
