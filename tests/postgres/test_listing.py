"""
A page of a long list is a stretch of an index, behind the wall as before it: what is not on it is
hardly read.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pytest

from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_domain.model.identifiers import CustomerId, LinkId, MerchantId
from referrals_domain.model.referral import ReferralStatus
from referrals_domain.ports.referral_listing import Selection
from tests.conftest import execute
from tests.postgres.plans import plans

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from referrals_adapters.postgres.pool import Pool
    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_domain.model.referral import Referral
    from referrals_domain.testing.contracts.begin import Begin

_MERCHANT: Final = MerchantId("merchant-1")
_FILL: Final = """
    INSERT INTO referrals (
        merchant_id, id, customer_id, referral_link_id, status, cause, version,
        opened_at, updated_at, order_id, referred_customer_id
    )
    SELECT
        'merchant-' || number % 2,
        gen_random_uuid(),
        number % 20,
        ('33333333-3333-4333-8333-' || lpad((number % 20)::text, 12, '0'))::uuid,
        CASE WHEN number % 97 = 0 THEN 'QUALIFIED'
             WHEN number % 11 = 0 THEN 'COMPLETED' ELSE 'PENDING' END,
        'link_shared', 1, now() - number / 3 * interval '1 minute', now(), number, number
    FROM generate_series(1, 10000) AS number
"""


@pytest.fixture(params=["without a wall", "with a wall"])
def database(
    request: pytest.FixtureRequest, database: PostgresSettings, walled_database: PostgresSettings
) -> PostgresSettings:
    return walled_database if request.param == "with a wall" else database


@pytest.fixture
async def listing(pool: Pool, migrated: PostgresSettings) -> Begin:
    """Return what begins a transaction on a table that is worth an index."""
    await execute(migrated, _FILL + "; ANALYZE referrals")
    return partial(PostgresTransaction, pool, [_MERCHANT])


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({}, "idx_referrals_merchant_id"),
        ({"status": ReferralStatus.PENDING}, "idx_referrals_(merchant_id|pending)"),
        ({"status": ReferralStatus.COMPLETED}, "idx_referrals_merchant_id"),
        ({"status": ReferralStatus.QUALIFIED}, "idx_referrals_qualified"),
        ({"customer_id": CustomerId("7")}, "idx_referrals_customer_id"),
        (
            {"referral_link_id": LinkId("33333333-3333-4333-8333-000000000007")},
            "idx_referrals_referral_link_id",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_page_is_read_from_its_index_and_nothing_is_sorted(
    listing: Begin,
    engine: AsyncEngine,
    asked: list[tuple[str, Any]],
    wanted: dict[str, Any],
    index: str,
) -> None:
    selection = Selection(merchant_id=_MERCHANT, **wanted)
    asked.clear()
    first = await _page(listing, selection)
    further = await _page(listing, selection, after=first[-1])
    assert [len(first), len(further)] == [20, 20]
    for statement, parameters in (
        one for one in asked.copy() if "SELECT set_config" not in one[0]
    ):
        for plan in await plans(engine, statement, parameters):
            assert re.search(f"Index Scan Backward using {index} ", plan)
            assert "Sort" not in plan


async def _page(
    begin: Begin, selection: Selection, *, after: Referral | None = None
) -> list[Referral]:
    place = after.place if after else None
    async with begin() as tx:
        return list(await tx.listing.page(selection, after=place, limit=20))
