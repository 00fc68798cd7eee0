"""The funnel of some days is counted along two indexes: what is not of these days is not read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_domain.model.funnel import Days
from referrals_domain.model.identifiers import MerchantId
from tests.conftest import execute
from tests.postgres.plans import plans

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from referrals_adapters.postgres.pool import Pool
    from referrals_adapters.postgres.settings import PostgresSettings

_FILL: Final = (
    """
    INSERT INTO referrals (
        merchant_id, id, customer_id, referral_link_id, channel, status, cause, version,
        opened_at, updated_at
    )
    SELECT 'merchant-' || number % 2, gen_random_uuid(), '1', gen_random_uuid(), 'sms', 'PENDING',
           'link_shared', 1, now() - number * interval '1 hour', now()
    FROM generate_series(1, 10000) AS number
""",
    """
    INSERT INTO visits (merchant_id, referral_id, referral_link_id, channel, day, number)
    SELECT merchant_id, id, referral_link_id, channel, opened_at::date, 1 FROM referrals
""",
    "VACUUM (ANALYZE) referrals",
    "VACUUM (ANALYZE) visits",
)


@pytest.fixture(params=["without a wall", "with a wall"])
def database(
    request: pytest.FixtureRequest, database: PostgresSettings, walled_database: PostgresSettings
) -> PostgresSettings:
    return walled_database if request.param == "with a wall" else database


async def test_days_are_read_from_their_index(
    engine: AsyncEngine,
    pool: Pool,
    migrated: PostgresSettings,
    asked: list[tuple[str, Any]],
) -> None:
    for statement in _FILL:
        await execute(migrated, statement)
    asked.clear()
    merchant, now = MerchantId("merchant-1"), datetime.now(UTC)
    days = Days((now - timedelta(days=2)).date(), now.date())
    async with PostgresTransaction(pool, [merchant]) as tx:
        opened = await tx.funnel.opened(merchant, days)
        followed = await tx.funnel.followed(merchant, days)
    assert sum(opened.values()) == sum(followed.values()) > 0
    counts = [one for one in asked if "SELECT set_config" not in one[0]]
    for (of, parameters), index in zip(
        counts, ("idx_referrals_merchant_id", "idx_visits_merchant_id"), strict=True
    ):
        for plan in await plans(engine, of, parameters):
            assert f"Index Only Scan using {index} " in plan
            assert "Seq Scan" not in plan
