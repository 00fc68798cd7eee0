"""The outbox stays fast however long it is, and however long PostgreSQL believes that it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest

from referrals_adapters.postgres.transaction import PostgresTransaction
from tests.conftest import execute
from tests.postgres.plans import fill_unnoticed, plans_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.ext.asyncio import AsyncEngine

    from referrals_adapters.postgres.pool import Pool
    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_domain.ports.outbox import OutboxEntry

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
    assert len(await _first(pool, 500)) == 500
    for plan in await plans_of(engine, pool, asked, lambda tx: tx.outbox.first(500)):
        assert "Seq Scan" not in plan
        assert "Index Scan using pk_outbox" in plan
        assert "Index Only Scan using idx_outbox_refused" in plan
        assert "Index Cond: (aggregateid = outbox.aggregateid)" in plan


@pytest.mark.usefixtures("filled")
async def test_what_was_acknowledged_goes_without_reading_the_others(
    engine: AsyncEngine, pool: Pool, asked: list[tuple[str, Any]]
) -> None:
    entries = await _first(pool, 500)
    _by_numbers(await plans_of(engine, pool, asked, lambda tx: tx.outbox.delete(entries)))
    assert not set(entries) & set(await _first(pool, 20_000))


@pytest.mark.usefixtures("filled")
async def test_what_was_refused_is_marked_without_reading_the_others(
    engine: AsyncEngine, pool: Pool, asked: list[tuple[str, Any]]
) -> None:
    entries = await _first(pool, 500)
    refused, now = dict.fromkeys(entries, "too long"), datetime.now(UTC)
    _by_numbers(await plans_of(engine, pool, asked, lambda tx: tx.outbox.refuse(refused, at=now)))
    left = {entry.referral_id for entry in await _first(pool, 20_000)}
    assert left
    assert not {entry.referral_id for entry in entries} & left


async def _first(pool: Pool, limit: int) -> Sequence[OutboxEntry]:
    async with PostgresTransaction(pool) as tx:
        return await tx.outbox.first(limit)


def _by_numbers(plans: Iterable[str]) -> None:
    """Expect that rows are looked up by their numbers."""
    for plan in plans:
        assert "Seq Scan" not in plan
        assert "on outbox" in plan
        assert "Index Cond: (seq = ANY" in plan
