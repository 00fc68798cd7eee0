"""What changed lately is found along an index, however long the history is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from tests.conftest import execute
from tests.postgres.plans import plans

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_domain.testing.contracts.begin import Begin

_FILL: Final = text("""
    INSERT INTO referral_history (merchant_id, referral_id, version, status, cause, at)
    SELECT 'merchant-1', gen_random_uuid(), 1, 'PENDING', 'link_shared',
           now() - number * interval '1 minute'
    FROM generate_series(1, 10000) AS number
""")


async def test_what_changed_lately_is_found_along_an_index(
    begin: Begin, engine: AsyncEngine, migrated: PostgresSettings, asked: list[tuple[str, Any]]
) -> None:
    async with engine.begin() as connection:
        await connection.execute(_FILL)
    await execute(migrated, "ANALYZE referral_history")
    asked.clear()
    now = datetime.now(UTC)
    async with begin() as tx:
        changed = await tx.history.changed(after=now - timedelta(minutes=5), until=now)
        few = await tx.history.changed(after=now - timedelta(minutes=5), until=now, limit=2)
    assert len(changed) > len(few) == 2
    assert len(asked) == 2
    for statement, parameters in asked.copy():
        for plan in await plans(engine, statement, parameters):
            assert "idx_referral_history_at" in plan
            assert "Seq Scan" not in plan
