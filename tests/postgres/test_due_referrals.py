"""What time moves on is found along an index, and one bad row does not stop the rest."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest
from sqlalchemy import text

from referrals_domain.model.decision import Transition, opened
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.referrals import numbered
from tests.conftest import execute
from tests.domain.world import World
from tests.postgres.plans import plans

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_domain.testing.contracts.begin import Begin

_HOLD: Final = timedelta(days=14)
_SPOIL: Final = text("UPDATE referrals SET channel = 'pigeon' WHERE id = :id")
_STATUSES: Final = text("SELECT status FROM referrals ORDER BY id")
_FILL: Final = text("""
    INSERT INTO referrals (
        merchant_id, id, customer_id, referral_link_id, status, cause, version,
        opened_at, updated_at, order_id, referred_customer_id, due_at
    )
    SELECT
        'merchant-' || number % 50, gen_random_uuid(), '1', gen_random_uuid(),
        CASE WHEN number % 10 = 0 THEN 'QUALIFIED'
             WHEN number % 10 = 1 THEN 'COMPLETED' ELSE 'PENDING' END,
        'link_shared', 1, now() - number * interval '1 minute', now(), number, number,
        CASE WHEN number % 10 = 0 THEN now() + number * interval '1 minute' END
    FROM generate_series(1, 10000) AS number
""")
_PROGRAMS: Final = text("""
    INSERT INTO programs (
        merchant_id, shop_domain, storefront_url, code_prefix, "window", complete_on, hold,
        minimum_order, refund_percent, velocity_cap, new_friends_only, discount_link, active,
        version
    )
    SELECT
        'merchant-' || number, number || '.myshopify.com', 'https://x.example', '',
        number * interval '1 hour', 'order_created', '0', 0, 100, 0, true, false, true, 1
    FROM generate_series(1, 49) AS number
""")


async def test_a_bad_row_does_not_stop_the_holds(begin: Begin, engine: AsyncEngine) -> None:
    world = World()
    signals = (builders.signal(share=None),)
    orders = [world.order_of_friend(number, signals=signals) for number in (1, 2, 3)]
    async with begin() as tx:
        await tx.programs.save(builders.program(hold=_HOLD))
        await tx.links.add(builders.link())
        await tx.deliveries.add([builders.accepted_delivery(facts=order) for order in orders])
        await tx.commit()
    await attrs.evolve(world.complete_orders, begin=begin)(3)
    async with engine.begin() as connection:
        ids = (await connection.execute(text("SELECT id FROM referrals ORDER BY id"))).scalars()
        await connection.execute(_SPOIL, {"id": str(list(ids)[1])})
    world.clock.advance(_HOLD)
    with pytest.raises(ExceptionGroup) as raised:
        await attrs.evolve(world.complete_due_holds, begin=begin)(100)
    assert len(raised.value.exceptions) == 1
    assert await _statuses(engine) == ["COMPLETED", "QUALIFIED", "COMPLETED"]


async def test_a_bad_row_does_not_stop_the_expiries(
    begin_with_link: Begin, engine: AsyncEngine
) -> None:
    async with begin_with_link() as tx:
        await tx.referrals.save([opened(numbered(number)) for number in (1, 2, 3)])
        await tx.commit()
    async with engine.begin() as connection:
        await connection.execute(_SPOIL, {"id": str(numbered(2).id)})
    world = World()
    world.clock.advance(timedelta(days=60))
    with pytest.raises(ExceptionGroup) as raised:
        await attrs.evolve(world.expire_referrals, begin=begin_with_link)(100)
    assert len(raised.value.exceptions) == 1
    assert await _statuses(engine) == ["EXPIRED", "PENDING", "EXPIRED"]


async def test_an_order_that_binds_a_share_at_the_same_time_keeps_it_from_expiring(
    begin_with_link: Begin,
) -> None:
    share = builders.referral()
    bound = attrs.evolve(
        share,
        status=ReferralStatus.COMPLETED,
        cause=Cause.ORDER_CREATED,
        version=2,
        order_id=builders.ORDER,
        referred_customer_id=builders.FRIEND,
    )
    async with begin_with_link() as tx:
        await tx.referrals.save([opened(share)])
        await tx.commit()
    world = World()
    world.clock.advance(timedelta(days=60))
    expire_referrals = attrs.evolve(world.expire_referrals, begin=begin_with_link)
    async with begin_with_link() as tx:
        await tx.referrals.save([Transition(referral=bound, from_status=share.status)])
        expiry = asyncio.create_task(expire_referrals(100))
        done, _ = await asyncio.wait([expiry], timeout=0.3)
        assert not done  # it waits for the row
        await tx.commit()
    assert await expiry == 0


async def test_what_is_due_is_read_from_its_index(
    begin: Begin, engine: AsyncEngine, migrated: PostgresSettings, asked: list[tuple[str, Any]]
) -> None:
    async with engine.begin() as connection:
        await connection.execute(_FILL)
        await connection.execute(_PROGRAMS)
    await execute(migrated, "ANALYZE referrals, programs")
    at = (await _now(engine)) + timedelta(days=3)
    asked.clear()
    async with begin() as tx:
        for page, index in (
            (tx.due.after_hold, "idx_referrals_due"),
            (tx.due.after_window, "idx_referrals_pending"),
        ):
            first = await page(20, at=at, behind=None)
            further = await page(20, at=at, behind=first[-1])
            assert [len(first), len(further)] == [20, 20]
            for statement, parameters in asked.copy():
                for plan in await plans(engine, statement, parameters):
                    assert index in plan
                    assert "Seq Scan on referrals" not in plan
            asked.clear()


async def _statuses(engine: AsyncEngine) -> list[str]:
    async with engine.connect() as connection:
        return list((await connection.execute(_STATUSES)).scalars())


async def _now(engine: AsyncEngine) -> Any:
    async with engine.connect() as connection:
        return (await connection.execute(text("SELECT now()"))).scalar_one()
