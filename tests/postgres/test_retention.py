"""What is old is found along an index, and nobody waits for who deletes it."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from referrals_domain.model.decision import opened
from referrals_domain.model.order import OrderFacts
from referrals_domain.model.retention import SHORTEST, TERMS, Kept
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.referrals import completed, numbered
from tests.conftest import execute
from tests.postgres.plans import plans

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_domain.testing.contracts.begin import Begin

_LARGE: Final = "deliveries|quarantine|referred_orders|requests|visits|referrals|referral_history"
_FILL: Final = (
    """
    INSERT INTO programs (
        merchant_id, shop_domain, storefront_url, code_prefix, "window", complete_on, hold,
        minimum_order, refund_percent, velocity_cap, new_friends_only, discount_link, active,
        version, retention
    )
    SELECT
        'm' || number, number || '.myshopify.com', 'https://x.example', '', '1 hour',
        'order_created', '0', 0, 100, 0, true, false, true, 1, '60 days'
    FROM generate_series(0, 9) AS number
    """,
    """
    INSERT INTO referrals (
        merchant_id, id, customer_id, referral_link_id, status, cause, version,
        opened_at, updated_at, order_id, referred_customer_id
    )
    SELECT
        'm' || n % 10, gen_random_uuid(), '1', gen_random_uuid(), 'COMPLETED', 'order_created', 1,
        now(), now() - n * interval '2 minutes', n, n
    FROM generate_series(1, 10000) AS n
    """,
    """
    INSERT INTO referred_orders (merchant_id, order_id, facts, evidence, referral_id, heard_of_at)
    SELECT
        'm' || n % 10, n, '{}', '{}', CASE WHEN n % 2 = 0 THEN gen_random_uuid() END,
        now() - n * interval '2 minutes'
    FROM generate_series(1, 10000) AS n
    """,
    """
    INSERT INTO referral_history (merchant_id, referral_id, version, status, cause, at)
    SELECT merchant_id, id, 1, status, cause, updated_at FROM referrals
    """,
    """
    INSERT INTO deliveries (
        merchant_id, order_id, topic, digest, facts, received_at, due_at, attempts, outcome
    )
    SELECT
        'm' || n % 10, n, 'orders/create', decode(md5(n::text), 'hex'), '{}',
        now() - n * interval '2 minutes', now(), 1, CASE WHEN n % 9 > 0 THEN 'settled' END
    FROM generate_series(1, 10000) AS n
    """,
    """
    INSERT INTO quarantine (digest, topic, shop, body, reason, received_at)
    SELECT decode(md5(n::text), 'hex'), '', '', '', '', now() - n * interval '2 minutes'
    FROM generate_series(1, 10000) AS n
    """,
    """
    INSERT INTO requests (merchant_id, request_id, fingerprint, resource_id, created_at)
    SELECT 'm', gen_random_uuid(), '', gen_random_uuid(), now() - n * interval '2 minutes'
    FROM generate_series(1, 10000) AS n
    """,
    """
    INSERT INTO visits (merchant_id, referral_link_id, day, number)
    SELECT 'm', gen_random_uuid(), current_date - n % 300, 1
    FROM generate_series(1, 10000) AS n
    """,
)


async def test_what_is_old_is_read_from_its_index(
    begin: Begin,
    engine: AsyncEngine,
    asked: list[tuple[str, Any]],
    migrated: PostgresSettings,
) -> None:
    async with engine.begin() as connection:
        for statement in _FILL:
            await connection.execute(text(statement))
    await execute(migrated, "ANALYZE")
    soon = datetime.now(UTC) - timedelta(days=13)
    asked.clear()
    async with begin() as tx:
        for kept in Kept:
            at = soon + TERMS[kept]
            if kept is Kept.VISITS:
                at -= timedelta(days=273)
            assert await tx.retention.forget(kept, 20, at=at) == 20
        assert len(await tx.retention.forget_referrals(20, at=soon + SHORTEST)) == 20
    assert len(asked) == len(Kept) + 5
    for statement, parameters in asked.copy():
        for plan in await plans(engine, statement, parameters):
            assert not re.search(rf"Seq Scan on ({_LARGE})\b", plan), plan


async def test_an_order_that_somebody_has_locked_is_passed_over_with_its_referral(
    begin_with_link: Begin,
) -> None:
    share, at = numbered(1), builders.PLACED_AT + SHORTEST
    order = builders.order(
        facts=builders.facts(order_id=completed(share).referral.order_id), referral_id=share.id
    )
    async with begin_with_link() as tx:
        await tx.programs.save(builders.program(retention=SHORTEST, version=2))
        await tx.referrals.save([opened(share), completed(share)])
        await tx.orders.lock([order.key])
        await tx.orders.save([order], at=builders.PLACED_AT)
        await tx.commit()
    async with begin_with_link() as worker, begin_with_link() as janitor:
        await worker.orders.lock([order.key])
        assert await janitor.retention.forget_referrals(9, at=at) == {}
    async with begin_with_link() as worker, begin_with_link() as janitor:
        await worker.referrals.lock([share.key])
        assert await janitor.retention.forget_referrals(9, at=at) == {}
    async with begin_with_link() as janitor:
        assert list(await janitor.retention.forget_referrals(9, at=at)) == [share.key]


async def test_an_order_without_a_referral_that_somebody_has_locked_is_passed_over(
    begin: Begin,
) -> None:
    key, at = builders.order().key, builders.PLACED_AT + TERMS[Kept.ORDERS]
    async with begin() as tx:
        await tx.orders.lock([key])
        await tx.orders.save([builders.order()], at=builders.PLACED_AT)
        await tx.commit()
    async with begin() as worker, begin() as janitor:
        await worker.orders.lock([key])
        assert await janitor.retention.forget(Kept.ORDERS, 1, at=at) == 0
    async with begin() as janitor:
        assert await janitor.retention.forget(Kept.ORDERS, 1, at=at) == 1


async def test_an_order_that_is_forgotten_while_a_worker_waits_for_it_begins_anew(
    begin: Begin, engine: AsyncEngine
) -> None:
    key = builders.order().key
    async with begin() as tx:
        await tx.orders.lock([key])
        await tx.orders.save([builders.order()], at=builders.PLACED_AT)
        await tx.commit()
    async with engine.begin() as janitor, begin() as worker:
        await janitor.execute(text("SELECT FROM referred_orders FOR UPDATE"))
        locking = asyncio.create_task(worker.orders.lock([key]))
        done, _ = await asyncio.wait([locking], timeout=0.3)
        assert not done  # it has seen the row, and waits for it
        await janitor.execute(text("DELETE FROM referred_orders"))
        await janitor.commit()
        assert (await locking)[key].facts == OrderFacts(order_id=builders.ORDER)
