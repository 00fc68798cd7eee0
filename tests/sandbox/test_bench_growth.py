"""A crowd of referrals is like those that the service makes, and R and C are asked beside it."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import attrs
import pytest
import uvloop

from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_domain.model.attribution import Attribution
from referrals_domain.model.identifiers import (
    MerchantId,
    OrderId,
    OrderKey,
    ReferralId,
    ReferralKey,
)
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_domain.testing import builders
from referrals_sandbox.bench import tables
from referrals_sandbox.bench.crowd import COMPLETED_ONE_IN, SHARES, crowd, some_expired
from referrals_sandbox.bench.growth import growth
from referrals_sandbox.bench.plan import QUICK
from referrals_sandbox.composition.running import running
from referrals_sandbox.servers.errors import SandboxError
from tests.waiting import until

if TYPE_CHECKING:
    import asyncpg

    from referrals_adapters.postgres.pool import Pool
    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_sandbox.composition.sandbox import Sandbox
    from referrals_sandbox.servers.postgres import Database
    from referrals_sandbox.servers.running import Servers

MERCHANTS = ["one", "two", "three"]
NUMBER = 1_000
COMPLETED = len(range(0, NUMBER, COMPLETED_ONE_IN))
LAWS = """
    SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT conrelid::regclass || conname || pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype IN ('p', 'u') ORDER BY 1
"""
TOGETHER = """
    SELECT
        count(*) AS referrals,
        count(*) FILTER (WHERE l.customer_id = r.customer_id) AS of_links,
        count(*) FILTER (WHERE h.status = r.status AND h.cause = r.cause) AS with_history,
        count(*) FILTER (WHERE r.status = 'EXPIRED' AND o IS NULL) AS expired,
        count(*) FILTER (WHERE r.status = 'COMPLETED' AND o.referral_id = r.id) AS completed
    FROM referrals r
    LEFT JOIN referral_links l ON (l.merchant_id, l.id) = (r.merchant_id, r.referral_link_id)
    LEFT JOIN referral_history h
        ON (h.merchant_id, h.referral_id, h.version) = (r.merchant_id, r.id, r.version)
    LEFT JOIN referred_orders o ON (o.merchant_id, o.order_id) = (r.merchant_id, r.order_id)
"""


@pytest.fixture
def named(servers: Servers, migrated: PostgresSettings) -> Database:
    return attrs.evolve(servers.database, name=migrated.name)


@pytest.fixture
async def with_an_order(pool: Pool) -> Pool:
    order = builders.order(
        evidence=builders.evidence(),
        attribution=Attribution(referral_link_id=builders.LINK, winner=builders.signal()),
        referral_id=builders.REFERRAL,
        explanation=builders.explanation(),
    )
    async with PostgresTransaction(pool) as tx:
        await tx.orders.lock([order.key])
        await tx.orders.save([order], at=builders.PLACED_AT)
        await tx.commit()
    return pool


@pytest.mark.usefixtures("with_an_order")  # what a crowd is made of
async def test_a_crowd_hangs_together_and_tables_are_as_they_were(named: Database) -> None:
    async with tables.opened(named) as opened:
        connection = opened.connection
        before = await connection.fetch(LAWS)

        await crowd(named, MERCHANTS, NUMBER)

        assert await connection.fetch(LAWS) == before
        (found,) = await connection.fetch(TOGETHER)
        assert dict(found) == {
            "referrals": NUMBER,
            "of_links": NUMBER,
            "with_history": NUMBER,
            "expired": NUMBER - COMPLETED,
            "completed": COMPLETED,
        }
        assert await rows(connection, "referral_history") == 2 * NUMBER
        causes = await connection.fetch("SELECT DISTINCT version, cause FROM referral_history")
        assert {tuple(row) for row in causes} == {
            (1, Cause.LINK_SHARED),
            (2, Cause.NO_ORDER),
            (2, Cause.ORDER_CREATED),
        }
        assert await rows(connection, "referral_links") == NUMBER / SHARES
        assert await rows(connection, "referrals WHERE merchant_id = 'one'") == 340
        vacuumed = "SELECT vacuum_count FROM pg_stat_user_tables WHERE relname = 'referrals'"
        await until(partial(connection.fetchval, vacuumed))
        assert await rows(connection, "pg_stats WHERE tablename = 'referrals'")


async def test_the_service_reads_what_a_crowd_has(named: Database, with_an_order: Pool) -> None:
    await crowd(named, MERCHANTS, NUMBER)
    keys = [
        ReferralKey(MerchantId(merchant), ReferralId(id_))
        for merchant, id_ in some_expired(MERCHANTS, NUMBER, NUMBER - COMPLETED)
    ]

    async with tables.opened(named) as opened:
        orders_of = [
            OrderKey(MerchantId(row["merchant_id"]), OrderId(row["order_id"]))
            for row in await opened.connection.fetch("SELECT * FROM referrals")
            if row["status"] == "COMPLETED"
        ]
    async with PostgresTransaction(with_an_order) as tx:
        expired = await tx.referrals.get(keys)
        orders = await tx.orders.get(orders_of)

    assert len(set(keys)) == len(expired) == NUMBER - COMPLETED
    assert {one.status for one in expired.values()} == {ReferralStatus.EXPIRED}
    assert len(orders) == COMPLETED
    assert all(key.order_id == one.facts.order_id for key, one in orders.items())


@pytest.mark.usefixtures("database")  # which is empty
async def test_without_an_order_there_is_nothing_to_make_a_crowd_of(named: Database) -> None:
    with pytest.raises(SandboxError, match="no order"):
        await crowd(named, MERCHANTS, NUMBER)


@pytest.mark.long
@pytest.mark.timeout(240)  # it takes half a minute; the machine may be busy
def test_many_are_asked_between_few_and_nothing_is_left() -> None:
    async def grow(sandbox: Sandbox) -> None:
        plan = attrs.evolve(QUICK, rounds=1, few=400, many=4 * 400, reads=0.4, conversions=0.6)
        async with tables.opened(sandbox.servers.database) as opened:
            found = await growth(sandbox, opened.connection, plan)
            databases = await opened.connection.fetch("SELECT datname FROM pg_database")

        for one in (found.r, found.c):
            assert [len(one.bases), len(one.slices)] == [3, 2]  # twice the rounds
            assert one.ratio > 0
        assert found.r.slices[0].cpu["grpc"] > 0
        assert found.c.slices[0].cpu["worker"] > 0
        names = [row["datname"] for row in databases]
        assert [name for name in names if name.startswith("referrals_db")] == ["referrals_db"]

    with running() as sandbox:
        sandbox.webhook_service.process.stop()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(grow(sandbox))


async def rows(connection: asyncpg.Connection, table: str) -> int:
    return int(await connection.fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608 - of ours
