"""The outbox stays fast however long it is, and however long PostgreSQL believes that it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest

from referrals_adapters.postgres.transaction import PostgresTransaction
from tests.conftest import execute
from tests.postgres.plans import fill_unnoticed, plans

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from referrals_adapters.postgres.pool import Pool
    from referrals_adapters.postgres.settings import PostgresSettings

_FILL: Final = """
    INSERT INTO outbox (id, aggregatetype, aggregateid, type, occurred_at, payload, refused_at)
    SELECT gen_random_uuid(), 'referral', md5((number % 5000)::text)::uuid,
           'referral.completed', now(), '',
           CASE WHEN number % 100 = 0 THEN now() END
    FROM generate_series(1, 20000) AS number
"""


@pytest.fixture(params=["noticed", "unnoticed"])
async def filled(request: pytest.FixtureRequest, migrated: PostgresSettings) -> None:
    """A long outbox, which PostgreSQL has looked at since it is, or not."""
    if request.param == "unnoticed":
        await fill_unnoticed(migrated, "outbox", _FILL)
    else:
        await execute(migrated, f"{_FILL}; ANALYZE outbox")


@pytest.mark.usefixtures("filled")
async def test_the_oldest_are_found_without_reading_the_others(
    engine: AsyncEngine, pool: Pool, asked: list[tuple[str, Any]]
) -> None:
    async with PostgresTransaction(pool) as tx:
        asked.clear()
        assert len(await tx.outbox.first(500)) == 500
    ((statement, parameters),) = asked
    for plan in await plans(engine, statement, parameters):
        assert "Seq Scan" not in plan
        assert "Index Scan using pk_outbox" in plan
        assert "Index Only Scan using idx_outbox_refused" in plan
        assert "Index Cond: (aggregateid = outbox.aggregateid)" in plan


@pytest.mark.usefixtures("filled")
async def test_what_was_acknowledged_goes_without_reading_the_others(
    engine: AsyncEngine, pool: Pool, asked: list[tuple[str, Any]]
) -> None:
    async with PostgresTransaction(pool) as tx:
        entries = await tx.outbox.first(500)
        asked.clear()
        await tx.outbox.delete(entries)
        ((statement, parameters),) = asked
        await tx.commit()
    await _by_numbers(engine, statement, parameters)
    async with PostgresTransaction(pool) as tx:
        assert not set(entries) & set(await tx.outbox.first(20_000))


@pytest.mark.usefixtures("filled")
async def test_what_was_refused_is_marked_without_reading_the_others(
    engine: AsyncEngine, pool: Pool, asked: list[tuple[str, Any]]
) -> None:
    async with PostgresTransaction(pool) as tx:
        entries = await tx.outbox.first(500)
        asked.clear()
        await tx.outbox.refuse(dict.fromkeys(entries, "too long"), at=datetime.now(UTC))
        ((statement, parameters),) = asked
        await tx.commit()
    await _by_numbers(engine, statement, parameters)
    async with PostgresTransaction(pool) as tx:
        held_back = {entry.referral_id for entry in entries}
        left = {entry.referral_id for entry in await tx.outbox.first(20_000)}
    assert left
    assert not held_back & left


async def _by_numbers(engine: AsyncEngine, statement: str, parameters: Any) -> None:
    """Expect that rows are looked up by their numbers."""
    for plan in await plans(engine, statement, parameters):
        assert "Seq Scan" not in plan
        assert "on outbox" in plan
        assert "Index Cond: (seq = ANY" in plan
